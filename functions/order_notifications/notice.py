"""What is told of an order that came to another status. Ids and the status: no names, no addresses, no prices.

e-mail, SMS    Order o-1 is REJECTED: sku tea is unknown
all others     {"noticeId": "o-1#2026-11-21T00:05:30.250Z/2", "orderId": "o-1", "status": "REJECTED", ...}

`noticeId` is the same when repeated, and another for an order that is placed under the same id once the first is gone.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from domain.order_event import OrderEvent, incarnation

LONGEST_SUBJECT = 100  # of SNS, in ASCII
LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Notice:
    """One message of the topic; subscriptions filter by its attributes."""

    incarnation: str
    version: int
    subject: str
    message: str
    attributes: dict[str, str]


def notice(event: OrderEvent, image: dict[str, Any] | None) -> Notice:
    """The notice of a transition; `image` is the order, None where it is gone."""
    order, which = image or {}, incarnation(event.order_id, image)
    told = {
        "noticeId": f"{which}/{event.version}",
        "orderId": event.order_id,
        "version": event.version,
        "status": event.status,
        "previousStatus": event.previous_status,
        "at": event.at,
        "customerId": order.get("customerId"),
        "correlationId": event.correlation_id,
        "reason": str(order["reason"])[:LONGEST_REASON] if "reason" in order else None,
    }
    told = {name: value for name, value in told.items() if value is not None}
    sentence = f"Order {event.order_id} is {event.status}"
    text = f"{sentence}: {told['reason']}" if "reason" in told else sentence
    return Notice(
        which,
        event.version,
        sentence[:LONGEST_SUBJECT],
        # One text for each kind of subscription; `default` is for all that are not named.
        json.dumps({"default": json.dumps(told), "email": text, "sms": text}),
        {
            name: str(told[name])
            for name in ("status", "orderId", "customerId", "correlationId")
            if told.get(name)  # SNS takes no empty attribute
        },
    )
