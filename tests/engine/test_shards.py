"""Shards: lanes by key, parents before children, aggregates, positions."""

import pytest
from aws_kinesis_agg.aggregator import RecordAggregator
from hypothesis import given
from hypothesis import strategies as st

from local.engine import KinesisRecord, TableChange, rulings, simulate
from local.engine.aggregates import UserRecord, hash_key, user_records
from local.engine.entries import KinesisEntry, Stamp
from local.engine.lineage import LineageError
from local.engine.mapping import load
from local.engine.shard import Shard
from tests.engine.doubles import (
    CONSUMER,
    SHARD,
    TABLE,
    Poisoned,
    at_once,
    deliveries,
    filters,
    mapping,
    nothing,
    records,
)

LEFT, RIGHT, MERGED = "shardId-000000000001", "shardId-000000000002", "shardId-000000000003"
HALF = 2**127
LOW_KEY, HIGH_KEY = "a", "b"  # their hashes lie in the lower and the upper half


def keyed(*keys: str) -> list[KinesisRecord]:
    return [KinesisRecord(SHARD, key, b'{"n":%d}' % n, 1000.0) for n, key in enumerate(keys)]


def aggregate(*pairs: tuple[str, bytes]) -> bytes:
    packer = RecordAggregator()
    for key, data in pairs:
        packer.add_user_record(key, data)
    return bytes(packer.clear_and_get().get_contents()[2])


def placed(explicit: str) -> bytes:
    """An aggregate of one user record that was placed by hand."""
    packer = RecordAggregator()
    packer.add_user_record("key", b"{}", explicit)
    return bytes(packer.clear_and_get().get_contents()[2])


def shards_in_order(timeline) -> list[str]:
    return [invocation.shard_id[-1] for invocation in timeline.invocations]


def test_lanes_run_at_once_and_keep_the_order_of_their_keys():
    timeline = simulate(
        mapping(BatchSize=1, ParallelizationFactor=2),
        keyed(LOW_KEY, HIGH_KEY, LOW_KEY),
        nothing,
        invocation_seconds=1.0,
    )
    assert [(i.at, d) for i, d in zip(timeline.invocations, deliveries(timeline), strict=True)] == [
        (1000.0, [0]),
        (1000.0, [1]),
        (1001.0, [2]),
    ]


def test_a_failing_lane_does_not_hold_the_other_keys_of_its_shard_back():
    timeline = simulate(
        mapping(BatchSize=1, ParallelizationFactor=2, MaximumRetryAttempts=1),
        keyed(LOW_KEY, HIGH_KEY, LOW_KEY),
        Poisoned(0),
    )
    assert deliveries(timeline) == [[0], [1], [0], [2]]


@pytest.fixture
def waiting():
    """A shard of two lanes; records of the lower wait for theirs, the upper has nothing to do."""
    loaded = load(mapping(ParallelizationFactor=2))
    shard = Shard(loaded, Stamp.of(SHARD, loaded.source, "role"), lambda: "request")

    def waiting(count, data=b""):
        shard.receive([KinesisEntry(str(n), LOW_KEY, data, 1000.0, 0) for n in range(count)], 1000.0)
        return shard

    return waiting


def test_a_lane_that_is_held_up_leaves_room_for_the_others(waiting):
    assert waiting(50_000).room == 20_000


@pytest.mark.parametrize(("count", "data"), [(100_000, b""), (101, b"." * rulings.MEBIBYTE)])
def test_what_is_read_for_a_lane_that_is_held_up_is_bounded(waiting, count, data):
    assert waiting(count, data).room == 0


def test_lanes_go_by_the_real_shard_in_events_and_failure_records():
    timeline = simulate(mapping(ParallelizationFactor=10, MaximumRetryAttempts=0), keyed(LOW_KEY), Poisoned(0))
    assert timeline.failures[0]["KinesisBatchInfo"]["shardId"] == SHARD
    assert timeline.invocations[0].event["Records"][0]["eventID"].startswith(f"{SHARD}:")


