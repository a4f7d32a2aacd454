"""Which change of an order starts its fulfilment, and under which name.

SHIPPED is final: what it starts never has to be undone. An order that is RESERVED may still be REJECTED.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from hashlib import sha256

from domain.order import Status
from domain.order_event import OrderEvent

# What Step Functions takes as a name and logs under it.
_NAME = re.compile(r"[A-Za-z0-9_.@-]{1,80}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Start:
    """One execution. The same order has the same name, and by that no second one."""

    name: str
    input: str


def start(event: OrderEvent) -> Start | None:
    """The execution that the change starts, if it does."""
    if not event.is_transition or event.status is not Status.SHIPPED:
        return None
    told = {
        "orderId": event.order_id,
        "status": event.status,
        "version": event.version,
        "at": event.at,
        "correlationId": event.correlation_id,
    }
    return Start(name(event.order_id), json.dumps(told))


def name(order_id: str) -> str:
    """The order's id, or its hash where the id is no name that Step Functions takes."""
    return order_id if _NAME.fullmatch(order_id) else sha256(order_id.encode()).hexdigest()
