"""One call of a windowed mapping: all of its event but the records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from streamkit.instants import moment
from streamkit.records import EventError

REMEDY = "set tumbling_window_seconds in the function's source"


class Window(msgspec.Struct, frozen=True):
    start: str
    end: str

    @property
    def seconds(self) -> int:
        return int((moment(self.end) - moment(self.start)).total_seconds())


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
    if not isinstance(event, Mapping):
        raise EventError(f"event must be an object with the records of a window; got {event!r:.100}; {REMEDY}")
    try:
        call = msgspec.convert({name: value for name, value in event.items() if name != "Records"}, WindowCall)
    except msgspec.ValidationError as error:
        raise EventError(
            f"event must be that of a mapping with a tumbling window; got the keys {sorted(event)}: {error}; {REMEDY}"
        ) from error
    _check_window(call.window)
    if not call.shard_id or "#" in call.shard_id:
        raise EventError(f'shardId must be the name of a shard, without "#"; got {call.shard_id!r}; {REMEDY}')
    if call.redrive and (call.state or not call.is_final_invoke_for_window):
        raise EventError(
            "a redrive must be a final call with the state {}; got one "
            f"with {'a state' if call.state else 'the state {}'} and isFinalInvokeForWindow "
            f"{str(call.is_final_invoke_for_window).lower()}; nothing was counted: send a discarded final call again "
            "as it is, without redrive, and other records with an empty state"
        )
    if "/consumer/" in call.event_source:
        raise EventError(
            f"a window must be read by a shared reader; got {call.event_source}: through enhanced fan-out the user "
            "records of an aggregate share one sequence number and may come in two batches, the second of which "
            "would be taken for a repeat"
        )
    return call


def _check_window(window: Window) -> None:
    try:
        is_one = window.seconds >= 1
    except ValueError:
        is_one = False
    if not is_one:
        raise EventError(
            f"window must be a second or more from its start to its end, both in ISO-8601; got {window.start!r} to "
            f"{window.end!r}; {REMEDY}"
        )
