"""Tumbling windows of one shard: where they lie, and the state that travels through them.

time      10        20        30            W = 10, aligned to the epoch
          [---------)[---------)
records    1   2      3                     by the service's time stamp
calls      {}>s1>s2   final(s2) {}>s3 ...   one final call per window, without records
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from local.engine import rulings
from local.engine.moments import instant

EMPTY_STATE = "{}"


class Call(Enum):
    ORDINARY = "ordinary"
    FINAL = "final"  # a window closes: no records, only its state
    EARLY_FINAL = "early final"  # a window's state outgrew its limit


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """[start, end) in epoch seconds."""

    start: int
    end: int

    @staticmethod
    def of(arrived: float, seconds: int) -> Window:
        start = int(arrived // seconds) * seconds
        return Window(start, start + seconds)

    def as_event(self) -> dict[str, str]:
        return {"start": _instant(self.start), "end": _instant(self.end)}

    def __str__(self) -> str:
        """`[2026-01-31T23:58:00Z, 23:59:00Z)`: the day of its end only where that is another."""
        (day, _, start), (other_day, _, end) = (_instant(each).partition("T") for each in (self.start, self.end))
        return f"[{day}T{start}, {end if day == other_day else f'{other_day}T{end}'})"


_instant = lru_cache(maxsize=1024)(instant)


@dataclass(frozen=True, slots=True)
class Windowed:
    """What one invocation is told about its window."""

    window: Window
    state: str
    call: Call

    @property
    def is_final(self) -> bool:
        return self.call is not Call.ORDINARY

    @property
    def is_early(self) -> bool:
        return self.call is Call.EARLY_FINAL


class Windowing:
    """The open window of a shard. `invoked`: the function has seen records of it since it began or was cut short."""

    __slots__ = ("current", "cut_short", "invoked", "last_read", "looked", "seconds", "state", "state_bytes")

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        self.current: Window | None = None
        self.state = EMPTY_STATE
        self.state_bytes = len(EMPTY_STATE)
        self.invoked = False
        self.cut_short = False
        self.last_read = 0.0
        self.looked = float("-inf")  # when the last read began that found nothing

    def window_of(self, arrived: float) -> Window:
        """The window a record is delivered in: its own, or the current one if it is late."""
        own = Window.of(arrived, self.seconds)
        return self.current if self.current is not None and self.is_late(own) else own

    def is_late(self, window: Window) -> bool:
        late = self.current is not None and window < self.current
        return late and rulings.LATE_RECORDS_JOIN_THE_CURRENT_WINDOW

    def open(self, window: Window) -> None:
        self.current, self.cut_short = window, False
        self._forget()

    def needs_final_call(self) -> bool:
        return self.invoked or (self.cut_short and rulings.EARLY_TERMINATION_NEEDS_ORDINARY_FINAL)

    def idle_deadline(self) -> float:
        assert self.current is not None
        return max(float(self.current.end), self.last_read + rulings.IDLE_CLOSE_SECONDS)

    def may_end_idle(self) -> bool:
        """A deadline alone ends nothing: records of the window may lie unread, for a poll or a whole outage."""
        return self.looked >= self.idle_deadline()

    def told(self, call: Call) -> Windowed:
        assert self.current is not None
        return Windowed(self.current, self.state, call)

    def sent(self, call: Call) -> None:
        if call is Call.ORDINARY:
            self.invoked = True

    def fold(self, state: str) -> bool:
        """Take the state over that a batch returned; whether it is so large that the window must be cut short."""
        self.state = state
        self.state_bytes = len(state.encode())
        return self.state_bytes > rulings.STATE_LIMIT_BYTES

    def drop(self) -> None:
        """Nothing of this window was ever delivered: it ends without a call."""
        self.current = None

    def ended(self, call: Call) -> None:
        """A final call succeeded or was discarded: after an early one the same window goes on, empty."""
        self._forget()
        self.cut_short = call is Call.EARLY_FINAL
        if call is Call.FINAL:
            self.current = None

    def _forget(self) -> None:
        self.state, self.state_bytes, self.invoked = EMPTY_STATE, len(EMPTY_STATE), False
