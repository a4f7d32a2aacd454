"""A change of an order as the bus carries it: what the publisher writes, and what a subscriber reads.

{"orderId", "version", "status", "previousStatus", "change", "expired", "changed", "before", "after",
 "sequenceNumber", "at", "correlationId"}     and {"trimmed": true} where the images were too large to carry

The bus keeps no order and delivers more than once. `version` puts the changes of one order in theirs: it begins with 1,
grows by 1 with every change, and a removal has one as well.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from domain.order import MOMENT, Name

SOURCE = "sluice.orders"
DETAIL_TYPE = "OrderChanged"

Text = Annotated[str, Meta(min_length=1, max_length=2048)]
Image = dict[str, Any]


# The one compares two bodies of a caller, the other says by whose token an order may be read: the API's alone.
WITHHELD = frozenset({"requestHash", "placedBy"})


class OrderEventError(ValueError):
    """A message that is no change of an order; no retry mends it."""


class OrderEvent(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """One change of one order; the images lack what is the table's own business."""

    order_id: Name
    version: Annotated[int, Meta(ge=1)]
    status: Name  # after the change; of an order removed the one it had. One that is newer than we are goes on as it is
    previous_status: Name | None
    change: Literal["INSERT", "MODIFY", "REMOVE"]
    expired: bool
    changed: list[str]
    before: Image | None
    after: Image | None
    sequence_number: Text
    at: Text
    correlation_id: Text | None
    trimmed: bool = False

    @property
    def is_transition(self) -> bool:
        """Whether the order came to another status; many writes leave it where it is."""
        return self.change != "REMOVE" and self.status != self.previous_status

    @property
    def incarnation(self) -> str:
        """Which order of this id it is: once one is removed, another may be placed under its id.

        An event without images cannot tell; told again, it says the same.
        """
        return incarnation(self.order_id, self.image)

    @property
    def image(self) -> Image | None:
        """The order as the change left it, or as it was before it was removed."""
        return self.before if self.change == "REMOVE" else self.after


class _Envelope(msgspec.Struct, frozen=True):
    """What EventBridge puts around it; the body of a subscriber's message."""

    detail: OrderEvent


IMAGES = {"INSERT": (False, True), "MODIFY": (True, True), "REMOVE": (True, False)}

_MOMENT = re.compile(MOMENT)
_FIELD = re.compile(r"`\$\.?(?P<path>[^`]*)`$")

# Only the images hold numbers with fractions, and no order has one: should any have, it stays exact.
_decode = msgspec.json.Decoder(_Envelope, float_hook=Decimal).decode


def order_event(body: str) -> OrderEvent:
    """The change that a message's body carries; an error that names the field if it carries none."""
    try:
        event = _decode(body).detail
    except msgspec.ValidationError as error:
        found = _FIELD.search(str(error))
        name, complaint = found["path"] if found else "the body", str(error).partition(" - at")[0]
        raise OrderEventError(f"{name} must be as an order's event has it; {complaint}") from error
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise OrderEventError(
            f"the body must be an event of EventBridge in JSON; {error}; got {body[:80]!a}"
        ) from error
    if not event.trimmed and (event.before is not None, event.after is not None) != IMAGES[event.change]:
        raise OrderEventError(
            f"detail.before and detail.after must be the images of {event.change}; "
            f"got before {_there(event.before)} and after {_there(event.after)}"
        )
    return event


def told(image: Image) -> Image:
    """The image as others get to see it."""
    return {name: value for name, value in image.items() if name not in WITHHELD}


def incarnation(order_id: str, image: Image | None) -> str:
    """The id and the moment the order was placed, o-1#2026-11-21T00:05:30.250Z; the id alone where none says it."""
    placed_at = (image or {}).get("placedAt")
    return f"{order_id}#{placed_at}" if isinstance(placed_at, str) and _MOMENT.fullmatch(placed_at) else order_id


def version_of(image: Image) -> int:
    """The version that an image is of; who orders by versions can do nothing with one that has none."""
    version = image.get("version")
    if isinstance(version, int) and not isinstance(version, bool) and version >= 1:
        return version
    raise OrderEventError(f"an order must have a version from 1; got {version!r} for order {image.get('id')!r}")


def _there(image: Image | None) -> str:
    return "missing" if image is None else "given"
