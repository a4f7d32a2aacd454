"""What surrounds a mapping in a simulation: its function, how long that takes, and the stream's own facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local.engine.function import NEVER, Answer, Context, Handler, call
from local.engine.shard import HashRange

Seconds = float | Callable[[dict[str, Any]], float]


@dataclass(frozen=True, slots=True)
class Setting:
    function: Handler
    invocation_seconds: Seconds
    function_timeout: float | None
    role: str
    view_type: str
    retention_seconds: float | None
    hash_ranges: Mapping[str, HashRange]

    def run(self, event: dict[str, Any], request_id: str, arn: str) -> tuple[Answer, float]:
        """The answer, and how long it took."""
        seconds = self.invocation_seconds
        taken = float(seconds(event)) if callable(seconds) else float(seconds)
        if not taken >= 0:
            raise ValueError(f"invocation_seconds must be 0 or more; got {taken:g}")
        limit = self.function_timeout
        answer = call(self.function, event, Context(request_id, arn, NEVER if limit is None else limit))
        if limit is not None and taken > limit:
            return Answer(error=f"Task timed out after {limit:.2f} seconds"), limit
        return answer, taken
