"""What becomes of a stream batch after one invocation.

Pure: no clock, no sleeping, no AWS. The lane of a shard asks `settle` and does as told.

    Succeeded    -> Commit                               next batch, please
    FailedAt(n)  -> Commit up to n, Redeliver the rest   a new batch with a fresh budget
    Failed       -> Redeliver, halved if the mapping bisects, or Discard
    TooLarge     -> as Failed, though the function never saw it
    Throttled    -> Redeliver, and no retry is spent
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from local.engine import rulings
from local.engine.entries import Entry
from local.engine.mapping import FOREVER
from local.engine.windows import Call, Windowed

EXHAUSTED = "RetryAttemptsExhausted"
TOO_OLD = "RecordAgeExceeded"


@dataclass(frozen=True, slots=True)
class Batch:
    """Records of one shard, oldest first, and what was tried with exactly them.

    `request_id` is given with the first invocation and kept while the batch is unchanged; `cut_from` is the batch
    this one is a half or the remainder of.
    """

    entries: Sequence[Entry]
    retries: int = 0
    invocations: int = 0
    request_id: str = ""
    cut_from: str = ""
    call: Call = Call.ORDINARY

    def split(self, at: int) -> tuple[Batch, Batch]:
        return self.part(self.entries[:at]), self.part(self.entries[at:])

    def part(self, entries: Sequence[Entry]) -> Batch:
        """A new batch of some of these records: nothing was tried with it yet."""
        return Batch(entries, cut_from=self.request_id or self.cut_from, call=self.call)

    def index(self, sequence_number: str) -> int | None:
        return next((i for i, entry in enumerate(self.entries) if entry.sequence_number == sequence_number), None)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """The failure settings of one mapping."""

    bisect: bool
    attempts: int


@dataclass(frozen=True, slots=True)
class Succeeded:
    state: str | None = None  # of a window, as JSON


@dataclass(frozen=True, slots=True)
class FailedAt:
    """A partial response; the records before this one are done."""

    sequence_number: str
    state: str | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """The whole batch failed; `function_error` is None where the function answered, but not as it must."""

    function_error: str | None = "Unhandled"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TooLarge:
    """The event exceeds what Lambda accepts; the function never saw it."""


@dataclass(frozen=True, slots=True)
class Throttled:
    """Lambda did not run the function: its concurrency is used up, or the service failed."""


@dataclass(frozen=True, slots=True)
class Commit:
    batch: Batch


@dataclass(frozen=True, slots=True)
class Redeliver:
    batch: Batch


@dataclass(frozen=True, slots=True)
class Discard:
    batch: Batch
    condition: str
    outcome: Outcome | None = None  # of the last invocation, if the function answered
    windowed: Windowed | None = None  # what the function was, or would have been, told about the window


Outcome = Succeeded | FailedAt | Failed | TooLarge | Throttled
Step = Commit | Redeliver | Discard


def settle(batch: Batch, outcome: Outcome, policy: RetryPolicy) -> list[Step]:
    """The steps to take, in shard order, now that `batch` has come to `outcome`."""
    match outcome:
        case Succeeded():
            return [Commit(batch)]
        case Throttled():
            return [Redeliver(batch)]
        case FailedAt(sequence_number=number):
            return _from_failed_record(batch, batch.index(number), outcome, policy)
        case Failed(function_error=None) if not rulings.INVALID_RESPONSE_IS_BISECTED:
            return [_retry(batch, outcome, policy)]
        case _:
            return _halve_or_retry(batch, outcome, policy)


def _from_failed_record(batch: Batch, at: int | None, outcome: Outcome, policy: RetryPolicy) -> list[Step]:
    if at is None:  # an identifier that is not in the batch fails all of it
        return _halve_or_retry(batch, outcome, policy)
    if at > 0:
        done, rest = batch.split(at)
        return [Commit(done), Redeliver(rest)]
    if rulings.FIRST_RECORD_FAILED_IS_BISECTED:
        return _halve_or_retry(batch, outcome, policy)
    return [_retry(batch, outcome, policy)]


def _halve_or_retry(batch: Batch, outcome: Outcome, policy: RetryPolicy) -> list[Step]:
    if not policy.bisect or len(batch.entries) < 2:
        return [_retry(batch, outcome, policy)]
    first, second = batch.split(max(1, int(len(batch.entries) * rulings.BISECT_LEFT_SHARE)))
    return [Redeliver(first), Redeliver(second)]  # a split costs no retry


def _retry(batch: Batch, outcome: Outcome, policy: RetryPolicy) -> Step:
    if policy.attempts != FOREVER and batch.retries >= policy.attempts:
        return Discard(batch, EXHAUSTED, None if isinstance(outcome, TooLarge) else outcome)
    return Redeliver(replace(batch, retries=batch.retries + 1))


def seconds_before_retry(setbacks: int) -> float:
    """How long an unchanged batch waits after it failed this many times in a row: 1, 2, 4, ... 60."""
    exponent = min(setbacks - 1, 32)  # far beyond the cap; keeps the power small
    return min(rulings.FIRST_RETRY_SECONDS * rulings.RETRY_FACTOR**exponent, rulings.LONGEST_RETRY_SECONDS)