def test_the_position_of_a_shard_is_that_of_its_slowest_lane():
    timeline = simulate(
        mapping(BatchSize=1, ParallelizationFactor=2), keyed(LOW_KEY, HIGH_KEY, LOW_KEY), Poisoned(2), until=1000.5
    )
    assert timeline.checkpoints[SHARD].endswith("0")


def test_a_lane_that_had_nothing_to_do_stands_where_its_shard_does():
    both = [*records(1000, key=LOW_KEY), KinesisRecord(SHARD, HIGH_KEY, b'{"n":7}', 1005.0)]
    timeline = simulate(mapping(BatchSize=1, ParallelizationFactor=2), both, Poisoned(7), until=1006.0)
    assert timeline.checkpoints[SHARD].endswith("0")


def test_lanes_of_a_table_stream_go_by_the_key_of_the_item():
    changes = [
        TableChange(shard_id=SHARD, event_name="INSERT", keys={"id": {"S": str(n % 2)}}, created=1000.0)
        for n in range(8)
    ]
    timeline = simulate(mapping(TABLE, ParallelizationFactor=10), changes, nothing)
    assert [len(invocation.names) for invocation in timeline.invocations] == [4, 4]


@pytest.mark.parametrize("number", range(8))
def test_the_key_of_an_item_is_the_same_however_its_attributes_are_ordered(number):
    place, zone = ("place", {"S": str(number)}), ("zone", {"S": "z"})
    changes = [TableChange(SHARD, "MODIFY", dict(keys), created=1000.0) for keys in ((place, zone), (zone, place))]
    timeline = simulate(mapping(TABLE, ParallelizationFactor=10), changes, nothing)
    assert len(timeline.invocations) == 1


def test_a_child_is_not_read_before_its_parent_is_settled_to_its_end():
    family = [*records(1000, shard=SHARD), *records(1000, shard=LEFT), *records(1000, shard=RIGHT)]
    timeline = simulate(mapping(), family, nothing, {LEFT: [SHARD], RIGHT: [SHARD]}, invocation_seconds=5.0)
    assert [(i.shard_id[-1], i.at) for i in timeline.invocations] == [("0", 1000.0), ("1", 1005.0), ("2", 1005.0)]


def test_a_merged_shard_waits_for_both_parents():
    family = [*records(1000, shard=MERGED), *records(1000, shard=LEFT), *records(1000, 1060, shard=RIGHT)]
    assert shards_in_order(simulate(mapping(), family, nothing, {MERGED: [LEFT, RIGHT]})) == ["1", "2", "2", "3"]


def test_a_blocked_parent_holds_its_children_back():
    family = [*records(1000, shard=SHARD), *records(1000, shard=LEFT)]
    timeline = simulate(mapping(MaximumRetryAttempts=2), family, Poisoned(0), {LEFT: [SHARD]})
    assert shards_in_order(timeline) == ["0", "0", "0", "1", "1", "1"]


def test_a_parent_without_records_holds_nobody_back():
    assert shards_in_order(simulate(mapping(), records(1000, shard=LEFT), nothing, {LEFT: [SHARD]})) == ["1"]


def test_a_shard_split_in_mid_iterator_is_known_to_be_over_when_its_child_appears():
    family = iter([*records(1000, shard=SHARD), *records(1010, 1020, shard=LEFT)])
    assert shards_in_order(simulate(mapping(), family, nothing, {LEFT: [SHARD]})) == ["0", "1", "1"]


def test_a_shard_cannot_be_its_own_ancestor():
    with pytest.raises(LineageError, match="own ancestors"):
        simulate(mapping(), at_once(1), nothing, {SHARD: [LEFT], LEFT: [SHARD]})


def test_a_shared_reader_gets_an_aggregate_as_one_opaque_record():
    packed = aggregate((LOW_KEY, b'{"n":0}'), (HIGH_KEY, b'{"n":1}'))
    timeline = simulate(mapping(), [KinesisRecord(SHARD, "outer", packed, 1000.0)], nothing)
    (record,) = timeline.invocations[0].event["Records"]
    assert record["kinesis"]["partitionKey"] == "outer"


