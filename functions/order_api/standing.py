"""An order as the API finds it in the table: what the API itself goes by, and what it shows of it.

What it only shows it need not understand. A status that a newer deployment made is shown as it stands, and a repeat of
the request that placed the order is answered as ever; attributes that no order is known to have stay with the table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from domain.order import CorrelationId, Moment, Name, Order, UnreadableOrderError, Version
from domain.reading import shown

# Kept from callers: what is there for the table and for us.
PRIVATE = {"requestHash", "placedBy", "expiresAt"}
PUBLIC = [name for name in (field.encode_name for field in msgspec.structs.fields(Order)) if name not in PRIVATE]


class Marks(msgspec.Struct, frozen=True, rename="camel"):
    """What of an order the API goes by."""

    id: Name
    status: Name
    version: Version
    placed_at: Moment
    correlation_id: CorrelationId
    request_hash: str | None = None
    placed_by: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """The order that stands in the table under an id: the one just put, or the one that was there before."""

    marks: Marks
    public: dict[str, Any]


def standing(image: dict[str, Any]) -> Standing:
    """The order in an item's plain Python values."""
    try:
        marks = msgspec.convert(image, Marks)
    except msgspec.ValidationError as error:
        raise UnreadableOrderError(f"order {shown(image.get('id'))} must have what the API goes by; {error}") from error
    return Standing(marks, {name: image[name] for name in PUBLIC if name in image})
