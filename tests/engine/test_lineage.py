"""Long and tangled families of shards: which may be read, and at what cost."""

import pytest

from local.engine import KinesisRecord, simulate
from local.engine.lineage import Lineage, LineageError
from tests.engine.doubles import mapping, nothing

GENERATIONS = 5_000


def shard(n: int) -> str:
    return f"shardId-{n:012d}"


def chain(length: int) -> dict[str, list[str]]:
    return {shard(n): [shard(n - 1)] for n in range(1, length)}


def ladder(diamonds: int) -> dict[str, list[str]]:
    """Each shard is split in two that are merged again: 2^diamonds ways lead from the first to the last."""
    family: dict[str, list[str]] = {}
    for n in range(0, 3 * diamonds, 3):
        family |= {shard(n + 1): [shard(n)], shard(n + 2): [shard(n)], shard(n + 3): [shard(n + 1), shard(n + 2)]}
    return family


def one_each(count: int) -> list[KinesisRecord]:
    return [KinesisRecord(shard(n), "key", b'{"n":%d}' % n, 1000.0 + n) for n in range(count)]


def in_order_of_shards(timeline) -> list[int]:
    return [int(invocation.shard_id[-12:]) for invocation in timeline.invocations]


@pytest.mark.parametrize("container", [list, iter])
def test_five_thousand_generations_are_read_one_after_the_other(container):
    timeline = simulate(mapping(), container(one_each(GENERATIONS)), nothing, chain(GENERATIONS))
    assert in_order_of_shards(timeline) == list(range(GENERATIONS))


@pytest.mark.parametrize("container", [list, iter])
def test_five_thousand_generations_without_records_hold_nobody_back(container):
    last = [KinesisRecord(shard(GENERATIONS - 1), "key", b"{}", 1000.0)]
    assert len(simulate(mapping(), container(last), nothing, chain(GENERATIONS)).invocations) == 1


@pytest.mark.parametrize("container", [list, iter])
def test_a_shard_with_more_ancestries_than_could_be_counted_is_read_like_any_other(container):
    timeline = simulate(mapping(), container(one_each(181)), nothing, ladder(60))
    assert in_order_of_shards(timeline) == list(range(181))


def test_ancestors_are_found_once_each_however_many_ways_lead_to_them():
    assert len(Lineage(ladder(60)).ancestors(shard(180))) == 180


@pytest.mark.parametrize(
    ("shards", "told"),
    [
        ([shard(1)], "shards must say the parents of each child"),
        ({shard(1): shard(0)}, "must be a list of its parents, all of them text; got 'shardId-000000000000'"),
        ({shard(1): None}, "must be a list of its parents, all of them text; got None"),
        ({shard(1): [["a"]]}, r"must be a list of its parents, all of them text; got \[\['a'\]\]"),
        ({1: [shard(0)]}, "must be a list of its parents, all of them text"),
    ],
)
def test_a_family_that_is_none_is_refused_by_the_shard_at_fault(shards, told):
    with pytest.raises(LineageError, match=told):
        simulate(mapping(), [], nothing, shards)


def test_a_long_circle_of_ancestors_is_told_in_one_line():
    with pytest.raises(LineageError, match="own ancestors") as refused:
        Lineage({**chain(GENERATIONS), shard(0): [shard(GENERATIONS - 1)]})
    assert len(str(refused.value)) < 300
