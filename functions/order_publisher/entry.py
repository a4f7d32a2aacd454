"""A change of the orders table as an entry of the bus.

    MODIFY  before {version 2, PAID}  after {version 3, RESERVED}
    entry   {"orderId": ..., "version": 3, "status": "RESERVED", "previousStatus": "PAID", ...}

An entry that would be too large goes without its images, marked `trimmed`: who needs the order reads the table.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from domain.order_event import DETAIL_TYPE, SOURCE, WITHHELD, OrderEvent, told
from streamkit.changes import Change

# EventBridge takes ten entries and less than 256 KB at once, and an entry's envelope goes to the queues with it.
MOST_ENTRIES = 10
MOST_CALL_BYTES = 256 * 1024 - 1
ENVELOPE_BYTES = 4 * 1024
MOST_ENTRY_BYTES = MOST_CALL_BYTES - ENVELOPE_BYTES

# What AWS counts beside the texts: a time is 14 bytes. Ours have no resources.
TIME_BYTES = 14

# Of a trimmed entry: names of changed attributes, so many bytes of them.
MOST_NAMES_BYTES = 64 * 1024

_encode = msgspec.json.Encoder(decimal_format="number", order="deterministic").encode


class UnpublishableChangeError(RuntimeError):
    """A change that can never go to the bus; it goes to the failures bucket."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One change on its way to the bus."""

    change: Change
    detail: str
    trimmed: bool

    @property
    def bytes(self) -> int:
        """The size as AWS counts it."""
        return len(SOURCE) + len(DETAIL_TYPE) + len(self.detail.encode()) + TIME_BYTES


def entry(change: Change) -> Entry:
    """The entry for `change`."""
    event = _event(change)
    whole = Entry(change, _encode(event).decode(), trimmed=False)
    if whole.bytes <= MOST_ENTRY_BYTES:
        return whole
    trimmed = msgspec.structs.replace(
        event, before=None, after=None, changed=list(_fitting(event.changed)), trimmed=True
    )
    return Entry(change, _encode(trimmed).decode(), trimmed=True)


def calls(entries: list[Entry]) -> Iterator[list[Entry]]:
    """The entries in as few calls as EventBridge allows, in order."""
    call: list[Entry] = []
    size = 0
    for one in entries:
        if len(call) == MOST_ENTRIES or (call and size + one.bytes > MOST_CALL_BYTES):
            yield call
            call, size = [], 0
        call.append(one)
        size += one.bytes
    if call:
        yield call


def _event(change: Change) -> OrderEvent:
    last = change.after if change.after is not None else change.before or {}
    detail = {
        "orderId": last.get("id"),
        # A removal is a change as well: it comes after the last version there was.
        "version": _integer(last.get("version")) + (change.event_name == "REMOVE"),
        "status": last.get("status"),
        "previousStatus": (change.before or {}).get("status"),
        "change": change.event_name,
        "expired": change.expired,
        "changed": [name for name in change.changed if name not in WITHHELD],
        "before": None if change.before is None else told(change.before),
        "after": None if change.after is None else told(change.after),
        "sequenceNumber": change.sequence_number,
        "at": change.created_at,
        "correlationId": last.get("correlationId"),
    }
    try:
        return msgspec.convert(detail, OrderEvent)
    except msgspec.ValidationError as error:
        raise UnpublishableChangeError(
            f"a change must be of an order with id, version and status; {error}; got the change "
            f"{change.sequence_number} of {change.keys!r}; whoever wrote that item, orders are written by domain.order"
        ) from error


def _integer(version: object) -> int:
    """The version where it is one; else 0, which no event may have."""
    return version if isinstance(version, int) and not isinstance(version, bool) else 0


def _fitting(names: list[str]) -> Iterator[str]:
    """The first names, as many as a trimmed entry bears."""
    left = MOST_NAMES_BYTES
    for name in names:
        left -= len(_encode(name)) + 1
        if left < 0:
            return
        yield name
