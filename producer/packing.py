"""User records packed into stream records: many to an aggregate, or each by itself.

    put("vendor-7") ──> shard-4 | 1 4 9      |
    put("vendor-3") ──> shard-3 | 2 3 5 6 7 8| full: sealed

An aggregate belongs to one shard. It and every user record in it carry the same explicit hash key: a reader that
drops user records whose keys hash outside its shard keeps them, also when the shard was split after they were packed.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol

from producer.entry import Entry, Fate, Stored
from producer.shard_map import ShardMap
from streamkit.kpl import DIGEST_BYTES, MAGIC, MOST_RECORDS, Packed, pack

# A share of a request small enough that a refused aggregate costs little to repeat.
AGGREGATE_BYTES = 51_200

PARTITION_KEY = "aggregate"  # of every aggregate: its place is decided by the explicit hash key

# The most that the format adds: to an aggregate its ends and one hash key of 39 digits; to a user record the tags and
# lengths of itself, its data and its two indexes; to a key its tag and length.
AROUND_AGGREGATE = len(MAGIC) + DIGEST_BYTES + 41 + len(PARTITION_KEY)
AROUND_RECORD = 18
AROUND_KEY = 3


class Packing(Protocol):
    """How user records become stream records."""

    def add(self, data: bytes, key: str, now: float) -> tuple[Future[Stored], list[Entry], bool]:
        """The fate of this user record, the entries that are now to be put, and whether one was opened."""

    def opened_before(self, moment: float) -> list[Entry]:
        """What has been open since before `moment`, sealed; everything, for infinity."""

    @property
    def oldest(self) -> float | None:
        """When the oldest of what is open was opened."""


class Plain:
    """Each user record is a stream record."""

    oldest: float | None = None

    def add(self, data: bytes, key: str, now: float) -> tuple[Future[Stored], list[Entry], bool]:
        entry = Entry(data, key, None, 1, now)
        return entry.future, [entry], False

    def opened_before(self, moment: float) -> list[Entry]:  # noqa: ARG002
        return []


@dataclass(slots=True)
class _Open:
    """An aggregate that may still grow."""

    hash_key: str
    opened_at: float
    future: Future[Stored] = field(default_factory=Fate)
    records: list[Packed] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    size: int = AROUND_AGGREGATE

    def takes(self, data: bytes, key: str, limit: int) -> bool:
        return self.size + self._growth(data, key) <= limit and len(self.records) < MOST_RECORDS

    def add(self, data: bytes, key: str) -> Future[Stored]:
        self.size += self._growth(data, key)
        self.keys.add(key)
        self.records.append(Packed(key, self.hash_key, data))
        return self.future

    def _growth(self, data: bytes, key: str) -> int:
        """An upper bound of what this record adds."""
        return len(data) + AROUND_RECORD + (0 if key in self.keys else len(key.encode()) + AROUND_KEY)

    def sealed(self) -> Entry:
        only = self.records[0]
        # Alone it needs no envelope, unless its data would pass for one.
        if len(self.records) == 1 and not only.data.startswith(MAGIC):
            return Entry(only.data, only.partition_key, None, 1, self.opened_at, self.future)
        payload, count = pack(self.records), len(self.records)
        return Entry(payload, PARTITION_KEY, self.hash_key, count, self.opened_at, self.future)


class Aggregation:
    """User records of one shard share a stream record, up to `limit` bytes."""

    def __init__(self, shards: ShardMap, limit: int = AGGREGATE_BYTES) -> None:
        self._shards = shards
        self._limit = limit
        self._open: dict[str, _Open] = {}  # in the order they were opened

    def add(self, data: bytes, key: str, now: float) -> tuple[Future[Stored], list[Entry], bool]:
        shard = self._shards.shard_of(key)
        opened = self._open.get(shard.id)
        if opened and opened.takes(data, key, self._limit):
            return opened.add(data, key), [], False
        sealed = [self._seal(shard.id)] if opened else []
        fresh = self._open[shard.id] = _Open(shard.hash_key, now)
        future = fresh.add(data, key)
        if fresh.size >= self._limit:  # too big for company
            sealed.append(self._seal(shard.id))
        return future, sealed, True

    def opened_before(self, moment: float) -> list[Entry]:
        return [self._seal(name) for name in [*self._opened_before(moment)]]

    @property
    def oldest(self) -> float | None:
        return next((opened.opened_at for opened in self._open.values()), None)

    def knows(self, shard_id: str) -> bool:
        return shard_id in self._shards

    def resharded(self, shards: ShardMap) -> list[Entry]:
        """What was packed by the former map, sealed: each aggregate lands in a child of its shard."""
        self._shards = shards
        return self.opened_before(float("inf"))

    def _opened_before(self, moment: float) -> Iterator[str]:
        for name, opened in self._open.items():
            if opened.opened_at >= moment:
                return
            yield name

    def _seal(self, shard_id: str) -> Entry:
        return self._open.pop(shard_id).sealed()
