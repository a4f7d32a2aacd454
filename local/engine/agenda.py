"""What is to be done when, in virtual time: the only clock of a simulation."""

from __future__ import annotations

import heapq
from collections.abc import Callable

Action = Callable[[float], None]


class Agenda:
    """Actions by time; those of one time in the order in which they were put down."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Action]] = []
        self._put_down = 0

    @property
    def next_time(self) -> float | None:
        return self._heap[0][0] if self._heap else None

    def at(self, time: float, action: Action) -> None:
        self._put_down += 1
        heapq.heappush(self._heap, (time, self._put_down, action))

    def act(self) -> float:
        """Do the next thing; returns its time."""
        time, _, action = heapq.heappop(self._heap)
        action(time)
        return time
