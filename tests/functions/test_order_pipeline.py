"""Each step of an order: what it does on a good day, when the order is at fault, and what is told of it."""

import json

import pytest

from domain.order import Status
from tests.ordering import LINE, PLACED, STAGES, brought_to, everyone_refuses, placing, shipped, stream_event, world
from tests.partners import MemoryPartner


def test_an_order_goes_from_placed_to_shipped_one_step_per_change():
    made = world(gateway=MemoryPartner(), carrier=MemoryPartner())
    made.place("o-1", LINE)
    made.finish()
    order = made.order("o-1")
    assert (made.statuses("o-1"), order.version, order.payment.id, order.shipment.id) == (
        STAGES,
        5,
        f"paymentId-o-1-{PLACED}",
        f"shipmentId-shipment-o-1-{PLACED}",
    )
    assert (made.available()["apple"], made.reservations(), made.gateway.cents("/payments")) == (8, [], 500)


def test_without_gateway_and_carrier_every_order_that_the_stock_bears_is_shipped():
    made = world()
    made.place("o-1", LINE)
    made.finish()
    assert made.statuses("o-1") == STAGES


def test_the_gateway_hears_what_to_charge_under_the_orders_own_key():
    made = world(gateway=MemoryPartner())
    made(stream_event(*brought_to(made, "VALIDATED")))
    assert made.gateway.done == {
        f"o-1-{PLACED}": ("/payments", {"orderId": "o-1", "amountCents": 500, "correlationId": "corr-o-1"})
    }


def test_an_order_that_costs_nothing_asks_no_gateway():
    made = world(gateway=MemoryPartner())
    made.tables.tables["stock"]["apple"]["priceCents"] = {"N": "0"}
    made.place("o-1", ("apple", 1, 0))
    made.finish()
    assert (made.statuses("o-1"), made.gateway.asked) == (STAGES, [])


def test_a_sku_in_two_lines_leaves_the_stock_once_with_both():
    made = world()
    made.place("o-1", ("apple", 2, 250), ("apple", 3, 250))
    made.finish()
    assert made.available()["apple"] == 5


def test_finished_orders_expire_when_they_are_to():
    made = world(order_days=7)
    made.place("o-1", LINE)
    made.place("o-2", ("plum", 1, 1))
    made.finish()
    assert [order.expires_at is not None for order in made.orders()] == [True, True]


def test_attributes_of_a_newer_deployment_stay_through_every_step():
    made = world()
    made.place("o-1", LINE)
    made.tables.tables["orders"]["o-1"]["giftWrap"] = {"BOOL": True}
    made.finish()
    assert made.tables.tables["orders"]["o-1"]["giftWrap"] == {"BOOL": True}


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([("plum", 1, 250)], "sku plum is unknown"),
        ([("apple", 1, 249)], "sku apple costs 250 cents; the order says 249"),
        ([("apple", 1, 250), ("apple", 1, 1)], "sku apple costs 250 cents; the order says 1"),
    ],
)
def test_an_order_that_cannot_be_taken_as_it_is_is_rejected_with_the_reason_and_owes_nothing(lines, reason):
    made = world(gateway=MemoryPartner())
    made.place("o-1", *lines)
    made.finish()
    order = made.order("o-1")
    assert (order.status, order.reason, order.compensated, order.version) == (Status.REJECTED, reason, True, 2)
    assert made.gateway.asked == []


def test_a_refused_payment_rejects_the_order_with_the_gateways_reason():
    made = world(gateway=MemoryPartner(refusing=everyone_refuses))
    made.place("o-1", LINE)
    made.finish()
    order = made.order("o-1")
    assert (order.status, order.reason, order.compensated) == (Status.REJECTED, "payment: declined", True)
    assert made.available()["apple"] == 10


def test_what_is_out_of_stock_is_rejected_first_and_refunded_after():
    made = world(gateway=MemoryPartner(), apples=1)
    made.place("o-1", LINE)
    made.finish()
    order = made.order("o-1")
    assert (order.status, order.reason) == (Status.REJECTED, "out of stock: 2 of sku apple")
    assert [one.after.get("compensated") for one in made.history[-2:]] == [None, {"BOOL": True}]
    assert (made.gateway.cents("/payments"), made.gateway.cents("/refunds")) == (500, 500)


def test_of_two_skus_of_which_one_is_out_of_stock_the_other_stays_where_it_is():
    made = world(apples=1)
    made.place("o-1", ("pear", 3, 250), LINE)
    made.finish()
    assert (made.available(), made.reservations()) == ({"apple": 1, "pear": 10}, [])


def test_a_refused_shipment_gives_back_the_units_and_the_money():
    made = world(gateway=MemoryPartner(), carrier=MemoryPartner(refusing=everyone_refuses))
    made.place("o-1", LINE)
    made.finish()
    order = made.order("o-1")
    assert (order.status, order.reason, order.compensated, order.version) == (
        Status.REJECTED,
        "shipment: declined",
        True,
        6,
    )
    assert (made.available()["apple"], made.reservations(), made.gateway.cents("/refunds")) == (10, [], 500)


def test_units_of_a_sku_that_the_stock_no_longer_has_do_not_hold_a_compensation_up():
    made = world(carrier=MemoryPartner(refusing=everyone_refuses))
    made.place("o-1", LINE, ("pear", 4, 250))
    made.stream(made.changes())
    for _ in range(2):
        made.stream(made.changes())
    del made.tables.tables["stock"]["apple"]
    made.finish()
    assert (made.order("o-1").compensated, made.available()) == (True, {"pear": 10})


def test_an_invocation_tells_one_line_and_each_step_with_its_correlation_id(capsys):
    made = world()
    made(stream_event(*placing(made, "o-1")))
    (line,) = made.logged("invocation_done")
    (moved,) = made.logged("order_moved")
    assert (line["source"], line["records"], line["moved"]) == ("stream", 1, 1)
    assert (moved["order_id"], moved["correlation_id"], moved["status"]) == ("o-1", "corr-o-1", "VALIDATED")
    assert json.loads(capsys.readouterr().out)["OrdersValidated"] == [1.0]


def test_no_secret_of_a_partners_address_is_logged():
    made = world(gateway=MemoryPartner(fortunes=["timeout before"]))
    made(stream_event(*brought_to(made, "VALIDATED")))
    assert "partner.example" not in made.lines.getvalue()


def test_stock_and_money_reconcile_when_some_orders_end_each_way():
    made = world(
        gateway=MemoryPartner(refusing=lambda body: body["orderId"] == "o-2"),
        carrier=MemoryPartner(refusing=lambda body: body["orderId"] == "o-3"),
        apples=5,
    )
    for number in range(1, 6):
        made.place(f"o-{number}", LINE)
    made.finish()
    units, cents = shipped(made.orders())
    assert made.available()["apple"] == 5 - units["apple"]
    assert made.gateway.cents("/payments") - made.gateway.cents("/refunds") == cents
