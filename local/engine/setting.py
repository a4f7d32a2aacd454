"""What surrounds a mapping in a simulation: its function, how long that takes, and the stream's own facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from local.engine import rulings
from local.engine.aggregates import HIGHEST_HASH_KEY
from local.engine.entries import VIEWS
from local.engine.function import LONGEST_TIMEOUT_SECONDS, Answer, Context, Handler, call
from local.engine.moments import is_number, refuse_other_spans
from local.engine.refusals import shown
from local.engine.shard import HashRange

Seconds = float | Callable[[dict[str, Any]], float]
LONGEST_RETENTION_SECONDS = 31_536_000  # of a Kinesis stream: a year
LONGEST_CALL_SECONDS = 86_400  # what takes longer than a day was not meant in seconds; Lambda ends calls long before


@dataclass(frozen=True, slots=True)
class Setting:
    function: Handler
    invocation_seconds: Seconds
    function_timeout: float | None
    role: str
    view_type: str
    retention_seconds: float | None
    hash_ranges: Mapping[str, HashRange]

    def __post_init__(self) -> None:
        if not callable(self.function):
            raise TypeError(f"function must be a handler, called with event and context; got {shown(self.function)}")
        if not callable(self.invocation_seconds):
            _refuse_other_durations(self.invocation_seconds)
        if self.function_timeout is not None:
            refuse_other_spans("function_timeout", self.function_timeout, LONGEST_TIMEOUT_SECONDS)
        if self.retention_seconds is not None:
            refuse_other_spans("retention_seconds", self.retention_seconds, LONGEST_RETENTION_SECONDS)
        if not isinstance(self.view_type, str) or self.view_type not in VIEWS:
            raise ValueError(f"stream_view_type must be one of {', '.join(VIEWS)}; got {shown(self.view_type)}")
        _refuse_other_hash_ranges(self.hash_ranges)

    def call_seconds(self, most: float) -> float:
        """How long a call may take, as the function's timeout says; AWS takes none above `most` for a queue (Q6).

        A timeout that is not told is Lambda's default, or what every call takes.
        """
        if self.function_timeout is not None:
            return self.function_timeout
        every = 0.0 if callable(self.invocation_seconds) else self.invocation_seconds
        return min(max(rulings.DEFAULT_TIMEOUT_SECONDS, every), most)

    def run(self, event: dict[str, Any], request_id: str, arn: str, now: float) -> tuple[Answer, float]:
        """The answer, and how long it took."""
        seconds = self.invocation_seconds
        taken = seconds(deepcopy(event)) if callable(seconds) else seconds
        _refuse_other_durations(taken)
        limit = LONGEST_TIMEOUT_SECONDS if self.function_timeout is None else self.function_timeout
        answer = call(self.function, event, Context(request_id, arn, limit, now))
        if taken > limit:
            return Answer(error=f"Task timed out after {limit:.2f} seconds"), float(limit)
        return answer, float(taken)


def _refuse_other_durations(seconds: object) -> None:
    if not is_number(seconds) or not 0 <= seconds <= LONGEST_CALL_SECONDS:
        raise ValueError(
            f"invocation_seconds must be 0 or more and at most {LONGEST_CALL_SECONDS}, "
            f"or a function of the event that says so; got {shown(seconds)}"
        )


def _refuse_other_hash_ranges(ranges: object) -> None:
    if not isinstance(ranges, Mapping):
        raise TypeError(
            f"hash_ranges must say the first and last hash key of each shard, by its id; got {shown(ranges)}"
        )
    for shard_id, ends in ranges.items():
        is_pair = isinstance(ends, tuple | list) and len(ends) == 2 and all(type(end) is int for end in ends)
        if not is_pair or not 0 <= ends[0] <= ends[1] <= HIGHEST_HASH_KEY:
            raise ValueError(
                f"hash_ranges[{shown(shard_id)}] must be (first, last), whole numbers from 0 to 2**128 - 1; "
                f"got {shown(ends)}"
            )
