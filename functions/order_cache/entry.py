"""What the cache holds of an order: its image, with its version in it; of one that is removed, that it is.

order:o-1    {"id": "o-1", "version": 5, "status": "SHIPPED", ...}
order:o-2    {"id": "o-2", "version": 6, "removed": true}      for a while, so that no late change brings it back
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from domain.order_event import version_of

_encode = msgspec.json.Encoder(decimal_format="number", order="deterministic").encode


@dataclass(frozen=True, slots=True)
class Entry:
    """One version of an order, to be kept unless a later one is there."""

    key: str
    version: int
    content: bytes
    removed: bool = False


def entry(order_id: str, image: dict[str, Any]) -> Entry:
    return Entry(_key(order_id), version_of(image), _encode(image))


def removal(order_id: str, version: int) -> Entry:
    return Entry(_key(order_id), version, _encode({"id": order_id, "version": version, "removed": True}), removed=True)


def _key(order_id: str) -> str:
    return f"order:{order_id}"
