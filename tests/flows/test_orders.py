"""A shop's worst day, through the API to every subscriber: whatever its partners do, all accounts agree in the end.

the gateway   well, some calls slow, some answers lost | overloaded | unreachable | well again
customers     200                                      | 150        | 150         |
"""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest

from domain.order_event import WITHHELD
from tests.flows.bookkeeping import breaks, history, ledger, without_zeros
from tests.flows.neighbourhood import FRAGILE, SHELF, UNCOVERED_CENTS
from tests.flows.patience import until
from tests.flows.shop import Answer, Shop

SETTLED_SECONDS = 300.0
BEFORE, WHILE_OVERLOADED, WHILE_UNREACHABLE = 200, 150, 150

pytestmark = pytest.mark.usefixtures("iam_enforced")


@dataclass
class Day:
    """What customers sent and were told, and what the shop had at the beginning."""

    run: str = field(default_factory=lambda: uuid4().hex[:8])
    answers: dict[str, tuple[dict[str, Any], Answer]] = field(default_factory=dict)  # by idempotency key
    repeats: list[tuple[str, Answer]] = field(default_factory=list)
    reused: list[Answer] = field(default_factory=list)
    invalid: list[Answer] = field(default_factory=list)
    flowed: set[str] = field(default_factory=set)  # statuses of orders placed while nobody could be charged
    heard: list[dict[str, Any]] = field(default_factory=list)
    began_ms: int = field(default_factory=lambda: int(time.time() * 1000))
    reached: dict[str, float] = field(default_factory=dict)  # seconds since its beginning

    @property
    def prices(self) -> dict[str, int]:
        return {f"tea-{self.run}": 250, f"mug-{self.run}": 1999, f"rare-{self.run}": 9950, FRAGILE: 4000}

    @property
    def stock(self) -> dict[str, int]:
        return {sku: 5 if sku.startswith("rare") else 100_000 for sku in self.prices}

    def order(self, number: int) -> dict[str, Any]:
        """The order number so many: of each score some that cannot be shipped, each for a reason of its own."""
        tea, mug, rare, vase = self.prices
        dice = random.Random(number)
        lines = {tea: dice.randint(1, 9)} | ({mug: dice.randint(1, 3)} if number % 2 else {})
        match number % 20:
            case 3:
                lines[rare] = 1
            case 7:
                lines[vase] = 1
            case 11:
                return self._body(number, lines, {"nowhere-sold": 1})
            case 15:
                return self._body(number, lines, {tea: 249})
            case 18:
                # A line of its own brings the sum to an amount that the gateway declines.
                lines = {f"odd-{self.run}": 1}
        return self._body(number, lines, {})

    def _body(self, number: int, lines: dict[str, int], wrong: dict[str, int]) -> dict[str, Any]:
        prices = {**self.prices, f"odd-{self.run}": 100 + UNCOVERED_CENTS, **wrong}
        items = [{"sku": sku, "quantity": count, "priceCents": prices[sku]} for sku, count in lines.items()]
        items += [{"sku": sku, "quantity": 1, "priceCents": 1} for sku in wrong if sku not in lines]
        return {"customerId": f"c-{self.run}-{number % 17}", "items": items}

    @property
    def accepted(self) -> dict[str, dict[str, Any]]:
        """The body of each order that was taken, by id."""
        return {answer.order_id: body for body, answer in self.answers.values()}


INVALID = [
    ("", None),
    ("[]", None),
    ("{", None),
    ({"customerId": "c", "items": []}, "items"),
    ({"customerId": "c", "items": [{"sku": "tea", "quantity": 0, "priceCents": 1}]}, "items[0].quantity"),
    ({"customerId": "c", "items": [{"sku": "tea", "quantity": 1, "priceCents": 1.5}]}, "items[0].priceCents"),
    ({"items": [{"sku": "tea", "quantity": 1, "priceCents": 1}]}, "customerId"),
]


@pytest.fixture(scope="module")
def day(shop, neighbourhood):
    day = Day()
    for sku, available in {**day.stock, f"odd-{day.run}": 1000}.items():
        shop.stock_up(sku, day.prices.get(sku, 100 + UNCOVERED_CENTS), available)
    with shop.listening() as ears:
        _trade(day, shop, neighbourhood.gateway)
        day.heard = shop.heard(ears)
    print("seconds until", day.reached)
    return day


