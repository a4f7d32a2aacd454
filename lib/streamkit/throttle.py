"""Asking again what a service could not take, with full jitter, inside the time the invocation has left.

    round 1   [1 2 3][4 5 6][7 8 9]      5 is refused
              wait  random() x 0.05 s
    round 2   [5]                        refused
              wait  random() x 0.10 s    and so on, until all is placed or the next wait would not end in time

Waiting a random share of a doubling bound spreads the callers out; equal waits would bring them all back together.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import botocore.exceptions
from botocore.exceptions import ClientError, HTTPClientError

T = TypeVar("T")

SecondsLeft = Callable[[], float]
Send = Callable[[list[T]], list[T]]  # makes one call; returns what of it the service did not take
Calls = Callable[[list[T]], Iterable[list[T]]]  # cuts items into calls of a size the service takes

# Errors of a call that is_passing judges. Any other error, such as missing credentials, rises untouched.
CALL_ERRORS = (ClientError, HTTPClientError, botocore.exceptions.ConnectionError)

# One thing has several names: each protocol of SQS calls a throttled customer key by its own, Kinesis by a third.
THROTTLES = {
    "KMS.ThrottlingException",
    "KMSThrottlingException",
    "KmsThrottled",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
}

# Another request was at the same item; which of the two is to wait is not known beforehand.
CONFLICTS = {
    "ConditionalRequestConflict",
    "TransactionConflict",
    "TransactionConflictException",
    "TransactionInProgressException",
}

# Neither throttles nor 5xx by status, and still to be asked again: S3 waited for the body too long, or was busy.
INTERRUPTIONS = {"OperationAborted", "RequestTimeout", "RequestTimeoutException"}

# A transaction names its reasons without the word Exception.
PASSING_REASONS = {"None", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}


# Asked of DynamoDB: without it a successful answer to a write, or for no item, is empty, and so is rubbish.
PROOF: Any = {"ReturnConsumedCapacity": "TOTAL"}


@dataclass(frozen=True, slots=True)
class Backoff:
    """Full-jitter exponential waits: a random share of `first_seconds`, doubled each time up to `longest_seconds`."""

    first_seconds: float = 0.05
    longest_seconds: float = 3.0
    jitter: Callable[[], float] = random.random
    sleep: Callable[[float], None] = time.sleep

    def wait_seconds(self, retries: int) -> float:
        """How long to wait before retry number `retries`, counted from 0."""
        doubled: float = self.first_seconds * 2 ** min(retries, 30)
        return self.jitter() * min(self.longest_seconds, doubled)

    def attempts(self, seconds_left: SecondsLeft) -> Iterator[int]:
        """0 at once, then 1, 2, ... each after its wait, as long as the wait ends before the time does."""
        retries = 0
        yield retries
        while (wait := self.wait_seconds(retries)) < seconds_left():
            self.sleep(wait)
            retries += 1
            yield retries


class UnprovenError(RuntimeError):
    """An answer that does not say what was asked for, such as status 200 with rubbish for a body."""


@dataclass(frozen=True, slots=True)
class Placed(Generic[T]):
    """What came of `place`: the items that are `left`, the retries it took, and the last refusal."""

    left: list[T]
    retries: int
    refusal: str | None


def place(items: list[T], send: Send[T], calls: Calls[T], backoff: Backoff, seconds_left: SecondsLeft) -> Placed[T]:
    """Send `items`, cut into `calls`, until all are placed or the time has run out.

    An error that no repetition mends rises at once.
    """
    placed = Placed(items, 0, None)
    for retries in backoff.attempts(seconds_left):
        left, refusal = _round(placed.left, send, calls, seconds_left)
        placed = Placed(left, retries, refusal or placed.refusal)
        if not left:
            break
    return placed


def _round(items: list[T], send: Send[T], calls: Calls[T], seconds_left: SecondsLeft) -> tuple[list[T], str | None]:
    """What is still to place after every call was made once, and why."""
    unplaced: list[T] = []
    refusal: str | None = None
    stopped = False
    for number, call in enumerate(calls(items)):
        # The first call is always made: an invocation that is late from the start must still get on.
        if stopped or (number and seconds_left() <= 0):
            unplaced += call
            continue
        try:
            refused = send(call)
            refusal = "Unprocessed" if refused else refusal
        except (*CALL_ERRORS, UnprovenError) as error:
            if not is_passing(error):
                raise
            refused, refusal = call, error_name(error)
        unplaced += refused
        # Not one item taken: the service needs a pause now, and would refuse the other calls too.
        stopped = len(refused) == len(call)
    return unplaced, refusal


def persist(
    attempt: Callable[[], T],
    backoff: Backoff,
    seconds_left: SecondsLeft,
    passing: tuple[type[Exception], ...] = (UnprovenError,),
) -> T:
    """What `attempt` returns, once it is not refused for now; the last refusal rises when the time has run out.

    `passing`: what the service refuses for now beside the errors of AWS's calls.
    """
    refusals: tuple[type[Exception], ...] = (*CALL_ERRORS, *passing)
    refusal: Exception = UnprovenError("no attempt was made")
    for _ in backoff.attempts(seconds_left):
        try:
            return attempt()
        except refusals as error:
            if not is_passing(error):
                raise
            refusal = error
    raise refusal


def proof(answer: Mapping[str, Any], name: str) -> Any:
    """What the answer holds under `name`, without which nothing says that the call did what it should."""
    if name not in answer:
        raise UnprovenError(f"an answer must hold {name}; got one with {sorted(answer)}")
    return answer[name]


def is_passing(error: Exception) -> bool:
    """Whether the same call may succeed later: throttles, conflicts, faults of the service, broken connections."""
    if not isinstance(error, ClientError):
        return True
    status: Any = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if status >= 500 or status == 429:
        return True
    if reasons := cancellation_reasons(error):
        return all(reason in PASSING_REASONS for reason in reasons)
    return error_name(error) in THROTTLES | CONFLICTS | INTERRUPTIONS


def cancellation_reasons(error: Exception) -> list[str]:
    """Why DynamoDB cancelled a transaction: one code for each of its actions, "None" for those without fault."""
    if not isinstance(error, ClientError) or error_name(error) != "TransactionCanceledException":
        return []
    response: Any = error.response
    return [reason.get("Code", "None") for reason in response.get("CancellationReasons", [])]


def error_name(error: Exception) -> str:
    """The name AWS gives an error, where it is AWS that raised it; else its class."""
    if isinstance(error, ClientError):
        return error.response.get("Error", {}).get("Code") or type(error).__name__
    return type(error).__name__
