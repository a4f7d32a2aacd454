"""From the orders table to the end of every subscriber, by the rules of AWS's mappings, whatever fails on the way."""

import io
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from random import Random
from typing import Any

from aws_lambda_powertools.logging import Logger
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.audit import gaps
from domain.order import Status
from local.engine import QueueMessage, QueueSettings, TableChange, simulate
from order_analytics.handler import Analyst, analyse
from order_analytics.store import FiguresStore
from order_audit.handler import audit
from order_audit.store import AuditStore
from order_notifications.handler import Notifier, notify
from order_notifications.sink import TopicSink
from order_notifications.store import NoticeStore
from order_publisher.handler import publish
from order_publisher.sink import BusSink
from order_publisher.unpublishable import Failures
from order_workflow.handler import begin
from order_workflow.sink import WorkflowSink
from streamkit.current import CurrentItems
from tests.doubles import ManualClock, ManualContext, MemoryBucket, cancelled, full_waits, refused, throttled, timed_out
from tests.memory_dynamodb import Failing, MemoryDynamoDB
from tests.order_doubles import MemoryBus, MemoryStateMachines, MemoryTopic, WriteOnceBucket
from tests.order_events import PLACED_AT, an_order, body, records, rejected, shipped

TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/orders/stream/2026-11-21T00:00:00.000"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:orders"
FAILURES = {"DestinationConfig": {"OnFailure": {"Destination": "arn:aws:s3:::failures"}}}
RIVER = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])

REFUSALS: list[Exception] = [throttled(), timed_out(), refused("InternalServerError", 500)]
PAID = (Status.VALIDATED, Status.PAID)


def lives(dice, order_id):
    """An order that lives as dice will have it, and may be removed in the end."""
    at = PLACED_AT + timedelta(seconds=dice.choice([0, 40, 4000]))
    history = dice.choice(
        [
            shipped(order_id, at=at),
            rejected(order_id, at=at),
            rejected(order_id, *PAID, at=at),
            rejected(order_id, *PAID, Status.RESERVED, at=at),
            [an_order(order_id, at=at)],
        ]
    )
    return [*history, None] if dice.random() < 0.3 else history


