"""Records on their way into a simulation: who may be read when, taken from the caller no sooner than needed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from operator import attrgetter, le
from typing import Any

from local.engine.refusals import shown


class Feed:
    """The caller's records in the order in which they become readable.

    A sequence may be in any order across shards: each shard keeps its own, and a record whose time stamp runs
    backwards becomes readable with the one before it. An iterator is taken as it comes, one record ahead.
    """

    def __init__(self, records: Iterable[object], kind: type[Any], group: str | None, time: str) -> None:
        self.kind = kind
        self.group_of = (lambda _record: "") if group is None else attrgetter(group)
        self.time_of = attrgetter(time)
        self.is_ordered = group is not None  # records of one group never overtake one another
        self.left: Counter[str] | None = None
        self.latest = float("-inf")
        self.closed: set[str] = set()
        self.known = 0  # how many records there are, or were in what an iterator brought so far
        self.records: Iterator[tuple[float, int, Any]]
        if not isinstance(records, Iterable):
            raise TypeError(f"records must be {kind.__name__}s for this mapping's source; got {shown(records)}")
        if isinstance(records, Sequence):
            self.records = self._in_order(records)
        else:
            self.records = self._as_they_come(records)
        self.ahead = next(self.records, None)

    @property
    def readable_at(self) -> float | None:
        """When the next record may be read; None if there is none."""
        return None if self.ahead is None else self.ahead[0]

    def until(self, time: float) -> Iterator[tuple[float, int, Any]]:
        """(readable at, place among the caller's records, record) of all that may be read by then."""
        while self.ahead is not None and self.ahead[0] <= time:
            group = self.group_of(self.ahead[2])
            if group in self.closed:
                raise ValueError(
                    f"records[{self.ahead[1]}] is of {group}, a child of which came before; "
                    "an iterator must be in order of arrival, or pass a list"
                )
            yield self.ahead
            if self.left is not None:
                self.left[group] -= 1
            self.ahead = next(self.records, None)

    def may_bring(self, shard_id: str) -> bool:
        """Whether more records of a shard may come."""
        if self.left is not None:
            return self.left[shard_id] > 0
        return self.ahead is not None and shard_id not in self.closed

    def close(self, shard_ids: Iterable[str]) -> None:
        """These shards have children with records: an iterator, being in order, brings no more of theirs."""
        if self.left is None:
            self.closed.update(shard_ids)

    def _in_order(self, records: Sequence[object]) -> Iterator[tuple[float, int, Any]]:
        for kind in set(map(type, records)):
            if not issubclass(kind, self.kind):
                place = next(place for place, record in enumerate(records) if isinstance(record, kind))
                self._check(records[place], place)
        self.known = len(records)
        times = list(map(self.time_of, records))
        self.left = Counter(map(self.group_of, records))
        order: Iterable[int] = range(len(records))
        if not all(map(le, times, islice(times, 1, None))):
            if self.is_ordered:
                self._never_backwards(times, records)
            order = sorted(order, key=times.__getitem__)
        return ((times[place], place, records[place]) for place in order)

    def _never_backwards(self, times: list[float], records: Sequence[object]) -> None:
        latest: dict[str, float] = {}
        for place, record in enumerate(records):
            group = self.group_of(record)
            times[place] = latest[group] = max(times[place], latest.get(group, times[place]))

    def _as_they_come(self, records: Iterable[object]) -> Iterator[tuple[float, int, Any]]:
        for place, record in enumerate(records):
            self._check(record, place)
            self.known = place + 1
            self.latest = max(self.latest, self.time_of(record))
            yield self.latest, place, record

    def _check(self, record: Any, place: int) -> None:
        if not isinstance(record, self.kind):
            raise TypeError(
                f"records[{place}] must be a {self.kind.__name__} for this mapping's source; "
                f"got {type(record).__name__}"
            )
