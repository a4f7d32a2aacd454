"""Which change of an order starts its fulfilment, and under which name: o-1@20261121T000530.250Z, placed then.

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
    """One execution. The same order has the same name, and by that no second one; placed again it has another."""

    name: str
    input: str


def start(event: OrderEvent) -> Start | None:
    """The execution that the change starts, if it does."""
    if not event.is_transition or event.status != Status.SHIPPED:
        return None
    told = {
        "orderId": event.order_id,
        "status": event.status,
        "version": event.version,
        "at": event.at,
        "correlationId": event.correlation_id,
    }
    return Start(name(event.incarnation), json.dumps(told))


def name(incarnation: str) -> str:
    """Which order it is as Step Functions takes a name, or the hash of that where the id is no part of a name."""
    order_id, _, placed_at = incarnation.partition("#")
    readable = f"{order_id}@{re.sub('[-:]', '', placed_at)}" if placed_at else order_id
    return readable if _NAME.fullmatch(readable) else sha256(incarnation.encode()).hexdigest()