def _trade(day: Day, shop: Shop, gateway: Any) -> None:
    """The day from its first customer until every queue is empty."""
    began = time.monotonic()
    numbers = iter(range(BEFORE + WHILE_OVERLOADED + WHILE_UNREACHABLE))

    def reached(what: str) -> None:
        day.reached[what] = round(time.monotonic() - began, 1)

    _customers(day, shop, [next(numbers) for _ in range(BEFORE)])
    reached("first customers")
    with gateway.overloaded():
        _customers(day, shop, [next(numbers) for _ in range(WHILE_OVERLOADED)])
        until(lambda: shop.breakers().get("payment", {}).get("state") != "closed", SETTLED_SECONDS)
        reached("breaker open")
    with gateway.unreachable():
        late = list(numbers)
        _customers(day, shop, late)
        reached("last customers")
        until(lambda: not shop.untouched(), SETTLED_SECONDS, every=1)
        placed = {day.answers[_key(day, number)][1].order_id for number in late}
        day.flowed = {order["status"] for order_id, order in shop.orders().items() if order_id in placed}
        reached("shard has flowed")
    until(lambda: not shop.unfinished(), SETTLED_SECONDS, every=1)
    reached("orders finished")
    versions = sum(order["version"] for order in shop.orders().values())
    until(lambda: len(shop.audited()) >= versions, SETTLED_SECONDS, every=2)
    reached("audit trail whole")
    until(lambda: not shop.waiting(), SETTLED_SECONDS, every=1)
    reached("queues empty")


def _customers(day: Day, shop: Shop, numbers: list[int]) -> None:
    """Everybody at once; some ask twice, some use a key twice, and some send what is no order."""

    def customer(number: int) -> None:
        key, body = _key(day, number), day.order(number)
        day.answers[key] = body, shop.place(body, key)
        if number % 5 == 0:
            day.repeats.append((key, shop.place(body, key)))
        if number % 10 == 1:
            day.reused.append(shop.place({**body, "customerId": "somebody-else"}, key))
        if number % 25 == 2:
            day.invalid += [shop.place(body, f"{key}-{place}") for place, (body, _) in enumerate(INVALID)]

    with ThreadPoolExecutor(shop.customers) as customers:
        list(customers.map(customer, numbers))


def _key(day: Day, number: int) -> str:
    return f"{day.run}-{number}"


# what customers are told


def test_every_order_is_accepted_at_once_under_an_id_of_its_own(day):
    assert {answer.status for _, answer in day.answers.values()} == {202}
    assert len(day.accepted) == len(day.answers) == 500


def test_a_repeat_is_told_the_same_and_makes_no_second_order(day):
    assert day.repeats
    assert {answer.status for _, answer in day.repeats} == {202}
    assert all(answer.order_id == day.answers[key][1].order_id for key, answer in day.repeats)


def test_a_key_that_comes_with_another_order_is_refused(day):
    assert {(answer.status, answer.body["error"]["field"]) for answer in day.reused} == {(422, "Idempotency-Key")}


def test_what_is_no_order_is_refused_by_its_field_and_leaves_nothing(day, shop):
    assert {answer.status for answer in day.invalid} == {400}
    told = [answer.body["error"].get("field") for answer in day.invalid[: len(INVALID)]]
    assert told == [field for _, field in INVALID]
    ours = {order_id for order_id, order in shop.orders().items() if day.run in order["customerId"]}
    assert ours == set(day.accepted)


def test_the_api_shows_each_order_as_it_ended(day, shop):
    order_id = next(iter(day.accepted))
    answer, kept = shop.find(order_id), shop.orders()[order_id]
    assert (answer.status, answer.body["status"], answer.body["history"]) == (200, kept["status"], kept["history"])
    assert shop.find("nobodys").status == 404


# what the shop did


@pytest.fixture(scope="module")
def orders(day, shop):
    return {order_id: order for order_id, order in shop.orders().items() if order_id in day.accepted}


@pytest.fixture(scope="module")
def shipped(orders):
    return {order_id: order for order_id, order in orders.items() if order["status"] == "SHIPPED"}


def test_every_order_is_shipped_or_rejected_with_its_reason_and_nothing_is_owed(day, orders):
    why = Counter(_why(order) for order in orders.values())
    assert set(why) == {"shipped", "sku", "payment", "out of stock", "shipment"}
    assert (why["sku"], why["payment"], why["shipment"]) == (50, 25, 25)
    assert all(order.get("compensated") is True for order in orders.values() if order["status"] == "REJECTED")


def _why(order: dict[str, Any]) -> str:
    if order["status"] == "SHIPPED":
        return "shipped"
    return next(
        reason for reason in ("sku", "payment", "out of stock", "shipment") if order["reason"].startswith(reason)
    )


