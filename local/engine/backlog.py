"""Records of a lane that were read and are in no batch yet: when the next batch is due, and what it holds.

batching window    [--- since ------------- due_at)
read                 1  2     3  4  5
cut                 [1  2     3  4)  5     at the batch size, at 6 MB, or where the next window begins
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice

from local.engine import rulings
from local.engine.entries import Entry
from local.engine.events import payload_bytes, records_that_fit
from local.engine.terms import Terms
from local.engine.windows import Window


class Backlog:
    __slots__ = ("bytes", "entries", "newest_window", "since", "terms")

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.entries: deque[Entry] = deque()
        self.bytes = 0
        self.newest_window: Window | None = None
        self.since = 0.0

    def __len__(self) -> int:
        return len(self.entries)

    @property
    def first(self) -> Entry:
        return self.entries[0]

    @property
    def due_at(self) -> float:
        return self.since + self.terms.batching_window_seconds

    def reopen(self, now: float) -> None:
        """The previous invocation is over: the batching window of what waits begins."""
        self.since = now

    def take(self, entries: Sequence[Entry], now: float) -> None:
        if not self.entries and rulings.BATCHING_WINDOW_OPENS_WITH_FIRST_RECORD:
            self.since = now
        self.entries.extend(entries)
        self.bytes += payload_bytes(entries) + 1
        if self.terms.tumbling_window_seconds:
            newest = Window.of(max(entry.arrived for entry in entries), self.terms.tumbling_window_seconds)
            self.newest_window = newest if self.newest_window is None else max(newest, self.newest_window)

    def is_full(self, room: int, window: Window | None) -> bool:
        """Whether a batch need not wait for more: it has its size, its bytes, or all of its window."""
        return (
            len(self.entries) >= self.terms.batch_size
            or self.bytes >= room
            or (window is not None and self.newest_window is not None and self.newest_window > window)
        )

    def cut(self, room: int, belongs: Callable[[Entry], bool] | None = None) -> list[Entry]:
        """The next batch of at most `room` bytes: the first records, as long as they belong together; at least one."""
        most = self.terms.batch_size
        entries = list(islice(self.entries, most))
        if self.bytes > room:
            del entries[records_that_fit(entries, most, room) :]
        if belongs is not None:
            del entries[next((place for place, entry in enumerate(entries) if not belongs(entry)), len(entries)) :]
        for _ in entries:
            self.entries.popleft()
        self.bytes -= payload_bytes(entries) + 1
        if not self.entries:
            self.newest_window = None
        return entries
