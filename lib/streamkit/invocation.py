"""The one invocation under way: its name, and the time it has left."""

from __future__ import annotations

from typing import Protocol

from streamkit.clients import CALL_SECONDS
from streamkit.throttle import SecondsLeft

# What it takes to log, count and answer once the last call is back.
ANSWER_SECONDS = 0.5


class Context(Protocol):
    """What we use of the context that Lambda hands to a handler."""

    @property
    def aws_request_id(self) -> str: ...

    def get_remaining_time_in_millis(self) -> int: ...


def seconds_for_calls(context: Context, kept_calls: int = 0) -> SecondsLeft:
    """How long calls may begin: the last may take its longest, with time for `kept_calls` more and the answer."""
    kept = ANSWER_SECONDS + (1 + kept_calls) * CALL_SECONDS
    return lambda: context.get_remaining_time_in_millis() / 1000 - kept
