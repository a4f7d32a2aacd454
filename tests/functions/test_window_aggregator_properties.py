"""Whatever fails, is repeated, cut otherwise, thrown away or read anew: every record is in its total exactly once."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.engine import KinesisRecord, rulings
from tests.aggregation import AHEAD, LATENESS, NOON, World, expected, trip_at
from tests.doubles import cancelled, refused, throttled, timed_out
from tests.events import packed
from tests.memory_dynamodb import Failing
from window_aggregator import state

LEFT, RIGHT, CHILD = (f"shardId-{number:012d}" for number in range(3))

# How long before its arrival a trip happened: in time, late, too late, ahead, too far ahead.
LAGS = st.sampled_from([0, 0, 0, 30, 90, LATENESS, LATENESS + 1, -AHEAD, -AHEAD - 1])
FARES = st.integers(0, 10**12)


@st.composite
def datum(draw, arrived):
    if draw(st.integers(0, 9)) == 0:
        return b"no trip"
    lag, vendor, fare = draw(LAGS), draw(st.integers(1, 2)), draw(FARES)
    return trip_at(arrived - lag, vendor, fareCents=fare, distanceMeters=fare // 7)


@st.composite
def traffic(draw, shards):
    """Up to 25 records, by and by over some minutes; a child's after all of its parent's."""
    arrived, records = NOON, []
    for shard in sorted(draw(st.lists(st.sampled_from(shards), min_size=1, max_size=25)), key=lambda s: s == CHILD):
        arrived += draw(st.sampled_from([0.0, 0.5, 7.0, 31.0, 200.0]))
        data = draw(st.lists(datum(arrived), min_size=1, max_size=3))
        records.append(KinesisRecord(shard, "key", data[0] if len(data) == 1 else packed(*data), arrived))
    return records


ERRORS = [throttled(), timed_out(), refused("InternalServerError", 500), refused("AccessDeniedException")]
CONFLICTS = [cancelled("None", "TransactionConflict"), refused("TransactionConflictException")]
FAILING = st.builds(Failing, st.sampled_from(ERRORS), st.booleans()) | st.sampled_from([Failing(e) for e in CONFLICTS])
TROUBLE = st.lists(st.none() | FAILING, max_size=40)
QUEUE_TROUBLE = st.lists(st.none() | st.sampled_from(ERRORS), max_size=6)
MAPPINGS = st.fixed_dictionaries(
    {
        "BatchSize": st.integers(1, 6),
        "MaximumRetryAttempts": st.integers(0, 3),
        "MaximumBatchingWindowInSeconds": st.just(2),
    }
)


@pytest.fixture(autouse=True, scope="module")
def small_limits():
    """States that are full after three batches or some cells, and that Lambda ends early soon after."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(state, "MOST_RUNS", 3)
        patch.setattr(state, "MOST_CELL_CHARACTERS", 150)
        patch.setattr(rulings, "STATE_LIMIT_BYTES", 400)
        yield


def stands_exactly(world: World, records: list[KinesisRecord]) -> None:
    want = expected(records)
    assert world.totals() == want
    assert world.parts() == {key: sums[:5] for key, sums in want.items()}
    assert world.covering() == {1: len(records)}
    assert world.named("journal") == []


@settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), TROUBLE, QUEUE_TROUBLE, MAPPINGS, MAPPINGS, st.integers(1, 3))
def test_totals_are_exact_whatever_fails_and_is_read_anew(data, trouble, queue_trouble, first, second, slots):
    shards: dict[str, Any] = data.draw(st.sampled_from([{}, {CHILD: [LEFT]}, {CHILD: [LEFT, RIGHT]}]))
    records = data.draw(traffic([LEFT, RIGHT, CHILD] if shards else [LEFT, RIGHT]))
    until = data.draw(st.none() | st.floats(NOON, records[-1].arrived + 200))
    world = World(trouble, queue_trouble, slots=slots)

    before = world.run(records, until, shards=shards, **first)
    if data.draw(st.booleans()):
        world.calm()
        world.redrive(before)
        before.discarded.clear()
    # A mapping recreated at TRIM_HORIZON, which cuts batches in its own way.
    after = world.run(records, shards=shards, **second)
    world.calm()
    world.redrive(before)
    world.redrive(after)
    stands_exactly(world, records)
    world.redrive(after)
    stands_exactly(world, records)
