"""What an event asks for: orders to look at, each behind one record of the table's stream or one queued message.

A change only rings the bell: what is to be done, the order says as it stands when it is looked at. The change's version
tells a late or repeated change from the latest; a message has none, for it asks to look at whatever is there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from domain.order import CorrelationId, Name, Status
from streamkit.changes import Change, ChangeError, Item, changes


@dataclass(frozen=True, slots=True)
class Task:
    """An order to look at; `item_identifier` is what Lambda is told if that fails."""

    item_identifier: str
    order_id: str
    version: int | None = None
    correlation_id: str | None = None
    attempts: int = 0  # how often a message for the order has met with trouble
    is_fresh: bool = False  # of a change so young that its shard may wait a little for a partner

    def message(self) -> str:
        """The task as the retry queue carries it."""
        body: dict[str, Any] = {"orderId": self.order_id, "correlationId": self.correlation_id}
        return json.dumps(body | ({"attempts": self.attempts} if self.attempts else {}))

    def troubled(self) -> Task:
        return replace(self, attempts=self.attempts + 1)


# Lambda asks again after 1, 2 and 4 seconds: trouble that passes as fast costs no detour through the queue.
FRESH_SECONDS = 5.0


class _Waiting(msgspec.Struct, frozen=True, rename="camel"):
    """What `Task.message` wrote, or whoever brings an order back by hand."""

    order_id: Name
    correlation_id: CorrelationId | None = None
    attempts: Annotated[int, Meta(ge=0)] = 0


@dataclass(frozen=True, slots=True)
class Stray:
    """A message that names no order."""

    item_identifier: str
    reason: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event's tasks; `in_order` where they come from a stream, which Lambda delivers again from the first failed."""

    records: int
    in_order: bool
    tasks: list[Task]
    strays: list[Stray]
    removed: list[Change]  # orders deleted by hand before they were finished


def delivery(event: Mapping[str, Any], now: float) -> Delivery:
    """The tasks in `event`; of changes only those that a step may follow."""
    records = event.get("Records")
    first = records[0] if isinstance(records, list) and records else {}
    if isinstance(first, Mapping) and first.get("eventSource") == "aws:sqs":
        found = [_message(record) for record in event["Records"]]
        tasks = [one for one in found if isinstance(one, Task)]
        strays = [one for one in found if isinstance(one, Stray)]
        return Delivery(len(found), in_order=False, tasks=tasks, strays=strays, removed=[])
    delivered = changes(event)
    tasks = [_task(one, now) for one in delivered if one.after is not None and not _finished(one.after)]
    removed = [one for one in delivered if one.event_name == "REMOVE" and not _finished(one.before or {})]
    return Delivery(len(delivered), in_order=True, tasks=tasks, strays=[], removed=removed)


def _task(change: Change, now: float) -> Task:
    """The task of a change; an item that is no order is looked at as well, and told then."""
    after = change.after or {}
    version, correlation_id = after.get("version"), after.get("correlationId")
    return Task(
        change.sequence_number,
        _order_id(change.keys),
        version if isinstance(version, int) else None,
        correlation_id if isinstance(correlation_id, str) else None,
        is_fresh=now - change.created < FRESH_SECONDS,
    )


def _order_id(keys: Item) -> str:
    order_id = keys.get("id")
    if not isinstance(order_id, str):
        raise ChangeError(
            f"a change must have the key id, a string; got the keys {sorted(keys)}; map this function to the stream "
            "of the orders table"
        )
    return order_id


def _finished(image: Item) -> bool:
    """Whether no step follows, whatever else the item holds."""
    status = image.get("status")
    return status == Status.SHIPPED or (status == Status.REJECTED and image.get("compensated") is True)


def _message(record: Mapping[str, Any]) -> Task | Stray:
    try:
        found = msgspec.json.decode(record["body"], type=_Waiting)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        got = ascii(record["body"][:80])
        return Stray(record["messageId"], f"a message must be a JSON object with an orderId; got {got}: {error}")
    return Task(record["messageId"], found.order_id, None, found.correlation_id, found.attempts)
