"""Whatever fails, is repeated, cut otherwise, thrown away or read anew: every record is in its total exactly once."""

from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.engine import KinesisRecord, rulings
from tests.aggregation import AHEAD, LATENESS, NOON, World, expected, trip_at
from tests.doubles import cancelled, refused, throttled, timed_out
from tests.events import packed
from tests.memory_dynamodb import Failing, HollowAnswer
from window_aggregator import state

LEFT, RIGHT, CHILD = (f"shardId-{number:012d}" for number in range(3))
FAMILIES: list[dict[str, list[str]]] = [{}, {CHILD: [LEFT]}, {CHILD: [LEFT, RIGHT]}]

# How long before its arrival a trip happened: in time, late, too late, ahead, too far ahead.
LAGS = [0, 0, 0, 30, 90, LATENESS, LATENESS + 1, -AHEAD, -AHEAD - 1]
GAPS = [0.0, 0.5, 7.0, 31.0, 65.0, 200.0]

# What a call may come to. Denials raise at once; the others are repeated while there is time.
ERRORS = [throttled(), timed_out(), refused("InternalServerError", 500), refused("AccessDeniedException")]
CONFLICTS = [cancelled("None", "TransactionConflict"), refused("TransactionConflictException")]


def traffic(dice: Random, family: dict[str, list[str]]) -> list[KinesisRecord]:
    """Some minutes of records; those of a child follow all of its parents'."""
    shards = sorted(dice.choices([LEFT, RIGHT, CHILD] if family else [LEFT, RIGHT], k=dice.randint(1, 30)))
    orphans = [shard for shard in shards if shard != CHILD]
    dice.shuffle(orphans)
    arrived, records = NOON, []
    for shard in orphans + [CHILD] * shards.count(CHILD):
        arrived += dice.choice(GAPS)
        data = [datum(dice, arrived) for _ in range(dice.choice([1, 1, 3]))]
        records.append(KinesisRecord(shard, "key", data[0] if len(data) == 1 else packed(*data), arrived))
    return records


def datum(dice: Random, arrived: float) -> bytes:
    if dice.random() < 0.1:
        return b"no trip"
    fare = dice.randint(0, 10**12)
    return trip_at(arrived - dice.choice(LAGS), dice.randint(1, 2), fareCents=fare, distanceMeters=fare // 7)


def trouble(dice: Random, share: float) -> list[Failing | None]:
    """Fates of calls, of which `share` fail, before or after they were done."""
    failing = [Failing(error, after) for error in [*ERRORS, HollowAnswer()] for after in (False, True)]
    failing += [Failing(error) for error in CONFLICTS]
    return [dice.choice(failing) if dice.random() < share else None for _ in range(200)]


def mapping(dice: Random) -> dict[str, Any]:
    return {
        "BatchSize": dice.randint(1, 6),
        "MaximumBatchingWindowInSeconds": dice.choice([0, 2, 20]),
        "MaximumRetryAttempts": dice.randint(0, 3),
    }


@pytest.fixture(autouse=True, scope="module")
def small_limits():
    """States that are full after some batches or cells, and that Lambda ends early soon after."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(state, "MOST_RUNS", 4)
        patch.setattr(state, "MOST_CELL_CHARACTERS", 250)
        patch.setattr(rulings, "STATE_LIMIT_BYTES", 500)
        yield


def stands_exactly(world: World, records: list[KinesisRecord]) -> None:
    want = expected(records)
    assert world.totals() == want.totals
    assert world.parts() == {key: sums[:5] for key, sums in want.totals.items()}
    assert (world.late(), world.quarantined()) == (want.late, want.unusable)
    assert world.covering() == {1: len(records)}
    assert world.named("journal") == []


def troubled(dice: Random, share: float) -> World:
    return World(
        trouble(dice, share),
        [dice.choice(ERRORS) if dice.random() < share else None for _ in range(60)],
        [dice.random() < share for _ in range(60)],
        slots=dice.randint(1, 3),
    )


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=True), st.sampled_from([0.0, 0.1, 0.3]), st.sampled_from(FAMILIES), st.booleans())
def test_totals_are_exact_whatever_fails_and_is_read_anew(dice, share, family, redriven_between):
    records = traffic(dice, family)
    world = troubled(dice, share)

    before = world.run(records, dice.uniform(NOON, records[-1].arrived + 300), shards=family, **mapping(dice))
    if redriven_between:
        world.calm()
        world.redrive(before)
        before.discarded.clear()
        world.trouble(trouble(dice, share))
    # A mapping recreated at TRIM_HORIZON, which cuts batches in its own way.
    after = world.run(records, shards=family, **mapping(dice))
    world.calm()
    world.redrive(before)
    world.redrive(after)
    stands_exactly(world, records)
    world.redrive(after)
    stands_exactly(world, records)
