"""A change of an order as the audit trail keeps it: one JSON line, the event as the bus carried it."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from domain.audit import key
from domain.order_event import OrderEvent

_encode = msgspec.json.Encoder(decimal_format="number", order="deterministic").encode


@dataclass(frozen=True, slots=True)
class Line:
    """What an object holds; the sequence number tells a repeat from another change under the same version."""

    key: str
    content: bytes
    sequence_number: str


def line(event: OrderEvent) -> Line:
    return Line(key(event.order_id, event.version), _encode(event) + b"\n", event.sequence_number)
