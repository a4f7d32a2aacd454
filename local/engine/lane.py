"""One ordered lane of a shard: at most one batch in flight, nothing after a batch that is not settled.

A state machine without clock or thread. Whoever drives it gives it the records it read and the time, does what
`next` says, and comes back with the outcome:

    take(records, now)  ->  next(now): Invoke | Discard | Wait | None  ->  finish(outcome, now): [Commit | ...]
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import inf, nextafter
from typing import TypeGuard

from local.engine import rulings
from local.engine.backlog import Backlog
from local.engine.delivery import (
    EXHAUSTED,
    Batch,
    Commit,
    Discard,
    FailedAt,
    Outcome,
    Redeliver,
    Step,
    Succeeded,
    Throttled,
    seconds_before_retry,
    settle,
)
from local.engine.entries import Entry, Stamp
from local.engine.events import ENVELOPE_BYTES, payload_bytes, windowed_envelope_bytes
from local.engine.terms import Terms
from local.engine.windows import EMPTY_STATE, Call, Windowed, Windowing


@dataclass(frozen=True, slots=True)
class Invoke:
    """Call the function with these records; `too_large`: it cannot be called, report TooLarge at once."""

    batch: Batch
    windowed: Windowed | None
    too_large: bool


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do before this time, unless records are read."""

    until: float


