"""User records packed by shard: nothing is lost, nothing is foreign, nothing is too big."""

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from producer.limits import ENVELOPE_BYTES, RECORD_BYTES, refusal
from producer.packing import AGGREGATE_BYTES, Aggregation, Plain
from producer.shard_map import HASH_KEYS, Shard, ShardMap
from streamkit.kpl import MAGIC, MOST_RECORDS, Packed
from tests.events import taken_apart

SHARDS = ShardMap([Shard(f"shard-{i}", HASH_KEYS * i // 4) for i in range(4)])
RECORDS = st.lists(st.tuples(st.text(min_size=1, max_size=30), st.binary(max_size=300)), max_size=60)
LIMITS = st.integers(1_024, 3_000)
NEVER = float("inf")


def packed(records, limit, packing=None):
    packing = packing or Aggregation(SHARDS, limit)
    entries = []
    for key, data in records:
        entries += packing.add(data, key, now=0.0)[1]
    return entries + packing.opened_before(NEVER)


def by_shard(records):
    shards = defaultdict(list)
    for key, data in records:
        shards[SHARDS.shard_of(key).id].append((key, data))
    return shards


def shard_id(entry):
    if entry.explicit_hash_key is None:
        return SHARDS.shard_of(entry.partition_key).id
    return next(shard.id for shard in SHARDS.shards if shard.hash_key == entry.explicit_hash_key)


@given(RECORDS, LIMITS)
def test_every_record_is_in_an_aggregate_of_its_own_shard_in_the_order_it_was_put(records, limit):
    found: dict[str, list[tuple[str, bytes]]] = defaultdict(list)
    for entry in packed(records, limit):
        found[shard_id(entry)] += entry.records()
    assert found == by_shard(records)


@given(RECORDS, LIMITS)
def test_an_aggregate_keeps_its_limit(records, limit):
    assert all(len(entry.data) <= limit for entry in packed(records, limit) if entry.aggregated)


@given(RECORDS, LIMITS)
def test_the_authors_find_in_an_aggregate_its_own_hash_key_under_every_record(records, limit):
    aggregates = [entry for entry in packed(records, limit) if entry.aggregated]
    assert [taken_apart(entry.data) for entry in aggregates] == [
        [Packed(key, entry.explicit_hash_key, data) for key, data in entry.records()] for entry in aggregates
    ]


@given(RECORDS)
def test_an_entry_knows_how_many_user_records_it_carries(records):
    assert [entry.user_records for entry in packed(records, 2_000)] == [
        len(entry.records()) for entry in packed(records, 2_000)
    ]


@given(RECORDS)
def test_plain_packing_leaves_every_record_as_it_is(records):
    entries = packed(records, None, Plain())
    assert [(entry.partition_key, entry.data, entry.explicit_hash_key) for entry in entries] == [
        (key, data, None) for key, data in records
    ]


def test_a_record_alone_needs_no_envelope():
    (entry,) = packed([("k", b"only")], AGGREGATE_BYTES)
    assert (entry.partition_key, entry.data, entry.explicit_hash_key) == ("k", b"only", None)


def test_a_record_alone_that_looks_like_an_aggregate_is_wrapped():
    (entry,) = packed([("k", MAGIC + b"only")], AGGREGATE_BYTES)
    assert taken_apart(entry.data) == [Packed("k", entry.explicit_hash_key, MAGIC + b"only")]


def test_the_longest_record_that_must_be_wrapped_still_fits():
    data = MAGIC.ljust(RECORD_BYTES - ENVELOPE_BYTES - 256, b"x")
    (entry,) = packed([("k" * 256, data)], AGGREGATE_BYTES)
    assert (refusal(data, "k" * 256), entry.size <= RECORD_BYTES) == (None, True)


def test_an_aggregate_holds_no_more_records_than_readers_take():
    entries = packed([("k", b"")] * (MOST_RECORDS + 1), RECORD_BYTES)
    assert [entry.user_records for entry in entries] == [MOST_RECORDS, 1]


def test_the_records_of_an_aggregate_share_their_fate():
    packing = Aggregation(SHARDS)
    first, second = packing.add(b"one", "k", 0.0)[0], packing.add(b"two", "k", 0.0)[0]
    (entry,) = packing.opened_before(NEVER)
    assert first is second is entry.future


def test_only_what_was_opened_before_the_moment_is_sealed():
    packing = Aggregation(SHARDS)
    keys = [next(k for k in map(str, range(99)) if SHARDS.shard_of(k) is shard) for shard in SHARDS.shards]
    for second, key in enumerate(keys):
        packing.add(b"x", key, now=float(second))
    assert ([entry.partition_key for entry in packing.opened_before(2.0)], packing.oldest) == (keys[:2], 2.0)


def test_after_a_reshard_records_are_packed_by_the_new_map():
    packing = Aggregation(ShardMap([Shard("old", 0)]))
    packing.add(b"one", "k", 0.0)
    packing.add(b"two", "k", 0.0)
    before = packing.resharded(SHARDS)
    packing.add(b"three", "k", 0.0)
    packing.add(b"four", "k", 0.0)
    (after,) = packing.opened_before(NEVER)
    assert ([e.explicit_hash_key for e in before], after.explicit_hash_key) == (["0"], SHARDS.shard_of("k").hash_key)