def test_fan_out_takes_an_aggregate_apart_under_one_sequence_number():
    packed = aggregate((LOW_KEY, b'{"n":0}'), (HIGH_KEY, b'{"n":1}'))
    timeline = simulate(mapping(CONSUMER), [KinesisRecord(SHARD, "outer", packed, 1000.0)], nothing)
    first, second = timeline.invocations[0].event["Records"]
    assert deliveries(timeline) == [[0, 1]]
    assert first["eventID"] == second["eventID"]


def test_fan_out_drops_user_records_that_hash_outside_the_shard_and_the_timeline_tells():
    packed = aggregate((LOW_KEY, b'{"n":0}'), (HIGH_KEY, b'{"n":1}'))
    record = KinesisRecord(SHARD, LOW_KEY, packed, 1000.0)
    timeline = simulate(mapping(CONSUMER), [record], nothing, hash_ranges={SHARD: (0, HALF - 1)})
    assert deliveries(timeline) == [[0]]
    assert [key for _, key in timeline.dropped] == [HIGH_KEY]
    assert "fan-out loses it" in timeline.explain()


@pytest.mark.parametrize("explicit", ["9" * 5000, str(2**128), "-1", "1_0", "007", "\u0663"])
def test_an_aggregate_whose_explicit_hash_key_is_no_place_on_the_ring_stays_whole(explicit):
    assert user_records(placed(explicit)) is None


@pytest.mark.parametrize("place", [0, 1, HALF, 2**128 - 1])
def test_an_explicit_hash_key_places_its_user_record(place):
    assert [user.hash_key for user in user_records(placed(str(place))) or ()] == [place]


def test_an_aggregate_is_settled_with_the_last_of_its_user_records():
    packed = aggregate(("1", b'{"n":0}'), ("2", b'{"n":1}'))
    both = [*at_once(1), KinesisRecord(SHARD, "outer", packed, 1000.0)]
    settings = mapping(CONSUMER, BatchSize=2, MaximumRetryAttempts=-1)
    timeline = simulate(settings, both, Poisoned(1), until=1000.2)
    assert timeline.checkpoints[SHARD].endswith("0")


def test_positions_move_past_filtered_records():
    timeline = simulate(mapping(**filters('{"data": {"n": [7]}}')), at_once(3), nothing)
    assert timeline.invocations == []
    assert timeline.checkpoints[SHARD] == timeline.filtered[-1]


def test_a_mapping_that_starts_at_a_time_skips_what_came_before():
    settings = mapping(StartingPosition="AT_TIMESTAMP", StartingPositionTimestamp=1005)
    assert deliveries(simulate(settings, records(1000, 1005, 1010), nothing)) == [[1], [2]]


@pytest.mark.parametrize("taken", [list, iter])
def test_a_starting_time_is_compared_with_the_records_own_from_a_list_or_an_iterator(taken):
    settings = mapping(StartingPosition="AT_TIMESTAMP", StartingPositionTimestamp=1005)
    mixed = [*records(1010, shard=LEFT), *records(1000, shard=RIGHT)]
    timeline = simulate(settings, taken(mixed), nothing)
    assert [invocation.shard_id for invocation in timeline.invocations] == [LEFT]


def test_a_mapping_that_starts_after_every_record_delivers_none_and_says_so():
    settings = mapping(StartingPosition="AT_TIMESTAMP", StartingPositionTimestamp=2000)
    timeline = simulate(settings, records(1000, 1005), nothing)
    assert timeline.invocations == []
    assert "before the starting position" in timeline.explain()


def test_the_keys_of_these_tests_lie_where_they_say():
    assert hash_key(LOW_KEY) < HALF <= hash_key(HIGH_KEY)


@given(st.lists(st.tuples(st.text("abc", min_size=1), st.binary(max_size=20)), min_size=1, max_size=5))
def test_what_the_authors_of_the_format_pack_is_unpacked(pairs):
    packed = aggregate(*pairs)
    assert user_records(packed) == [UserRecord(key, None, data) for key, data in pairs]


@given(st.binary(max_size=60), st.integers(0, 200))
def test_damaged_aggregates_are_delivered_as_they_are(junk, cut):
    whole = aggregate((LOW_KEY, b"x"))
    assert user_records(whole[:cut] + junk + b"!") is None
