"""One shard of a mapping: what is read goes through the filters into its lanes; what they settled is its position."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from local.engine import rulings
from local.engine.aggregates import UserRecord, hash_key, user_records
from local.engine.delivery import seconds_before_retry
from local.engine.entries import Entry, KinesisEntry, Stamp
from local.engine.lane import Lane
from local.engine.mapping import Mapping
from local.engine.source import Kind
from local.engine.terms import Terms

HashRange = tuple[int, int]  # both ends belong to it, as in ListShards
WHOLE_RANGE: HashRange = (0, 2**128 - 1)


@dataclass(frozen=True, slots=True)
class Sifted:
    """What one read brought: records delivered on, filtered out, and user records dropped as foreign to the shard."""

    read: int
    filtered: tuple[Entry, ...] = ()
    foreign: tuple[Entry, ...] = ()


class Shard:
    def __init__(
        self,
        mapping: Mapping,
        stamp: Stamp,
        new_request_id: Callable[[], str],
        *,
        hash_range: HashRange = WHOLE_RANGE,
        retention_seconds: float | None = None,
        backoff: Callable[[int], float] = seconds_before_retry,
    ) -> None:
        self.mapping = mapping
        self.stamp = stamp
        self.hash_range = hash_range
        terms = Terms.of(mapping, retention_seconds or default_retention(mapping))
        self.lanes = [Lane(terms, stamp, new_request_id, backoff) for _ in range(mapping.parallelization_factor)]
        self.read: str | None = None
        self.ended = False

    @property
    def checkpoint(self) -> str | None:
        """The last record up to which everything is settled, in every lane."""
        positions = [self.read if lane.is_idle else lane.settled for lane in self.lanes]
        known = [position for position in positions if position is not None]
        return min(known, key=int) if len(known) == len(positions) else None

    @property
    def is_done(self) -> bool:
        """Closed, read to its end, and nothing of it left to settle."""
        return self.ended and all(lane.is_done for lane in self.lanes)

    @property
    def room(self) -> int:
        """How many records may be read now; a slow lane keeps the others from theirs when memory would not bear it."""
        waiting = [len(lane.waiting) for lane in self.lanes]
        if sum(lane.waiting.bytes for lane in self.lanes) >= rulings.READ_AHEAD_BYTES:
            return 0
        return min(2 * rulings.RECORDS_PER_POLL - min(waiting), rulings.READ_AHEAD_RECORDS - sum(waiting))

    def receive(self, entries: Sequence[Entry], now: float) -> Sifted:
        """Records that were read, in shard order."""
        if not entries:
            return Sifted(0)
        for lane in self.lanes:
            if lane.is_idle:
                lane.settled = self.read
        self.read = entries[-1].sequence_number
        own, foreign = self._take_apart(entries)
        admitted, filtered = self._filter(own)
        if len(self.lanes) == 1:
            self.lanes[0].take(admitted, now)
        else:
            self._spread(admitted, now)
        return Sifted(len(entries), filtered, foreign)

    def found_nothing(self, began: float) -> None:
        """A read that began at this time succeeded, and there was nothing to read."""
        for lane in self.lanes:
            lane.found_nothing(began)

    def end(self) -> None:
        """The shard is closed and was read to its end."""
        self.ended = True
        for lane in self.lanes:
            lane.end()

    def _filter(self, entries: Sequence[Entry]) -> tuple[Sequence[Entry], tuple[Entry, ...]]:
        filters = self.mapping.filters
        if not filters.patterns:
            return entries, ()
        admitted: list[Entry] = []
        filtered: list[Entry] = []
        for entry in entries:
            (admitted if filters.admit(entry.as_filtered()) else filtered).append(entry)
        return admitted, tuple(filtered)

    def _spread(self, entries: Sequence[Entry], now: float) -> None:
        shares: list[list[Entry]] = [[] for _ in self.lanes]
        for entry in entries:
            shares[self.lane_of(entry.order_key)].append(entry)
        for lane, share in zip(self.lanes, shares, strict=True):
            lane.take(share, now)

    def lane_of(self, order_key: str) -> int:
        """The range of the shard's hash keys that a key falls in; keys placed elsewhere by hand join the nearest."""
        low, high = self.hash_range
        share = (hash_key(order_key) - low) * len(self.lanes) // (high - low + 1)
        return min(max(share, 0), len(self.lanes) - 1)

    def _take_apart(self, entries: Sequence[Entry]) -> tuple[Sequence[Entry], tuple[Entry, ...]]:
        """Fan-out delivers the user records of an aggregate, and loses those whose key is not the shard's."""
        if self.mapping.source.kind is not Kind.CONSUMER:
            return entries, ()
        own: list[Entry] = []
        foreign: list[Entry] = []
        for entry in entries:
            users = user_records(entry.data) if isinstance(entry, KinesisEntry) else None
            if users is None or not isinstance(entry, KinesisEntry):
                own.append(entry)
                continue
            for user in users:
                part = KinesisEntry(
                    entry.sequence_number, user.partition_key, user.data, entry.arrived, self.stamp.overhead
                )
                (own if self._is_own(user) else foreign).append(part)
        return own, tuple(foreign)

    def _is_own(self, user: UserRecord) -> bool:
        low, high = self.hash_range
        return low <= user.hash_key <= high


def default_retention(mapping: Mapping) -> float:
    if mapping.source.is_kinesis:
        return rulings.KINESIS_RETENTION_SECONDS
    return rulings.TABLE_STREAM_RETENTION_SECONDS
