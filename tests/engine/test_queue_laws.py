"""What holds for every queue, however its function behaves."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.engine import QueueMessage, QueueSettings, Timeline, simulate
from local.engine.mapping import load
from local.engine.moments import END
from local.engine.receiving import Concurrency
from tests.engine.doubles import FIFO, QUEUE, mapping

SLOW = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class Unreliable:
    """Fails by a fixed choice per message and attempt: raises, reports the message, names nonsense."""

    def __init__(self, faults: dict[str, list[str]]) -> None:
        self.faults = {body: list(kinds) for body, kinds in faults.items()}

    def __call__(self, event: dict[str, Any], context: object) -> dict[str, Any]:
        failed: list[dict[str, str]] = []
        for record in event["Records"]:
            kinds = self.faults.get(record["body"].rstrip("x"), [])
            kind = kinds.pop(0) if len(kinds) > 1 else next(iter(kinds), "")
            if kind == "raise":
                raise ValueError(record["body"])
            if kind:
                failed.append({"itemIdentifier": record["messageId"] if kind == "report" else kind})
        return {"batchItemFailures": failed}


@dataclass
class World:
    messages: list[QueueMessage]
    visibility: QueueSettings
    timeline: Timeline

    def places(self, names: list[str]) -> list[int]:
        return [self.timeline.place_of(name) for name in names]


@st.composite
def worlds(
    draw: st.DrawFn, *, arn: str, reporting: bool | None = None, padding: str = "", calls: float | None = None
) -> World:
    count = draw(st.integers(1, 16))
    moments = st.just(1000.0) if padding else st.integers(0, 200).map(lambda x: 1000 + x / 4)
    sent = sorted(draw(st.lists(moments, min_size=count, max_size=count)))
    groups = draw(st.lists(st.sampled_from("abc"), min_size=count, max_size=count))
    messages = [
        QueueMessage(f"{n}{padding}", at, group_id=group)
        for n, (at, group) in enumerate(zip(sent, groups, strict=True))
    ]
    kinds = st.sampled_from(["", "raise", "report", "nonsense"])
    faults = draw(st.dictionaries(st.integers(0, 15).map(str), st.lists(kinds, min_size=1, max_size=3), max_size=4))
    asks = draw(st.booleans()) if reporting is None else reporting
    fields = mapping(
        arn,
        BatchSize=10 if padding else draw(st.integers(1, 10)),
        MaximumBatchingWindowInSeconds=0 if arn == FIFO else draw(st.sampled_from([0, 3])),
        FunctionResponseTypes=["ReportBatchItemFailures"] if asks else [],
    )
    if draw(st.booleans()):
        fields["ScalingConfig"] = {"MaximumConcurrency": draw(st.integers(2, 4))}
    if draw(st.booleans()):
        fields["FilterCriteria"] = {"Filters": [{"Pattern": '{"body": [{"anything-but": ["3"]}]}'}]}
    visibility = QueueSettings(max_receive_count=draw(st.integers(1, 4)))
    seconds = draw(st.sampled_from([0.0, 0.05, 7.0])) if calls is None else calls
    function = Unreliable(faults)
    timeline = simulate(fields, messages, function, None, seconds, function_timeout=calls, queue=visibility)
    return World(messages, visibility, timeline)


EITHER = st.sampled_from([QUEUE, FIFO]).flatmap(lambda arn: worlds(arn=arn))


@SLOW
@given(EITHER)
def test_every_message_is_deleted_filtered_or_dead_exactly_once(world):
    timeline = world.timeline
    ends = Counter(world.places([*timeline.deleted, *timeline.filtered, *timeline.dead_letters]))
    assert ends == Counter(range(len(world.messages)))


@SLOW
@given(EITHER)
def test_no_message_is_delivered_more_often_than_it_may_be_received(world):
    deliveries = Counter(name for invocation in world.timeline.invocations for name in invocation.names)
    assert all(count <= (world.visibility.max_receive_count or 0) for count in deliveries.values())


@SLOW
@given(EITHER)
def test_a_dead_letter_was_received_as_often_as_it_may_be(world):
    deliveries = Counter(name for invocation in world.timeline.invocations for name in invocation.names)
    assert all(deliveries[name] == world.visibility.max_receive_count for name in world.timeline.dead_letters)


@SLOW
@given(worlds(arn=FIFO, reporting=False))
def test_a_group_never_delivers_a_message_before_the_ones_in_front_are_done_or_dead(world):
    assert_groups_keep_their_order(world)


@settings(SLOW, max_examples=25)
@given(worlds(arn=FIFO, reporting=False, padding="x" * 900_000))
def test_a_group_keeps_its_order_though_one_event_cannot_hold_what_one_receive_brought(world):
    assert_groups_keep_their_order(world)


@SLOW
@given(worlds(arn=FIFO))
def test_a_batch_holds_the_messages_of_a_group_in_their_order(world):
    for invocation in world.timeline.invocations:
        places = defaultdict(list)
        for place in world.places(invocation.names):
            places[world.messages[place].group_id].append(place)
        assert all(own == sorted(own) for own in places.values())


@SLOW
@given(worlds(arn=FIFO))
def test_a_group_is_never_in_two_batches_at_once(world):
    busy_until: dict[str | None, float] = {}
    for invocation in world.timeline.invocations:
        groups = {world.messages[place].group_id for place in world.places(invocation.names)}
        assert all(busy_until.get(group, 0.0) <= invocation.at for group in groups)
        busy_until |= dict.fromkeys(groups, invocation.ended)


@settings(SLOW, max_examples=25)
@given(st.sampled_from([QUEUE, FIFO]).flatmap(lambda arn: worlds(arn=arn, padding="x" * 900_000, calls=20.0)))
def test_no_message_is_in_two_batches_at_once_though_it_waited_for_its_call(world):
    busy_until: dict[str, float] = {}
    for invocation in world.timeline.invocations:
        assert all(busy_until.get(name, 0.0) <= invocation.at for name in invocation.names)
        busy_until |= dict.fromkeys(invocation.names, invocation.ended)


@given(st.floats(0, END), st.integers(1, 40))
def test_the_time_at_which_more_batches_may_run_is_the_time_at_which_they_do(saturated, steps):
    # virtual time would stand still otherwise: the moments of this century are a quarter of a microsecond apart
    concurrency, now = Concurrency(load(mapping(QUEUE))), saturated
    for _ in range(steps):
        now = concurrency.saturated(now) or now
    assert concurrency.limit(now) == concurrency.first + steps


def assert_groups_keep_their_order(world):
    gone_at = {name: invocation.ended for invocation in world.timeline.invocations for name in invocation.names}
    first: dict[str, float] = {}
    by_group = defaultdict(list)
    for invocation in world.timeline.invocations:
        for name in invocation.names:
            first.setdefault(name, invocation.at)
    for name in sorted(first, key=world.timeline.place_of):
        by_group[world.messages[world.timeline.place_of(name)].group_id].append(name)
    together = {(a, b) for invocation in world.timeline.invocations for a in invocation.names for b in invocation.names}
    assert all((a, b) in together or gone_at[a] <= first[b] for names in by_group.values() for a, b in pairwise(names))
