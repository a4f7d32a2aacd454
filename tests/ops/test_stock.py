"""The stock as it is listed and changed by hand."""

import json
from typing import Any

import pytest

from ops.columns import columns
from ops.stock import Article, StockError, add, as_json, put, read, rows
from streamkit.attributes import attributes
from tests.memory_dynamodb import MemoryDynamoDB


class Stock(MemoryDynamoDB):
    """A stock table that scans one item at a time."""

    def __init__(self, *items: dict[str, Any]) -> None:
        super().__init__(keys={"stock": ("sku",)})
        self.items.update({item["sku"]: attributes(item) for item in items})

    def scan(self, **request: Any) -> Any:
        start = request.get("ExclusiveStartKey", 0)
        found = list(self.items.values())[start:]
        return {"Items": found[:1]} | ({"LastEvaluatedKey": start + 1} if found[1:] else {})

    @property
    def tea(self) -> Any:
        return next((one for one in read(self, "stock") if one.sku == "tea"), None)


TEA = {"sku": "tea", "priceCents": 250, "available": 40}
MILK = {"sku": "milk", "priceCents": 1_234_567, "available": 0}
RESERVATIONS = [
    {"sku": f"reservation#o-{number}", "items": {"tea": 2, "gone": 1}, "at": "2026-11-21T12:00:00.000Z"}
    for number in (1, 2)
]


def test_the_stock_is_listed_by_sku_with_what_is_reserved():
    table = Stock(TEA, *RESERVATIONS, MILK)
    assert read(table, "stock") == [Article("milk", 1_234_567, 0, 0), Article("tea", 250, 40, 4)]


def test_json_is_one_object_a_line():
    assert [json.loads(line) for line in as_json(read(Stock(TEA, MILK), "stock")).splitlines()] == [
        MILK | {"reserved": 0},
        TEA | {"reserved": 0},
    ]


def test_the_table_has_prices_in_whole_units():
    assert columns(rows([Article("tea", 1_234_567, 1_000, 4)])) == [
        "sku      price  available  reserved",
        "tea  12,345.67      1,000         4",
    ]


def test_a_new_sku_has_a_price_and_a_number():
    table = Stock()
    put(table, "stock", "tea", price_cents=300, available=7)
    assert table.tea == Article("tea", 300, 7, 0)


@pytest.mark.parametrize(
    ("price_cents", "available", "after"), [(300, None, (300, 40)), (None, 7, (250, 7)), (0, 0, (0, 0))]
)
def test_what_is_not_given_stays(price_cents, available, after):
    table = Stock(TEA)
    put(table, "stock", "tea", price_cents, available)
    assert (table.tea.price_cents, table.tea.available) == after


@pytest.mark.parametrize("units", [5, -40])
def test_units_are_added_to_what_there_is(units):
    table = Stock(TEA)
    add(table, "stock", "tea", units)
    assert table.tea.available == 40 + units


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda table: put(table, "stock", "new", 300, None), "new must be in stock already"),
        (lambda table: put(table, "stock", "new", None, 1), "new must be in stock already"),
        (lambda table: put(table, "stock", "tea", None, None), "tea must be given a price or an available number"),
        (lambda table: put(table, "stock", "tea", -1, 1), "a price must be 0 to 1000000000 cents; got -1"),
        (lambda table: put(table, "stock", "tea", 1, 10**12 + 1), "available must be 0 to 1000000000000; got 1000"),
        (lambda table: put(table, "stock", "reservation#o-1", 1, 1), 'a sku must be 1 to 128 letters, .* got "reser'),
        (lambda table: add(table, "stock", "tea", -41), "tea must be in stock with at least 41 units available"),
        (lambda table: add(table, "stock", "new", 1), "new must be in stock; it is not"),
        (lambda table: add(table, "stock", "tea", 0), "units must be an integer other than 0"),
    ],
    ids=range(9),
)
def test_what_cannot_be_is_refused_with_the_rule_and_nothing_is_written(change, told):
    table = Stock(TEA)
    with pytest.raises(StockError, match=told):
        change(table)
    assert table.changes == []
