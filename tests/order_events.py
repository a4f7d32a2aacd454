"""Orders as they live: histories, the changes their table's stream tells, and the messages that subscribers get."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.order import Line, NewOrder, Order, Status, image, moved, noted, placed
from order_publisher.entry import entry
from streamkit.changes import change
from tests.changes import change_event, change_record

PLACED_AT = datetime(2026, 11, 21, 0, 5, 30, 250_000, tzinfo=UTC)
LINES = (Line("mug", 2, 750), Line("tea", 1, 1250))
TOTAL = 2750

# Where a removal comes last there is no order any more.
History = Sequence[Order | None]


def an_order(order_id: str = "o-1", lines: tuple[Line, ...] = LINES, at: datetime = PLACED_AT) -> Order:
    return placed(NewOrder("c-1", lines), order_id, at, f"correlation-{order_id}")


def lived(order: Order, *statuses: Status) -> list[Order]:
    """The order's versions, as it comes to one status after the other, a second apart."""
    versions = [order]
    for seconds, status in enumerate(statuses, 1):
        facts = {"reason": "sku tea is unknown"} if status is Status.REJECTED else {}
        versions.append(moved(versions[-1], status, PLACED_AT + timedelta(seconds=seconds), **facts))
    return versions


def shipped(order_id: str = "o-1", **given: Any) -> list[Order]:
    return lived(an_order(order_id, **given), Status.VALIDATED, Status.PAID, Status.RESERVED, Status.SHIPPED)


def rejected(order_id: str = "o-1", *before: Status, **given: Any) -> list[Order]:
    """One that is rejected, and compensated by the write after that."""
    versions = lived(an_order(order_id, **given), *before, Status.REJECTED)
    return [*versions, noted(versions[-1], PLACED_AT + timedelta(minutes=1), compensated=True)]


def placed_again(order_id: str = "o-1") -> list[Order]:
    """Another order under the id of one that is gone, a week later."""
    return shipped(order_id, at=PLACED_AT + timedelta(days=7))


def records(history: History, first: int = 1) -> list[dict[str, Any]]:
    """The stream's record of each change."""
    found = []
    befores: list[Order | None] = [None, *history]
    for number, (before, after) in enumerate(zip(befores, history, strict=False), first):
        name = "INSERT" if before is None else "REMOVE" if after is None else "MODIFY"
        images = [None if one is None else image(one) for one in (before, after)]
        found.append(change_record(name, *images, sequence_number=number, expired=after is None))
    return found


def stream_event(history: History) -> dict[str, Any]:
    return change_event(*records(history))


def detail(record: dict[str, Any]) -> dict[str, Any]:
    """What the publisher makes of a change."""
    read: dict[str, Any] = json.loads(entry(change(record)).detail)
    return read


def details(history: History, first: int = 1) -> list[dict[str, Any]]:
    return [detail(record) for record in records(history, first)]


def trimmed(one: dict[str, Any]) -> dict[str, Any]:
    """The detail as it would be, had it been too large."""
    return one | {"before": None, "after": None, "trimmed": True}


def body(one: dict[str, Any]) -> str:
    """A subscriber's message: what EventBridge puts around a detail."""
    return json.dumps(
        {
            "version": "0",
            "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
            "detail-type": "OrderChanged",
            "source": "sluice.orders",
            "account": "111111111111",
            "time": "2026-11-21T00:05:30Z",
            "region": "us-east-1",
            "resources": [],
            "detail": one,
        }
    )


def queue_event(bodies: Iterable[str]) -> dict[str, Any]:
    """The event of a queue's mapping; messages are named m-1, m-2, ..."""
    return {
        "Records": [
            {
                "messageId": f"m-{number}",
                "receiptHandle": "handle",
                "body": one,
                "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1763683500000"},
                "messageAttributes": {},
                "md5OfBody": "",
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:us-east-1:111111111111:orders",
                "awsRegion": "us-east-1",
            }
            for number, one in enumerate(bodies, 1)
        ]
    }


def delivery(*events: dict[str, Any]) -> dict[str, Any]:
    """The event of a queue whose messages carry these details."""
    return queue_event(map(body, events))