def stream(dice):
    """What the table's stream holds: the changes of some orders, those of one order in its shard and in its order."""
    waiting = [records(lives(dice, f"o-{number}")) for number in range(dice.randint(1, 5))]
    changes: list[TableChange] = []
    while waiting := [one for one in waiting if one]:
        record = dice.choice(waiting).pop(0)["dynamodb"]
        images = record.get("NewImage"), record.get("OldImage")
        name = "INSERT" if images[1] is None else "REMOVE" if images[0] is None else "MODIFY"
        shard = f"shardId-{int(record['Keys']['id']['S'][-1]) % 2:012}"
        changes.append(TableChange(shard, name, record["Keys"], *images, created=1000.0 + len(changes) // 4))
    return changes


SILENT = Logger(service="order_river", level="CRITICAL", stream=io.StringIO())


def bus_fates(dice, share):
    """Refusals of whole calls and of single entries, without end."""
    while True:
        one = dice.choice([*REFUSALS, {0}, {dice.randrange(10)}, {1, 5}])
        yield one if dice.random() < share else None


def published(dice, changes, share, bucket=None):
    """The bus after the publisher was given all of the stream, and what came of it."""
    bus, bucket = MemoryBus(bus_fates(dice, share)), bucket or MemoryBucket()
    mapping = {
        "EventSourceArn": TABLE,
        "StartingPosition": "TRIM_HORIZON",
        "BatchSize": dice.choice([1, 3, 100]),
        "BisectBatchOnFunctionError": True,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "ParallelizationFactor": dice.choice([1, 3]),
        **FAILURES,
    }

    def function(event, _):
        clock = ManualClock()
        # So little time that it often runs out before a refusal passes.
        sink = BusSink("orders", bus, full_waits(clock))
        failures = Failures("failures", lambda: bucket, full_waits(clock))
        return publish(event, ManualContext(clock, dice.choice([5.6, 6.0, 30.0])), sink, failures, SILENT)

    return bus, simulate(mapping, changes, function)


class Subscriber:
    """One function behind its queue, with every event at least once, in any order."""

    def __init__(self, dice, bodies):
        repeats = [one for one in bodies if dice.random() < 0.3]
        self.messages = [QueueMessage(one, sent=1000.0 + dice.randrange(600)) for one in [*bodies, *repeats]]
        self.batch_size = dice.choice([1, 4, 10])

    def run(self, function):
        """Give all to the function until nothing is left; none may become a dead letter by what passes."""
        mapping = {
            "EventSourceArn": QUEUE,
            "BatchSize": self.batch_size,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
        }
        sent = sorted(self.messages, key=lambda message: message.sent)
        return simulate(mapping, sent, function, queue=QueueSettings(visibility_seconds=180))


def table_fates(dice, share):
    conflict = Failing(cancelled("None", "TransactionConflict"))
    while True:
        failing = [*(Failing(error, after) for error in REFUSALS for after in (False, True)), conflict]
        yield dice.choice(failing) if dice.random() < share else None


def patient_fates(dice, share):
    """As before, but never so long that a notice which is out cannot be marked in time: it would be told again."""
    for number, fate in enumerate(table_fates(dice, share)):
        yield None if number % 4 == 0 else fate


def fates(dice, share):
    while True:
        yield dice.choice(REFUSALS) if dice.random() < share else None


def key_of(detail: dict[str, Any]) -> tuple[str, int]:
    return detail["orderId"], detail["version"]


@given(st.integers(0, 2**32), st.sampled_from([0.0, 0.3, 0.7]))
@RIVER
def test_every_change_is_on_the_bus_and_last_in_its_orders_order(seed, share):
    dice = Random(seed)
    changes = stream(dice)
    bus, timeline = published(dice, changes, share)
    assert timeline.failures == []
    # Of a call the bus may take a later entry and refuse an earlier one; both go again, in order.
    lasts = list(dict.fromkeys(map(key_of, reversed(bus.details))))[::-1]
    assert len(lasts) == len(changes)
    for (order, version), (other, later) in pairwise(sorted(lasts, key=lambda one: one[0])):
        assert order != other or version + 1 == later


@given(st.integers(0, 2**32), st.sampled_from([0.0, 0.3, 0.7]))
@RIVER
def test_a_change_that_is_no_orders_is_kept_and_holds_up_nothing(seed, share):
    dice = Random(seed)
    changes = stream(dice)
    poison = TableChange("shardId-000000000000", "INSERT", {"id": {"S": "o-9"}}, {"id": {"S": "o-9"}}, created=1000.0)
    place, bucket = dice.randint(0, len(changes)), MemoryBucket()
    bus, timeline = published(dice, [*changes[:place], poison, *changes[place:]], share, bucket)
    assert (timeline.failures, len(bucket.objects)) == ([], 1)
    assert len(set(map(key_of, bus.details))) == len(changes)


@given(st.integers(0, 2**32), st.sampled_from([0.0, 0.3, 0.7]))
@RIVER
def test_every_subscriber_ends_as_if_each_change_had_come_once_and_in_order(seed, share):
    dice = Random(seed)
    changes = stream(dice)
    bus, _ = published(dice, changes, share)
    told = {key_of(one): one for one in bus.details}
    bodies = [body(one) for one in bus.details]

    bucket = WriteOnceBucket(fates(dice, share))
    store = AuditStore("audit", bucket, full_waits(ManualClock()))
    Subscriber(dice, bodies).run(lambda event, _: audit(event, one_context(dice), store, SILENT))
    assert gaps(bucket.objects) == {}
    assert {key_of(line): line for line in bucket.lines.values()} == told

    figures = MemoryDynamoDB(table_fates(dice, share), keys={"figures": ("period", "figure"), "orders": ("id",)})
    Subscriber(dice, bodies).run(lambda event, _: analyse(event, one_context(dice), analyst(figures)))
    assert revenue(figures) == recomputed(told.values())

    notices = MemoryDynamoDB(patient_fates(dice, share), keys={"notices": ("orderId", "version")})
    topic = MemoryTopic()
    now = ManualClock(1_000_000.0)

    def tell(event, engine):
        now.sleep(60)  # a claim that was not released ends long before its message is seen again
        return notify(event, ManualContext(ManualClock(), 30.0, engine.aws_request_id), notifier(notices, topic, now))

    Subscriber(dice, bodies).run(tell)
    transitions = {key for key, one in told.items() if one["status"] != one["previousStatus"]}
    assert Counter(map(key_of, topic.notices)) == Counter(transitions)

    machines = MemoryStateMachines(fates(dice, share))
    sink = WorkflowSink("arn:machine", machines, full_waits(ManualClock()))
    Subscriber(dice, bodies).run(lambda event, _: begin(event, one_context(dice), sink, SILENT))
    assert {name.partition("@")[0] for name in machines.executions} == {
        order for order, version in transitions if told[order, version]["status"] == "SHIPPED"
    }


def one_context(dice):
    """An invocation with a clock of its own, some with time for one attempt only."""
    return ManualContext(ManualClock(), dice.choice([5.6, 16.0, 30.0]))


def analyst(table):
    clock = ManualClock()
    orders = CurrentItems("orders", "id", lambda: table)
    return Analyst(FiguresStore("figures", table, 90, lambda: 1.0, full_waits(clock)), orders, SILENT)


def notifier(table, topic, now):
    notices = NoticeStore("notices", table, 90, lambda: now.now, full_waits(ManualClock()))
    orders = CurrentItems("orders", "id", lambda: table)
    return Notifier(notices, TopicSink("arn:topic", topic, full_waits(ManualClock())), orders, SILENT)


def revenue(table):
    """(orders, paid, rejected, units, cents) of each minute, as the figures table has them."""
    names = ("orders", "paidOrders", "rejectedOrders", "units", "revenueCents")
    return {
        period: tuple(int(item.get(name, {"N": "0"})["N"]) for name in names)
        for (period, figure), item in table.tables["figures"].items()
        if figure == "all" and period.startswith("minute#")
    }


def recomputed(lines):
    """The same out of the audit trail: each order counts as its last version says that it went."""
    last: dict[str, dict[str, Any]] = {}
    for line in sorted(lines, key=lambda one: one["version"]):
        last[line["orderId"]] = line["after"] or line["before"]
    found: dict[str, tuple[int, ...]] = {}
    for order in last.values():
        came_to = {stage["status"] for stage in order["history"]}
        paid, refused_later = "PAID" in came_to, "REJECTED" in came_to
        sold = paid and not refused_later
        units = sum(line["quantity"] for line in order["items"])
        counted = (1, int(paid), int(refused_later), units * sold, order["totalCents"] * sold)
        period = f"minute#{order['placedAt'][:16]}:00Z"
        found[period] = tuple(map(sum, zip(found.get(period, (0,) * 5), counted, strict=True)))
    return found
