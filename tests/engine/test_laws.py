"""What holds for every mapping, every stream and every function: drawn at random, checked on the timeline."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.engine import FunctionThrottledError, KinesisRecord, Timeline, simulate
from local.engine.delivery import Discard, Redeliver
from local.engine.drawing import draw as draw_timeline
from local.engine.timeline import Discarded, Happening, Invocation
from local.engine.windows import Call
from tests.engine.doubles import CONSUMER, STREAM, mapping, numbers, sequence_numbers

SHARDS = [f"shardId-{n:012d}" for n in range(5)]
LINEAGES: list[dict[str, list[str]]] = [
    {},
    {SHARDS[1]: [SHARDS[0]], SHARDS[2]: [SHARDS[0]]},  # a split
    {SHARDS[2]: [SHARDS[0], SHARDS[1]]},  # a merge
    {SHARDS[1]: [SHARDS[0]], SHARDS[2]: [SHARDS[0]], SHARDS[3]: [SHARDS[1], SHARDS[2]], SHARDS[4]: [SHARDS[3]]},
]
# Anywhere in a hundred seconds, or about the end of a window that was idle before, between two looks of the poller.
MOMENTS = st.integers(0, 400).map(lambda x: 1000 + x / 4) | st.builds(
    lambda end, x: end + x / 8, st.sampled_from([1200, 1800]), st.integers(-12, 4)
)
SLOW = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class Unreliable:
    """Fails by a fixed choice per record and attempt, the last one again and again; a throttle happens once.

    It raises, exits, reports the record, names nonsense, answers with what is no JSON, or forgets its state.
    """

    def __init__(self, faults: dict[int, list[str]], windowed: bool) -> None:
        self.faults = {place: list(kinds) for place, kinds in faults.items()}
        self.windowed = windowed

    def __call__(self, event: dict[str, Any], context: object) -> dict[str, Any]:
        answer: dict[str, Any] = {"batchItemFailures": []}
        if self.windowed:
            answer["state"] = {"count": event["state"].get("count", 0) + len(event["Records"])}
        for place, number in zip(numbers(event), sequence_numbers(event), strict=True):
            kinds = self.faults.get(place, [])
            kind = kinds.pop(0) if len(kinds) > 1 or kinds == ["throttle"] else next(iter(kinds), "")
            if kind == "raise":
                raise ValueError(f"record {place}")
            if kind == "exit":
                raise SystemExit(1)
            if kind == "throttle":
                raise FunctionThrottledError
            if kind == "junk":
                answer["batchItemFailures"] = {place}
            if kind == "report":
                answer["batchItemFailures"].append({"itemIdentifier": number})
            if kind == "nonsense":
                answer["batchItemFailures"].append({"itemIdentifier": "x"})
            if kind == "forget":
                answer.pop("state", None)
        return answer


@dataclass
class World:
    """A mapping, its records and what came of them."""

    mapping: dict[str, Any]
    records: list[KinesisRecord]
    lineage: dict[str, list[str]]
    faults: dict[int, list[str]]
    surroundings: dict[str, Any]
    timeline: Timeline

    def place(self, name: str) -> int:
        return self.timeline.place_of(name)

    def lane_of(self, place: int) -> tuple[str, str]:
        """Within this, order is kept: a shard, or one key of it where lanes are parallel."""
        record = self.records[place]
        return record.shard_id, record.partition_key if self.mapping["ParallelizationFactor"] > 1 else ""

    def delivered(self) -> list[int]:
        """Places of the records that a successful invocation settled."""
        done = []
        for invocation in self.timeline.invocations:
            again = {e.sequence_number for s in invocation.steps if not _is_commit(s) for e in s.batch.entries}
            done += [self.place(name) for name in invocation.names if name not in again]
        return done

    def discarded(self) -> list[int]:
        return [self.place(name) for discarded in self.timeline.discarded for name in discarded.names]

    def filtered(self) -> list[int]:
        return [self.place(name) for name in self.timeline.filtered]


def _is_commit(step: object) -> bool:
    return not isinstance(step, Redeliver | Discard)


@st.composite
def worlds(draw: st.DrawFn, *, windowed: bool | None = None, faulty: bool = True) -> World:
    has_windows = draw(st.booleans()) if windowed is None else windowed
    lineage = draw(st.sampled_from(LINEAGES))
    count = draw(st.integers(1, 24))
    arrivals = sorted(draw(st.lists(MOMENTS, min_size=count, max_size=count)))
    shards = draw(st.lists(st.sampled_from(SHARDS), min_size=count, max_size=count))
    keys = draw(st.lists(st.sampled_from("abcdef"), min_size=count, max_size=count))
    records = [
        KinesisRecord(shard, key, b'{"n":%d}' % n, arrived)
        for n, (shard, key, arrived) in enumerate(zip(shards, keys, arrivals, strict=True))
    ]
    kinds = st.sampled_from(["", "raise", "exit", "throttle", "report", "nonsense", "junk", "forget"])
    faults = (
        draw(st.dictionaries(st.integers(0, 23), st.lists(kinds, min_size=1, max_size=4), max_size=5)) if faulty else {}
    )
    fields = mapping(
        draw(st.sampled_from([STREAM, STREAM, CONSUMER])),
        BatchSize=draw(st.integers(1, 8)),
        MaximumBatchingWindowInSeconds=draw(st.sampled_from([0, 0, 3, 30])),
        ParallelizationFactor=1 if has_windows else draw(st.sampled_from([1, 1, 2, 10])),
        BisectBatchOnFunctionError=draw(st.booleans()),
        MaximumRetryAttempts=draw(st.sampled_from([0, 1, 3, -1])),
        MaximumRecordAgeInSeconds=draw(st.sampled_from([-1, 60, 120])),
        FunctionResponseTypes=draw(st.sampled_from([[], ["ReportBatchItemFailures"]])),
        TumblingWindowInSeconds=draw(st.sampled_from([5, 60, 300, 900])) if has_windows else 0,
    )
    if not has_windows and draw(st.booleans()):
        fields["FilterCriteria"] = {"Filters": [{"Pattern": '{"data": {"n": [{"numeric": ["<", 12]}]}}'}]}
    seconds = draw(st.sampled_from([0.0, 0.05, 7.0]))
    surroundings: dict[str, Any] = {"invocation_seconds": seconds, "retention_seconds": 3600.0}
    timeline = simulate(fields, records, Unreliable(faults, has_windows), lineage, **surroundings)
    return World(fields, records, lineage, faults, surroundings, timeline)


@SLOW
@given(worlds())
def test_every_record_settles_exactly_one_way(world):
    settled = Counter(world.delivered() + world.discarded() + world.filtered())
    assert settled == Counter(range(len(world.records)))


@SLOW
@given(worlds())
def test_every_discarded_record_is_in_exactly_one_failure_record(world):
    covered = sum(failure["KinesisBatchInfo"].get("batchSize", 0) for failure in world.timeline.failures)
    assert covered == len(world.discarded())


@SLOW
@given(worlds())
def test_records_of_a_shard_or_key_are_settled_in_their_order(world):
    by_lane = defaultdict(list)
    for place in world.delivered():
        by_lane[world.lane_of(place)].append(place)
    assert all(places == sorted(places) for places in by_lane.values())


@SLOW
@given(worlds())
def test_nothing_behind_a_batch_is_delivered_before_it_is_settled(world):
    settled = set(world.filtered())
    moments = sorted(_moments(world), key=lambda moment: moment[0])
    for _, sent, done in moments:
        for place in sent:
            lane = world.lane_of(place)
            before = [p for p in range(place) if world.lane_of(p) == lane and p not in settled and p not in sent]
            assert not before
        settled.update(done)


def _moments(world):
    """(time, places sent, places settled) in order; what is settled at a time comes before what is sent then."""
    for order, happening in enumerate(world.timeline.happenings):
        if hasattr(happening, "condition"):
            yield (happening.at, 0, order), [], [world.place(name) for name in happening.names]
        if hasattr(happening, "steps"):
            done = {e.sequence_number for step in happening.steps if _is_commit(step) for e in step.batch.entries}
            yield (happening.at, 1, order), [world.place(name) for name in happening.names], []
            yield (happening.ended, 0, order), [], [world.place(name) for name in done]


@SLOW
@given(worlds())
def test_an_unchanged_batch_is_invoked_at_most_retries_plus_one_times_and_exactly_so_if_it_is_exhausted(world):
    answered = [invocation for invocation in world.timeline.invocations if invocation.verdict != "Throttled"]
    tries = Counter(invocation.request_id for invocation in answered)
    budget = world.mapping["MaximumRetryAttempts"] + 1
    exhausted = [d.request_id for d in world.timeline.discarded if d.condition == "RetryAttemptsExhausted"]
    assert budget == 0 or all(count <= budget for count in tries.values())
    assert all(tries[request_id] == budget for request_id in exhausted)


@SLOW
@given(worlds())
def test_all_invocations_of_a_request_id_hold_the_same_records(world):
    held = defaultdict(set)
    for invocation in world.timeline.invocations:
        held[invocation.request_id].add(tuple(invocation.names))
    assert all(len(batches) == 1 for batches in held.values())


@SLOW
@given(worlds())
def test_a_child_is_invoked_only_after_its_parents_are_settled(world):
    settled_at: dict[str, float] = defaultdict(float)
    for (at, _, _), _, done in _moments(world):
        for place in done:
            shard = world.records[place].shard_id
            settled_at[shard] = max(settled_at[shard], at)
    begun: dict[str, float] = {}
    for invocation in world.timeline.invocations:
        begun.setdefault(invocation.shard_id, invocation.at)
    assert all(
        settled_at[parent] <= begun[child]
        for child, parents in world.lineage.items()
        for parent in parents
        if child in begun
    )


@SLOW
@given(worlds())
def test_the_last_position_of_a_shard_is_its_last_record(world):
    last = {record.shard_id: place for place, record in enumerate(world.records)}
    assert {shard: world.place(name) for shard, name in world.timeline.checkpoints.items()} == last


@SLOW
@given(worlds(windowed=True))
def test_windows_partition_the_records_by_their_time(world):
    for invocation in world.timeline.invocations:
        start, end = invocation.windowed.window.start, invocation.windowed.window.end
        arrivals = [world.records[world.place(name)].arrived for name in invocation.names]
        assert all(start <= arrived < end for arrived in arrivals)


@SLOW
@given(worlds(windowed=True))
def test_each_window_the_function_saw_ends_in_exactly_one_final_call(world):
    final_requests = defaultdict(set)
    for invocation in world.timeline.invocations:
        if invocation.windowed.call is Call.FINAL:
            final_requests[invocation.shard_id, invocation.windowed.window].add(invocation.request_id)
    seen = {(i.shard_id, i.windowed.window) for i in world.timeline.invocations if i.names}
    assert set(final_requests) == seen
    assert all(len(requests) == 1 for requests in final_requests.values())


@SLOW
@given(worlds(windowed=True))
def test_the_windows_of_a_shard_never_interleave(world):
    windows = defaultdict(list)
    for invocation in world.timeline.invocations:
        windows[invocation.shard_id].append(invocation.windowed.window)
    assert all(seen == sorted(seen) for seen in windows.values())


@SLOW
@given(worlds(windowed=True, faulty=False))
def test_a_reliable_function_counts_every_record_of_a_window_in_its_state(world):
    finals = [i for i in world.timeline.invocations if i.windowed.call is Call.FINAL]
    counted = {(i.shard_id, i.windowed.window.start): i.event["state"]["count"] for i in finals}
    seconds = world.mapping["TumblingWindowInSeconds"]
    expired = set(world.discarded())
    expected = Counter(
        (record.shard_id, int(record.arrived // seconds) * seconds)
        for place, record in enumerate(world.records)
        if place not in expired
    )
    assert counted == dict(expected)


def run_again(world, until=None):
    function = Unreliable(world.faults, bool(world.mapping["TumblingWindowInSeconds"]))
    return simulate(world.mapping, world.records, function, world.lineage, until=until, **world.surroundings)


@SLOW
@given(worlds())
def test_the_same_world_runs_the_same_way_twice(world):
    assert run_again(world).explain() == world.timeline.explain()


@SLOW
@given(worlds(), MOMENTS)
def test_a_simulation_that_is_stopped_is_the_beginning_of_the_whole_and_tells_what_is_left(world, until):
    stopped = run_again(world, until)
    left = [told for told in stopped.happenings if isinstance(told, Happening) and "simulation ends" in told.text]
    whole = [happening for happening in world.timeline.happenings if happening.at <= until]
    told = [happening for happening in stopped.happenings if happening not in left]
    assert [(type(one), one.at, one.names) for one in told] == [(type(one), one.at, one.names) for one in whole]
    unsettled = {place for place, record in enumerate(world.records) if record.arrived <= until}
    for happening in told:
        if isinstance(happening, Discarded) or getattr(happening, "text", "").startswith("filtered out"):
            unsettled -= set(map(world.place, happening.names))
        if isinstance(happening, Invocation) and happening.ended <= until:
            done = {e.sequence_number for step in happening.steps if _is_commit(step) for e in step.batch.entries}
            unsettled -= set(map(world.place, done))
    assert {world.place(name) for told in left for name in told.names} == unsettled


@SLOW
@given(worlds())
def test_the_story_of_every_record_can_be_told_and_drawn(world):
    stories = [world.timeline.explain(record=place) for place in range(len(world.records))]
    assert all(f"#{place} was " in story for place, story in enumerate(stories))
    assert draw_timeline(world.timeline).left_out == 0
