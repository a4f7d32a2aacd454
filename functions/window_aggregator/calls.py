"""One call of a windowed mapping: all of its event but the records."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from streamkit.records import EventError


class Window(msgspec.Struct, frozen=True):
    start: str
    end: str

    @property
    def seconds(self) -> int:
        return int((datetime.fromisoformat(self.end) - datetime.fromisoformat(self.start)).total_seconds())


class WindowCall(msgspec.Struct, frozen=True, rename="camel"):
    """`redrive`: these records were discarded, and are sent again by hand with the state `{}` as a final call."""

    shard_id: str
    window: Window
    state: dict[str, Any]
    is_final_invoke_for_window: bool
    is_window_terminated_early: bool = False
    redrive: bool = False
    event_source: str = msgspec.field(default="", name="eventSourceARN")


def window_call(event: Mapping[str, Any]) -> WindowCall:
    """The call that `event` is; an error if it is none, or one whose records cannot be told apart."""
    try:
        call = msgspec.convert({name: value for name, value in event.items() if name != "Records"}, WindowCall)
    except msgspec.ValidationError as error:
        raise EventError(
            f"event must be that of a mapping with a tumbling window; got the keys {sorted(event)}: {error}; "
            "set tumbling_window_seconds in the function's source"
        ) from error
    if "/consumer/" in call.event_source:
        raise EventError(
            f"a window must be read by a shared reader; got {call.event_source}: through enhanced fan-out the user "
            "records of an aggregate share one sequence number and may come in two batches, the second of which "
            "would be taken for a repeat"
        )
    return call
