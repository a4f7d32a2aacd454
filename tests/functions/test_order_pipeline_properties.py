"""Whatever fails, crashes, races and is delivered again: every order ends, and stock and money come out even."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from random import Random
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from domain.order import FOLLOWS, Status
from local.engine import Timeline
from order_pipeline.tasks import FRESH_SECONDS
from streamkit.breaker import Numbers
from tests.doubles import Fate, cancelled, refused, throttled, timed_out
from tests.memory_dynamodb import Failing
from tests.ordering import NUMBERS, World, placing, shipped, stream_event, world
from tests.partners import DEATHS, FORTUNES, MemoryPartner

SKUS = ["apple", "pear", "plum"]  # plums are not in the stock

# What a call to AWS may come to; RuntimeError stands for a process that ends there.
ERRORS: list[Exception] = [throttled(), timed_out(), refused("InternalServerError", 500)]
KILLED = RuntimeError("killed")
CONFLICTS = [cancelled("None", "None", "TransactionConflict"), refused("TransactionConflictException")]


def endless(dice: Random, share: float, choices: list[Any]) -> Iterator[Any]:
    """Fates for as many calls as there will be, of which `share` are bad."""
    while True:
        yield dice.choice(choices) if dice.random() < share else None


def fates(dice: Random, share: float) -> Iterator[Failing | None]:
    failing = [Failing(error, after) for error in [*ERRORS, KILLED] for after in (False, True)]
    return endless(dice, share, failing + [Failing(error) for error in CONFLICTS])


def queue_fates(dice: Random, share: float) -> Iterator[Fate]:
    return endless(dice, share, [*ERRORS, KILLED, 0, 1])


class Shop(World):
    """A world whose orders, refusals and misfortunes are thrown."""

    def __init__(self, dice: Random, share: float, numbers: Numbers = NUMBERS) -> None:
        unlucky = {f"o-{number}" for number in range(20) if dice.random() < 0.2}
        unshippable = {f"o-{number}" for number in range(20) if dice.random() < 0.2}
        fortunes = [*FORTUNES, *DEATHS]
        super().__init__(
            fates(dice, share),
            queue_fates(dice, dice.choice([share, 0.95 if share else 0.0])),
            iter(lambda: dice.random() < share / 2, None),
            MemoryPartner(lambda body: body["orderId"] in unlucky, endless(dice, share, fortunes), self.looked),
            MemoryPartner(lambda body: body["orderId"] in unshippable, endless(dice, share, fortunes), self.looked),
            timeout_seconds=dice.choice([10.0, 15.6, 17.0, 60.0]),
            numbers=numbers,
        )
        self.dice, self.share = dice, share
        self.is_nested = False
        self.tables.meanwhile = self.raced
        self.begun = {"apple": dice.randint(0, 12), "pear": dice.randint(0, 12)}
        self.stock(**self.begun)
        self.dead: list[str] = []
        self.discarded: list[dict[str, Any]] = []

    def open(self) -> None:
        """Place some orders, a few of which no one can take."""
        for number in range(self.dice.randint(1, 8)):
            lines = [
                (self.dice.choice(["apple", "apple", "pear", "pear", "pear", "plum"]), self.dice.randint(1, 4), price)
                for price in self.dice.choices([250, 250, 250, 250, 250, 249], k=self.dice.choice([1, 1, 2, 3]))
            ]
            self.place(f"o-{number}", *lines)

    def raced(self) -> None:
        """Now and then another instance looks at an order in the midst of this one's step."""
        if not self.is_nested and self.dice.random() < self.share / 4:
            orders = list(self.tables.tables["orders"])
            message = {
                "eventSource": "aws:sqs",
                "messageId": "m",
                "body": f'{{"orderId": "{self.dice.choice(orders)}"}}',
            }
            invocation, self.is_nested = self.invocation, True
            try:
                self({"Records": [message]})
            except RuntimeError:
                pass  # the other instance was killed
            finally:
                self.invocation, self.is_nested = invocation, False

    def looked(self, path: str, body: dict[str, Any]) -> None:
        """A call to a partner takes its time."""
        self.invocation.now += self.dice.choice([0.0, 0.1, 5.0])

    def day(self, rounds: int) -> None:
        """Deliver what there is, some of it late, some of it twice, some of it cut in other ways."""
        held: list[Any] = []
        for _ in range(rounds):
            changes, bodies = [*held, *self.changes()], self.waiting()
            again = [self.dice.choice(self.history)] if self.history and self.dice.random() < self.share else []
            held = [changes.pop()] if changes and self.dice.random() < self.share else []
            # Bounded retries, so that what fails long enough is given up, as after hours of trouble.
            self.keep(self.stream([*again, *changes], MaximumRetryAttempts=self.dice.randint(0, 3), BatchSize=3))
            self.keep(self.messages(bodies))
            self.clock.now += self.dice.choice([0.0, 5.0, 60.0])
        self.stream(held)

    def keep(self, timeline: Timeline) -> None:
        """What was given up is kept, as in the failures bucket and the dead-letter queue."""
        lost = {name for one in timeline.discarded for name in one.names}
        places = [invocation.event["Records"] for invocation in timeline.invocations]
        for record in (record for records in places for record in records):
            if record["eventSource"] == "aws:dynamodb" and record["dynamodb"]["SequenceNumber"] in lost:
                self.discarded.append({"Records": [record]})
            if record["eventSource"] == "aws:sqs" and record["messageId"] in timeline.dead_letters:
                self.dead.append(record["body"])

    def evening(self) -> None:
        """The world is well again: what was given up is sent again by hand, and all is worked off."""
        self.calm()
        for event in self.discarded:
            self(event)
        self.messages(self.dead)
        self.finish()


