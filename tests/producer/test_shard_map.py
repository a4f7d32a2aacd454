"""A key belongs to the one open shard whose range holds its hash."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producer.shard_map import HASH_KEYS, Shard, ShardMap, ShardMapError, hash_of

CUTS = st.sets(st.integers(1, HASH_KEYS - 1), max_size=8).map(sorted)


def shard(name, first, last, closed=False, parent=None, adjacent=None):
    return {
        "ShardId": name,
        "HashKeyRange": {"StartingHashKey": str(first), "EndingHashKey": str(last)},
        "SequenceNumberRange": {"StartingSequenceNumber": "1"} | ({"EndingSequenceNumber": "9"} if closed else {}),
        **({"ParentShardId": parent} if parent else {}),
        **({"AdjacentParentShardId": adjacent} if adjacent else {}),
    }


def tiled(cuts):
    bounds = [0, *cuts, HASH_KEYS]
    return [shard(f"shard-{i}", bounds[i], bounds[i + 1] - 1) for i in range(len(bounds) - 1)]


@given(CUTS, st.text(min_size=1, max_size=20), st.randoms())
def test_a_key_lies_in_the_range_of_its_shard(cuts, key, dice):
    listed = tiled(cuts)
    dice.shuffle(listed)
    found = ShardMap.of(listed).shard_of(key)
    (own,) = [entry for entry in listed if entry["ShardId"] == found.id]
    assert int(own["HashKeyRange"]["StartingHashKey"]) <= hash_of(key) <= int(own["HashKeyRange"]["EndingHashKey"])


def test_the_hash_of_a_key_is_its_md5_as_a_number():
    assert hash_of("a") == 0x0CC175B9C0F1B6A831C399E269772661


@given(CUTS)
def test_the_hash_key_of_a_shard_lies_inside_it(cuts):
    listed = tiled(cuts)
    assert [shard.hash_key for shard in ShardMap.of(listed).shards] == [
        entry["HashKeyRange"]["StartingHashKey"] for entry in listed
    ]


def test_closed_shards_are_left_out():
    half = HASH_KEYS // 2
    listed = [
        shard("parent", 0, HASH_KEYS - 1, closed=True),
        shard("low", 0, half - 1, parent="parent"),
        shard("high", half, HASH_KEYS - 1, parent="parent"),
    ]
    assert ShardMap.of(listed).shards == (Shard("low", 0), Shard("high", half))


def test_the_parents_of_a_merge_are_left_out_before_the_listing_closes_them():
    half = HASH_KEYS // 2
    listed = [
        shard("low", 0, half - 1),
        shard("high", half, HASH_KEYS - 1),
        shard("merged", 0, HASH_KEYS - 1, parent="low", adjacent="high"),
    ]
    assert ShardMap.of(listed).shards == (Shard("merged", 0),)


@pytest.mark.parametrize(
    "listed",
    [
        [],
        [shard("low", 0, 9)],
        [shard("high", 10, HASH_KEYS - 1)],
        [shard("low", 0, 9), shard("high", 11, HASH_KEYS - 1)],
        [shard("low", 0, 10), shard("high", 10, HASH_KEYS - 1)],
    ],
    ids=["none", "no end", "no beginning", "a gap", "an overlap"],
)
def test_a_map_that_a_reshard_left_incomplete_is_refused(listed):
    with pytest.raises(ShardMapError, match="hash key"):
        ShardMap.of(listed)
