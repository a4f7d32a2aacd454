"""The commands look where the root's modules put things."""

from pathlib import Path

import pytest

from ops import places

MODULES = Path(__file__).resolve().parents[2] / "modules"


@pytest.mark.parametrize(
    ("kind", "made_in", "name"),
    [
        (places.TOTALS, "trips/totals_table.tf", '"${var.name}-totals"'),
        (places.FIGURES, "orders/order_analytics.tf", '"${var.name}-figures"'),
        (places.STOCK, "orders/stock_table.tf", '"${var.name}-stock"'),
        (places.AUDIT_TRAIL, "orders/order_audit.tf", '"${var.name}-audit-${local.account_id}"'),
    ],
)
def test_a_kind_of_place_is_named_as_its_module_names_it(kind, made_in, name):
    flow, _, rest = kind.partition("-")
    assert (flow, f"-{rest}" in name, name in (MODULES / made_in).read_text()) == (made_in.split("/")[0], True, True)


def test_an_environments_places_carry_its_name():
    assert (places.table("dev", places.STOCK), places.bucket("prod", places.AUDIT_TRAIL, "111111111111")) == (
        "sluice-dev-orders-stock",
        "sluice-prod-orders-audit-111111111111",
    )
