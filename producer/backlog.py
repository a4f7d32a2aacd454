"""What waits to be put, oldest first, cut into requests.

    add ──> | fresh | ──take──> request ──┬──> done
              ^                           │
              └──── waiting <───again─────┘  not before its time

Everything between `add` and `done` is held: what is on its way, and what waits to be repeated. Time is an argument.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable
from itertools import count

from producer.entry import Entry
from producer.limits import RECORDS_PER_REQUEST, REQUEST_BYTES


class Backlog:
    """The entries of one producer that are not done. `linger_seconds` is how long the oldest waits for company."""

    def __init__(self, linger_seconds: float) -> None:
        self.linger_seconds = linger_seconds
        self.held = 0  # entries
        self.held_bytes = 0
        self._fresh: deque[Entry] = deque()
        self._fresh_bytes = 0
        self._waiting: list[tuple[float, int, Entry]] = []
        self._ticket = count()

    def add(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            self.held += 1
            self.held_bytes += entry.size
            self._fresh.append(entry)
            self._fresh_bytes += entry.size

    def again(self, entries: Iterable[Entry], not_before: float) -> None:
        """These were taken and must be put again, but not at once."""
        for entry in entries:
            heapq.heappush(self._waiting, (not_before, next(self._ticket), entry))

    def done(self, entries: Iterable[Entry]) -> None:
        """These were taken and never come back."""
        for entry in entries:
            self.held -= 1
            self.held_bytes -= entry.size

    def take(self, now: float, *, hurry: bool = False) -> list[Entry]:
        """The next request; empty while there is none, or the oldest may wait for company and nobody is in a hurry."""
        due: list[Entry] = []
        while self._waiting and self._waiting[0][0] <= now:
            due.append(heapq.heappop(self._waiting)[2])
        self._fresh.extendleft(reversed(due))  # older than all that is fresh
        self._fresh_bytes += sum(entry.size for entry in due)
        return self._request() if self._ready(now, hurry) else []

    def take_all(self) -> list[Entry]:
        """Everything that is not on its way, due or not."""
        entries = [entry for _, _, entry in sorted(self._waiting, key=lambda waiting: waiting[:2])] + [*self._fresh]
        self._waiting.clear()
        self._fresh.clear()
        self._fresh_bytes = 0
        return entries

    def next_moment(self) -> float | None:
        """When `take` will give something, if nothing more is added."""
        moments = [self._waiting[0][0]] if self._waiting else []
        if self._fresh:
            moments.append(self._fresh[0].opened_at + self.linger_seconds)
        return min(moments, default=None)

    def _ready(self, now: float, hurry: bool) -> bool:
        if not self._fresh:
            return False
        full = len(self._fresh) >= RECORDS_PER_REQUEST or self._fresh_bytes >= REQUEST_BYTES
        return hurry or full or self._fresh[0].opened_at + self.linger_seconds <= now

    def _request(self) -> list[Entry]:
        request: list[Entry] = []
        size = 0
        while self._fresh and len(request) < RECORDS_PER_REQUEST and size + self._fresh[0].size <= REQUEST_BYTES:
            entry = self._fresh.popleft()
            size += entry.size
            request.append(entry)
        self._fresh_bytes -= size
        return request
