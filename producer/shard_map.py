"""Which shard a partition key belongs to: every open shard holds a range of the 128-bit hash keys.

0            2^126         2^127                         2^128
| shard-4    | shard-5     | shard-3                     |
       ^ md5("vendor-7")
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import md5
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_kinesis.type_defs import ShardTypeDef

HASH_KEYS = 2**128
KEYS_REMEMBERED = 65_536


class ShardMapError(ValueError):
    """The shards listed leave out hash keys, or hold some of them twice: a reshard is under way."""


@dataclass(frozen=True, slots=True)
class Shard:
    """An open shard and the first hash key of its range."""

    id: str
    first_hash_key: int

    @property
    def hash_key(self) -> str:
        """A hash key inside: of the shard now, and of one of its children after any split or merge."""
        return str(self.first_hash_key)


class ShardMap:
    """The open shards, ordered by their hash keys."""

    def __init__(self, shards: Sequence[Shard]) -> None:
        self.shards = tuple(sorted(shards, key=lambda shard: shard.first_hash_key))
        self._ids = frozenset(shard.id for shard in self.shards)
        self._firsts = [shard.first_hash_key for shard in self.shards]
        # The digest is half the cost of a put, and most producers have few keys.
        self.shard_of = lru_cache(maxsize=KEYS_REMEMBERED)(self._shard_of)

    @classmethod
    def of(cls, listed: Iterable[ShardTypeDef]) -> ShardMap:
        """The map of what ListShards gave, closed shards among it."""
        ranges = sorted((*_range(shard), shard["ShardId"]) for shard in _open(list(listed)))
        reached = 0
        for first, last, name in ranges:
            if first != reached:
                raise ShardMapError(f"{name} must begin at hash key {reached}; got {first}; list the shards again.")
            reached = last + 1
        if reached != HASH_KEYS:
            raise ShardMapError(f"open shards must end at hash key {HASH_KEYS - 1}; got {reached - 1}; list again.")
        return cls([Shard(name, first) for first, _, name in ranges])

    def __contains__(self, shard_id: str) -> bool:
        return shard_id in self._ids

    def _shard_of(self, key: str) -> Shard:
        """The shard that Kinesis puts records of this partition key into."""
        return self.shards[bisect_right(self._firsts, hash_of(key)) - 1]


def hash_of(key: str) -> int:
    """The hash key that Kinesis gives a partition key."""
    return int.from_bytes(md5(key.encode(), usedforsecurity=False).digest())


def _open(shards: list[ShardTypeDef]) -> list[ShardTypeDef]:
    """Those that take records. A parent is closed even where the listing does not say so yet."""
    parents = {shard.get(name) for shard in shards for name in ("ParentShardId", "AdjacentParentShardId")}
    return [
        shard
        for shard in shards
        if shard["ShardId"] not in parents and not shard["SequenceNumberRange"].get("EndingSequenceNumber")
    ]


def _range(shard: ShardTypeDef) -> tuple[int, int]:
    keys = shard["HashKeyRange"]
    return int(keys["StartingHashKey"]), int(keys["EndingHashKey"])