class Lane:
    """Records of one shard, or of one range of its keys, on their way through the function."""

    def __init__(
        self,
        terms: Terms,
        stamp: Stamp,
        new_request_id: Callable[[], str],
        backoff: Callable[[int], float] = seconds_before_retry,
    ) -> None:
        self.terms = terms
        self.stamp = stamp
        self.new_request_id = new_request_id
        self.backoff = backoff
        self.windowing = Windowing(terms.tumbling_window_seconds) if terms.tumbling_window_seconds else None
        self.envelope_bytes = windowed_envelope_bytes(stamp) if self.windowing else ENVELOPE_BYTES
        self.waiting = Backlog(terms)
        self.held: deque[Batch] = deque()
        self.in_flight: Invoke | None = None
        self.setbacks = 0  # of the first held batch, in a row
        self.ready_at = 0.0
        self.final_since: float | None = None
        self.ended = False
        self.settled: str | None = None

    @property
    def is_idle(self) -> bool:
        """No record of this lane is unsettled."""
        return not (self.waiting or self.held or self.in_flight)

    @property
    def is_done(self) -> bool:
        return self.is_idle and (self.windowing is None or self.windowing.current is None)

    def take(self, entries: Sequence[Entry], now: float) -> None:
        """Records that were read, in shard order."""
        if not entries:
            return
        self.waiting.take(entries, now)
        if self.windowing is not None:
            self.windowing.last_read = now

    def found_nothing(self, began: float) -> None:
        """A read that began at this time found the shard read to its tip."""
        if self.windowing is not None:
            self.windowing.looked = max(began, self.windowing.looked)

    @property
    def look_from(self) -> float | None:
        """From when on a read that finds nothing ends the idle window; None if none waits for that."""
        if self.windowing is None or self.windowing.current is None or not self.is_idle:
            return None
        return self.windowing.idle_deadline()

    def end(self) -> None:
        """The shard is closed and read to its end: nothing will be taken any more."""
        self.ended = True

    def next(self, now: float) -> Invoke | Discard | Wait | None:
        """What to do now; None while a batch is in flight or nothing is there."""
        if self.in_flight is not None:
            return None
        while not self.held:
            wait = self._gather(now)
            if wait is not None or not self.held:
                return wait
        return self._deliver(now)

    def _deliver(self, now: float) -> Invoke | Discard | Wait:
        if now < self.ready_at and now < (over_at := self._over_at()):
            return Wait(min(self.ready_at, over_at))
        expired = self._expire(now)
        if expired is not None:
            return expired
        batch = self.held.popleft()
        if not batch.request_id:
            batch = replace(batch, request_id=self.new_request_id())
        too_large = self._is_too_large(batch)
        if too_large and batch.call is not Call.ORDINARY and not rulings.OVERSIZED_FINAL_SPENDS_RETRIES:
            self._begin_anew(now)
            return self._discard(Discard(batch, EXHAUSTED))
        windowed = None
        if self.windowing is not None:
            windowed = self.windowing.told(batch.call)
            self.windowing.sent(batch.call)
        self.in_flight = Invoke(batch, windowed, too_large)
        return self.in_flight

    def _envelope(self) -> int:
        """Bytes of the next event without its records."""
        return self.envelope_bytes + (self.windowing.state_bytes if self.windowing else 0)

    def _is_too_large(self, batch: Batch) -> bool:
        return payload_bytes(batch.entries) + self._envelope() > rulings.PAYLOAD_LIMIT_BYTES

    def _over_at(self) -> float:
        """The first moment at which all of the first held batch is too old: none waits for its retry beyond that."""
        batch = self.held[0]
        latest = max(entry.arrived for entry in batch.entries) if batch.entries else self.final_since
        ages = batch.call is Call.ORDINARY or rulings.FINAL_CALLS_AGE
        if latest is None or not ages or not rulings.EXPIRY_ENDS_THE_BACKOFF:
            return inf
        return nextafter(latest + self.terms.oldest_seconds, inf)

    def _expire(self, now: float) -> Discard | None:
        """Give up what is too old at the head of the lane; the rest of its batch stays, as a new batch."""
        batch = self.held[0]
        if batch.call is not Call.ORDINARY:
            return self._expire_final(batch, now)
        oldest = self.terms.oldest_seconds
        expired = [entry for entry in batch.entries if entry.arrived + oldest < now]
        if not expired:
            return None
        self.held.popleft()
        if len(expired) < len(batch.entries):
            fresh = [entry for entry in batch.entries if entry.arrived + oldest >= now]
            anew = rulings.EXPIRY_MAKES_A_NEW_BATCH
            self.held.appendleft(batch.part(fresh) if anew else replace(batch, entries=fresh))
        self._begin_anew(now)
        request_id = batch.request_id or self.new_request_id()
        return self._discard(Discard(replace(batch, entries=expired, request_id=request_id), self.terms.too_old))

    def _expire_final(self, batch: Batch, now: float) -> Discard | None:
        if self.final_since is None:
            self.final_since = now
        if not rulings.FINAL_CALLS_AGE or self.final_since + self.terms.oldest_seconds >= now:
            return None
        self.held.popleft()
        self._begin_anew(now)
        return self._discard(Discard(batch, self.terms.too_old))

    def finish(self, outcome: Outcome, now: float) -> list[Step]:
        """What follows from the outcome of the batch in flight; it is already taken into account here."""
        assert self.in_flight is not None
        batch = self.in_flight.batch
        self.in_flight = None
        self.waiting.reopen(now)
        if not isinstance(outcome, Throttled):
            batch = replace(batch, invocations=batch.invocations + 1)
        steps = settle(batch, outcome, self.terms.retry)
        again = [step.batch for step in steps if isinstance(step, Redeliver)]
        self.held.extendleft(reversed(again))
        if again and again[0].request_id:  # unchanged
            self.setbacks += 1
            self.ready_at = now + self.backoff(self.setbacks)
        else:
            self._begin_anew(now)
        return [self._account(step, outcome) for step in steps]

    def _account(self, step: Step, outcome: Outcome) -> Step:
        match step:
            case Commit(batch):
                self._commit(batch, outcome)
            case Discard():
                return self._discard(step)
        return step

    def _begin_anew(self, now: float) -> None:
        self.setbacks = 0
        self.ready_at = now
        self.final_since = None

    def _commit(self, batch: Batch, outcome: Outcome) -> None:
        self._settle_position(batch)
        if self.windowing is None:
            return
        if batch.call is not Call.ORDINARY:
            self.windowing.ended(batch.call)
        elif self._keeps_state(outcome) and self.windowing.fold(outcome.state or EMPTY_STATE):
            self.held.appendleft(Batch((), call=Call.EARLY_FINAL))

    @staticmethod
    def _keeps_state(outcome: Outcome) -> TypeGuard[Succeeded | FailedAt]:
        if isinstance(outcome, FailedAt):
            return rulings.PARTIAL_RESPONSE_KEEPS_RETURNED_STATE
        return isinstance(outcome, Succeeded)

    def _discard(self, step: Discard) -> Discard:
        batch = step.batch
        self._settle_position(batch)
        if self.windowing is None:
            return step
        windowed = self.windowing.told(batch.call)
        if batch.call is not Call.ORDINARY:
            self.windowing.ended(batch.call)
        return replace(step, windowed=windowed)

    def _settle_position(self, batch: Batch) -> None:
        if not batch.entries:
            return
        following = self.held[0].entries if self.held else self.waiting.entries
        if not following:
            self.settled = batch.entries[-1].sequence_number
            return
        # User records of one aggregate share its number: it is settled with the last of them.
        open_from = int(following[0].sequence_number)
        settled = (entry.sequence_number for entry in reversed(batch.entries) if int(entry.sequence_number) < open_from)
        self.settled = next(settled, self.settled)

    def _gather(self, now: float) -> Wait | None:
        """Move the next batch from what waits to what is held, if it is due; else when it will be."""
        if not self.waiting:
            return self._close_idle_window(now)
        window = None
        if self.windowing is not None:
            window = self.windowing.window_of(self.waiting.first.arrived)
            if self.windowing.current is None:
                self.windowing.open(window)
            elif window != self.windowing.current:
                self._close_window()
                return None if self.held else self._gather(now)
        room = rulings.PAYLOAD_LIMIT_BYTES - self._envelope()
        if now < self.waiting.due_at and not self.ended and not self.waiting.is_full(room, window):
            return Wait(self.waiting.due_at)
        self.held.append(Batch(self.waiting.cut(room, self._belongs if self.windowing else None)))
        return None

    def _belongs(self, entry: Entry) -> bool:
        """Whether a record is delivered in the window that is open."""
        return self.windowing is not None and self.windowing.window_of(entry.arrived) == self.windowing.current

    def _close_idle_window(self, now: float) -> Wait | None:
        if self.windowing is None or self.windowing.current is None:
            return None
        if self.ended or self.windowing.may_end_idle():
            self._close_window()
            return None
        deadline = self.windowing.idle_deadline()
        return Wait(deadline) if now < deadline else None  # from then on a read that finds nothing ends it

    def _close_window(self) -> None:
        assert self.windowing is not None
        if self.windowing.needs_final_call():
            self.held.append(Batch((), call=Call.FINAL))
        else:
            self.windowing.drop()
