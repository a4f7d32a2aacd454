"""The event a function receives, and its exact size before it exists."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from local.engine.entries import Entry, Stamp, compact
from local.engine.windows import Turn

ENVELOPE_BYTES = len('{"Records":[]}')


def event(entries: Sequence[Entry], stamp: Stamp, turn: Turn | None) -> dict[str, Any]:
    """`{"Records": [...]}`, and for a windowed mapping what it must know of the window; new at every call."""
    records = [entry.as_event(stamp) for entry in entries]
    if turn is None:
        return {"Records": records}
    return {
        "Records": records,
        "shardId": stamp.shard_id,
        "eventSourceARN": stamp.source.arn,
        "window": turn.window.as_event(),
        "state": json.loads(turn.state),
        "isFinalInvokeForWindow": turn.is_final,
        "isWindowTerminatedEarly": turn.is_early,
    }


def envelope_bytes(stamp: Stamp, turn: Turn | None) -> int:
    """Bytes of an event without its records and the commas between them."""
    return ENVELOPE_BYTES if turn is None else len(compact(event((), stamp, turn)).encode())


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