def versions(shop: World, order_id: str) -> list[int]:
    """Of every write of an order, in the order in which they were made."""
    of_order = [one.after for one in shop.history if one.key["id"]["S"] == order_id]
    return [int(after["version"]["N"]) for after in of_order if after]


def comes_out_even(shop: Shop) -> None:
    orders = shop.orders()
    units, cents = shipped(orders)
    assert {order.status for order in orders} <= {Status.SHIPPED, Status.REJECTED}
    assert [order.id for order in orders if order.status is Status.REJECTED and not order.compensated] == []
    assert shop.available() == {sku: shop.begun[sku] - units[sku] for sku in shop.begun}
    assert shop.reservations() == []
    assert shop.gateway.cents("/payments") - shop.gateway.cents("/refunds") == cents
    for order in orders:
        stages = [stage.status for stage in order.history]
        assert versions(shop, order.id) == list(range(1, order.version + 1))
        assert all(then in FOLLOWS[before] for before, then in pairwise(stages))


SETTINGS = st.builds(
    Numbers,
    failures=st.integers(1, 50),
    window_seconds=st.floats(1, 600),
    rest_seconds=st.floats(1, 60),
    longest_rest_seconds=st.floats(1, 300),
)

# Fresh, a record comes back after 1, 2 and 4 s; then its order goes to the queue, and the rest of the shard goes on.
MOST_SHARD_WAIT_SECONDS = 2 * FRESH_SECONDS

LUCK = st.randoms(use_true_random=True)
SHARES = st.sampled_from([0.0, 0.05, 0.2, 0.5])


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(LUCK, SHARES, st.integers(1, 12))
def test_however_a_day_goes_every_order_ends_and_stock_and_money_come_out_even(dice, share, rounds):
    shop = Shop(dice, share)
    shop.open()
    shop.day(rounds)
    shop.evening()
    comes_out_even(shop)


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(LUCK, SHARES)
def test_the_stream_read_anew_from_its_beginning_changes_nothing(dice, share):
    shop = Shop(dice, share)
    shop.open()
    shop.day(6)
    shop.evening()
    stands, done = str(shop.tables.tables), str(shop.gateway.done)
    shop.stream(shop.history)
    shop.stream(reversed(shop.history))
    assert (str(shop.tables.tables), str(shop.gateway.done), shop.waiting()) == (stands, done, [])


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(LUCK, st.integers(1, 40), SETTINGS)
@example(Random(1), 40, Numbers(failures=1000))
@example(Random(1), 40, Numbers(failures=7))
@example(Random(1), 40, Numbers(longest_rest_seconds=45))
def test_while_the_gateway_is_down_no_shard_waits_and_no_order_is_lost_or_rejected(dice, minutes, numbers):
    shop = Shop(dice, 0.0, numbers)
    shop.open()
    shop.gateway.fortune = endless(dice, 1.0, list(FORTUNES))
    for _ in range(minutes):
        began = shop.clock.now
        timeline = shop.stream(shop.changes(), MaximumRetryAttempts=10)
        assert timeline.discarded == []
        assert all(one.at - began < MOST_SHARD_WAIT_SECONDS for one in timeline.invocations)
        assert shop.messages(shop.waiting()).dead_letters == []
        shop.clock.now += 60.0
    standing = {order.status for order in shop.orders() if not (order.reason or "").startswith("sku")}
    assert standing <= {Status.PLACED, Status.VALIDATED}
    shop.evening()
    comes_out_even(shop)


NAMES = ["status", "version", "items", "totalCents", "history", "updatedAt", "correlationId", "payment", "compensated"]
TEXTS = st.text(st.characters(codec="utf-8"), max_size=5)
LEAVES: Any = (
    st.builds(lambda text: {"S": text}, TEXTS | st.sampled_from([str(status) for status in Status]))
    | st.builds(lambda number: {"N": str(number)}, st.integers(-(10**20), 10**20) | st.just("1.5"))
    | st.builds(lambda truth: {"BOOL": truth}, st.booleans())
    | st.just({"NULL": True})
)
VALUES: Any = st.recursive(
    LEAVES,
    lambda inner: (
        st.builds(lambda values: {"L": values}, st.lists(inner, max_size=2))
        | st.builds(
            lambda values: {"M": values}, st.dictionaries(st.sampled_from(["id", "at", "sku"]), inner, max_size=2)
        )
    ),
    max_leaves=4,
)


@given(st.dictionaries(st.sampled_from(NAMES), VALUES, min_size=1, max_size=3), st.booleans())
def test_no_content_of_an_order_stops_its_shard_or_is_silently_dropped(spoiled, removed):
    made = world()
    first, second = placing(made, "o-1", "o-2")
    item = made.tables.tables["orders"]["o-1"]
    item |= spoiled
    change = replace(first, before=item, after=None) if removed else replace(first, after=item)
    assert made(stream_event(change, second)) == {"batchItemFailures": []}
    assert made.order("o-2").status == Status.VALIDATED
    told = made.logged("order_stuck") + made.logged("order_moved") + made.logged("unfinished_order_removed")
    is_finished = item["status"] == {"S": "SHIPPED"} or item.get("compensated") == {"BOOL": True}
    assert removed or is_finished or {"o-1", "o-2"} <= {line["order_id"] for line in told}
