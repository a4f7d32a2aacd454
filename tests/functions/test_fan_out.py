"""trip_writer behind enhanced fan-out: what is lost on the way to it, by whose packing, and that ours loses nothing.

With fan-out Lambda takes aggregates apart itself and drops, without a word, user records whose key lies outside the
shard. A library that packs by the first key, or by no shard at all, makes such records; a reshard makes them of
aggregates that were packed in time.
"""

from hypothesis import given
from hypothesis import strategies as st

from local.engine import KinesisRecord, simulate
from producer.packing import Aggregation
from producer.shard_map import HASH_KEYS, Shard, ShardMap, hash_of
from streamkit.kpl import Packed, pack
from tests.events import trip
from tests.functions.test_trip_writer_properties import World

STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream/trips"
CONSUMER = f"{STREAM}/consumer/trip-writer:1714557600"
HALF, QUARTER = HASH_KEYS // 2, HASH_KEYS // 4
RANGES = {"shardId-000000000000": (0, HALF - 1), "shardId-000000000001": (HALF, HASH_KEYS - 1)}
SPLIT = {f"shardId-{number + 2:012d}": (number * QUARTER, (number + 1) * QUARTER - 1) for number in range(4)}
LOW_KEY, HIGH_KEY = "a", "b"  # their hashes lie in the lower and the upper half
KEYS = st.lists(st.text(min_size=1, max_size=5), min_size=1, max_size=30)


def shard_map(ranges):
    return ShardMap([Shard(name, first) for name, (first, _) in ranges.items()])


def shard_of(hash_key, ranges):
    return next(name for name, (first, last) in ranges.items() if first <= hash_key <= last)


def trips(keys):
    """A trip for each key, named by its place."""
    return [(key, trip(f"t-{number}")) for number, key in enumerate(keys)]


def packed_by_shard(keys, ranges):
    """What the producer puts, by the map of `ranges`."""
    packing = Aggregation(shard_map(ranges))
    sealed = [entry for key, data in trips(keys) for entry in packing.add(data, key, now=0.0)[1]]
    return [*sealed, *packing.opened_before(float("inf"))]


def stored(entries, ranges):
    """The stream records where Kinesis puts them, when the shards have these `ranges`."""
    return [
        KinesisRecord(
            shard_of(int(entry.explicit_hash_key or hash_of(entry.partition_key)), ranges),
            entry.partition_key,
            entry.data,
            1000.0,
        )
        for entry in entries
    ]


def written(records, ranges, source=CONSUMER):
    """The trips that are in the table after all has been delivered."""
    world = World()

    def handler(event, _context):
        assert world.invoke(event) is None

    simulate({"EventSourceArn": source, "StartingPosition": "TRIM_HORIZON"}, records, handler, hash_ranges=ranges)
    return set(world.table.items)


def all_of(keys):
    return {f"t-{number}" for number in range(len(keys))}


PACKED_BY_NOBODY = [
    KinesisRecord(
        "shardId-000000000000",
        LOW_KEY,
        pack([Packed(key, None, data) for key, data in trips([LOW_KEY, HIGH_KEY, LOW_KEY])]),
        1000.0,
    )
]


def test_a_foreign_key_in_an_aggregate_is_lost_through_fan_out():
    assert written(PACKED_BY_NOBODY, RANGES) == {"t-0", "t-2"}


def test_the_same_aggregate_comes_whole_through_a_shared_reader():
    assert written(PACKED_BY_NOBODY, RANGES, source=STREAM) == {"t-0", "t-1", "t-2"}


@given(KEYS)
def test_what_the_producer_packs_comes_through_fan_out_to_the_last_trip(keys):
    assert written(stored(packed_by_shard(keys, RANGES), RANGES), RANGES) == all_of(keys)


@given(KEYS)
def test_what_the_producer_packed_before_a_split_and_put_after_it_is_not_lost_either(keys):
    assert written(stored(packed_by_shard(keys, RANGES), SPLIT), SPLIT) == all_of(keys)