def test_stock_is_what_it_was_less_what_was_shipped_and_nothing_is_reserved(day, shop, shipped):
    sold: Counter[str] = Counter()
    for order in shipped.values():
        sold.update({line["sku"]: line["quantity"] for line in order["items"]})
    stock = shop.stock()
    assert {sku: stock[sku]["available"] for sku in day.stock} == {
        sku: available - sold[sku] for sku, available in day.stock.items()
    }
    assert sold[f"rare-{day.run}"] == 5
    assert not [name for name in stock if name.startswith("reservation#")]


def test_the_gateway_has_the_money_of_the_shipped_orders_and_no_cent_more(day, neighbourhood, shipped):
    paid, back = neighbourhood.gateway.effects("/payments"), neighbourhood.gateway.effects("/refunds")
    kept = {order_id: sent["amountCents"] for order_id, sent in paid.items() if order_id not in back}
    assert kept == {order_id: order["totalCents"] for order_id, order in shipped.items()}
    assert all(paid[order_id]["amountCents"] == sent["amountCents"] for order_id, sent in back.items())
    assert sum(kept.values()) == sum(order["totalCents"] for order in shipped.values())


def test_the_carrier_has_each_shipped_order_once(neighbourhood, shipped):
    assert neighbourhood.carrier.effects("/shipments").keys() == shipped.keys()


def test_an_open_breaker_empties_the_shard_into_the_retry_queue(day, shop):
    counted = shop.counted("pipeline", day.began_ms)
    assert counted["BreakerOpened"] >= 1
    assert counted["BreakerClosed"] >= 1
    assert counted["StepsDeferred"] >= 1
    assert day.flowed == {"VALIDATED", "REJECTED"}
    assert shop.breakers()["payment"]["state"] == "closed"


# what subscribers saw


@pytest.fixture(scope="module")
def trail(day, shop):
    return shop.trail()


def test_the_audit_trail_has_every_version_once_and_ends_where_the_table_stands(orders, trail):
    assert breaks(trail) == []
    ours = {order_id: events for order_id, events in trail.items() if order_id in orders}
    assert {order_id: events[-1]["after"] for order_id, events in ours.items()} == {
        order_id: _told(order) for order_id, order in orders.items()
    }
    assert all(
        history(events) == [{"status": one["status"], "version": one["version"]} for one in orders[order_id]["history"]]
        for order_id, events in ours.items()
    )


def _told(order: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in order.items() if name not in WITHHELD}


def test_each_transition_is_told_once(day, orders):
    heard = Counter((one["orderId"], one["status"]) for one in day.heard)
    assert heard == Counter(
        (order_id, stage["status"]) for order_id, order in orders.items() for stage in order["history"]
    )


def test_the_figures_are_those_of_the_audit_trail(shop, trail):
    assert without_zeros(shop.figures()) == without_zeros(ledger(trail))


def test_the_cache_holds_each_order_as_it_ended(neighbourhood, orders):
    with neighbourhood.cache() as cache:
        kept = {order_id: json.loads(cache.get(f"order:{order_id}") or "null") for order_id in orders}
    assert kept == {order_id: _told(order) for order_id, order in orders.items()}


def test_a_subscriber_of_five_lines_has_what_it_asked_for(neighbourhood, orders, shipped):
    with neighbourhood.cache(SHELF) as shelf:
        kept = {order_id for order_id in orders if shelf.exists(f"order:{order_id}")}
    assert kept == shipped.keys()


def test_the_index_holds_each_order_as_it_ended(neighbourhood, orders):
    found = {order_id: neighbourhood.search.documents.get(order_id) for order_id in orders}
    assert found == {order_id: _told(order) for order_id, order in orders.items()}


def test_each_shipped_order_has_one_fulfilment(shop, orders, shipped):
    until(lambda: "RUNNING" not in _fulfilments(shop, orders).values(), SETTLED_SECONDS, every=1)
    assert _fulfilments(shop, orders) == dict.fromkeys(shipped, "SUCCEEDED")


def _fulfilments(shop: Shop, orders: dict[str, Any]) -> dict[str, str]:
    return {order_id: status for order_id, status in shop.fulfilments().items() if order_id in orders}


def test_the_revenue_that_operators_read_is_that_of_the_shipped_orders(day, shop, shipped):
    table = shop.outputs["orders_figures_table_name"]
    lines = shop.operate("revenue", "--table", table, "--by", "day", "--json").splitlines()
    tea = [one for one in map(json.loads, lines) if one["sku"] == f"tea-{day.run}"]
    sold = [line for order in shipped.values() for line in order["items"] if line["sku"] == f"tea-{day.run}"]
    assert sum(one["units"] for one in tea) == sum(line["quantity"] for line in sold)
    assert sum(one["revenueCents"] for one in tea) == sum(line["quantity"] * line["priceCents"] for line in sold)
