"""The event a function receives, and its exact size before it exists."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from local.engine.entries import Entry, Stamp, compact
from local.engine.windows import EMPTY_STATE, Call, Window, Windowed

ENVELOPE_BYTES = len('{"Records":[]}')


def event(entries: Sequence[Entry], stamp: Stamp, windowed: Windowed | None) -> dict[str, Any]:
    """`{"Records": [...]}`, and for a windowed mapping what it must know of the window; new at every call."""
    records = [entry.as_event(stamp) for entry in entries]
    if windowed is None:
        return {"Records": records}
    return {
        "Records": records,
        "shardId": stamp.shard_id,
        "eventSourceARN": stamp.source.arn,
        "window": windowed.window.as_event(),
        "state": json.loads(windowed.state),
        "isFinalInvokeForWindow": windowed.is_final,
        "isWindowTerminatedEarly": windowed.is_early,
    }


def windowed_envelope_bytes(stamp: Stamp) -> int:
    """Bytes of a windowed event without records and state; they depend on nothing but the shard."""
    windowed = Windowed(Window(0, 1), EMPTY_STATE, Call.ORDINARY)
    return len(compact(event((), stamp, windowed)).encode()) - len(EMPTY_STATE)


def payload_bytes(entries: Sequence[Entry]) -> int:
    """Bytes of these records and the commas between them; -1 for none, who need one comma less."""
    return sum([entry.size for entry in entries]) + len(entries) - 1


def records_that_fit(entries: Sequence[Entry], most: int, room_bytes: int) -> int:
    """How many of the first `most` entries an event of this room takes; at least one, which may then be too large."""
    used = -1  # no comma before the first
    count = 0
    for entry in entries:
        used += entry.size + 1
        if count == most or (used > room_bytes and count):
            break
        count += 1
    return count
