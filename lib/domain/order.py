"""An order: what a customer may send, what the orders table keeps, and what may follow what.

    PLACED ──> VALIDATED ──> PAID ──> RESERVED ──> SHIPPED
       └───────────┴──────────┴───────────┴──────> REJECTED

`parse` never raises: a body is a `NewOrder`, or a `Refusal` with the field, the rule and the value. Integers are
written as integers, a name occurs once in its object, and names that mean nothing here are passed over.

Moments are text in UTC with milliseconds and Z: as text they sort as in time.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from domain.reading import Refusal, read, refusal, shown

MOST_LINES = 50
MOST_UNITS = 1000
MOST_CENTS = 10**9

# Safe in keys, URLs, file names, logs and headers. Without #, so that no sku can be read as another kind of key.
NAME = r"[A-Za-z0-9._:@|-]{1,128}"
NAME_RULE = "1 to 128 letters, digits or any of . _ : @ | -"
MOMENT = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z"
CORRELATION_ID = r"[A-Za-z0-9._:@|=+/-]{1,128}"

Name = Annotated[str, Meta(pattern=rf"\A{NAME}\Z")]
CorrelationId = Annotated[str, Meta(pattern=rf"\A{CORRELATION_ID}\Z")]
Moment = Annotated[str, Meta(pattern=rf"\A{MOMENT}\Z")]
Version = Annotated[int, Meta(ge=1)]


class Status(StrEnum):
    """Where an order stands; every status but the last two has a step of the pipeline before it."""

    PLACED = "PLACED"
    VALIDATED = "VALIDATED"
    PAID = "PAID"
    RESERVED = "RESERVED"
    SHIPPED = "SHIPPED"
    REJECTED = "REJECTED"


FOLLOWS: dict[Status, frozenset[Status]] = {
    Status.PLACED: frozenset({Status.VALIDATED, Status.REJECTED}),
    Status.VALIDATED: frozenset({Status.PAID, Status.REJECTED}),
    Status.PAID: frozenset({Status.RESERVED, Status.REJECTED}),
    Status.RESERVED: frozenset({Status.SHIPPED, Status.REJECTED}),
    Status.SHIPPED: frozenset(),
    Status.REJECTED: frozenset(),
}


class Line(msgspec.Struct, frozen=True, rename="camel"):
    """So many units of one sku, at the price the customer saw."""

    sku: Name
    quantity: Annotated[int, Meta(ge=1, le=MOST_UNITS)]
    price_cents: Annotated[int, Meta(ge=0, le=MOST_CENTS)]


Lines = Annotated[tuple[Line, ...], Meta(min_length=1, max_length=MOST_LINES)]


class NewOrder(msgspec.Struct, frozen=True, rename="camel"):
    """What a customer sends; each sku occurs once."""

    customer_id: Name
    items: Lines


class Stage(msgspec.Struct, frozen=True, rename="camel"):
    """A status that an order came to, when, and by which of its versions."""

    status: Status
    at: Moment
    version: Version


class Receipt(msgspec.Struct, frozen=True, rename="camel"):
    """What the payment gateway or the carrier answered: its own id for the matter."""

    id: Annotated[str, Meta(min_length=1, max_length=256)]
    at: Moment


class Order(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """An order as the table keeps it; `version` counts every write to it, from 1."""

    id: Name
    status: Status
    version: Version
    customer_id: Name
    items: Lines
    total_cents: int
    placed_at: Moment
    updated_at: Moment
    history: Annotated[tuple[Stage, ...], Meta(min_length=1)]
    correlation_id: CorrelationId
    request_hash: str | None = None  # kept to the table: events carry the order without it
    placed_by: str | None = None  # the subject of the token it was placed with
    reason: str | None = None  # of a rejection
    payment: Receipt | None = None
    reserved_at: Moment | None = None
    shipment: Receipt | None = None
    compensated: bool | None = None
    expires_at: int | None = None  # seconds since 1970, as DynamoDB wants it


class UnreadableOrderError(ValueError):
    """An item of the orders table that is no order."""


class IllegalTransitionError(ValueError):
    """A status that cannot follow the one an order has."""


RULES = {
    "": "a JSON object with customerId and items",
    "customerId": NAME_RULE,
    "items": f"an array of 1 to {MOST_LINES} lines",
    "items[]": "an object with sku, quantity and priceCents",
    "items[].sku": NAME_RULE,
    "items[].quantity": f"an integer from 1 to {MOST_UNITS}",
    "items[].priceCents": f"an integer from 0 to {MOST_CENTS}",
}


def parse(body: str | bytes) -> NewOrder | Refusal:
    """The order in `body`, or why there is none."""
    sent = read(body)
    if isinstance(sent, Refusal):
        return sent
    try:
        order = msgspec.convert(sent, NewOrder)
    except msgspec.ValidationError as error:
        return refusal(sent, str(error), RULES)
    if (line := _repeated(order.items)) is not None:
        field = f"items[{line}].sku"
        return Refusal(f"{field} must differ from those before it; got {shown(order.items[line].sku)}", field)
    return order


def total_cents(lines: Iterable[Line]) -> int:
    """The sum of quantity times price: at most 5 x 10^13, which every JSON reader keeps exactly."""
    return sum(line.quantity * line.price_cents for line in lines)


def request_hash(new: NewOrder) -> str:
    """The same for bodies that say the same, however they are written."""
    return sha256(msgspec.json.encode(new)).hexdigest()


def placed(new: NewOrder, order_id: str, at: datetime, correlation_id: str, placed_by: str | None = None) -> Order:
    """The first version of an order."""
    now = moment(at)
    return Order(
        id=order_id,
        status=Status.PLACED,
        version=1,
        customer_id=new.customer_id,
        items=new.items,
        total_cents=total_cents(new.items),
        placed_at=now,
        updated_at=now,
        history=(Stage(Status.PLACED, now, 1),),
        correlation_id=correlation_id,
        request_hash=request_hash(new),
        placed_by=placed_by,
    )


def noted(order: Order, at: datetime, **facts: Any) -> Order:
    """The next version of the order, in the same status, with other `facts`."""
    return msgspec.structs.replace(order, version=order.version + 1, updated_at=moment(at), **facts)


def moved(order: Order, status: Status, at: datetime, **facts: Any) -> Order:
    """The next version of the order, in the next status."""
    if status not in FOLLOWS[order.status]:
        allowed = " or ".join(sorted(FOLLOWS[order.status])) or "nothing"
        raise IllegalTransitionError(
            f"{order.status} must be followed by {allowed}; got {status} for order {order.id} (version {order.version})"
        )
    stage = Stage(status, moment(at), order.version + 1)
    return noted(order, at, status=status, history=(*order.history, stage), **facts)


def image(order: Order) -> dict[str, Any]:
    """The order as an item in plain Python values; what it lacks is absent."""
    item: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(order))
    return item


def order_of(image: dict[str, Any]) -> Order:
    """The order in an item's plain Python values; other attributes are passed over."""
    try:
        order = msgspec.convert(image, Order)
    except msgspec.ValidationError as error:
        raise UnreadableOrderError(
            f"order {shown(image.get('id'))}: {refusal(image, str(error), RULES).reason}"
        ) from error
    if order.total_cents != total_cents(order.items):
        raise UnreadableOrderError(
            f"order {order.id}: totalCents must be the sum of its items, {total_cents(order.items)}; "
            f"got {order.total_cents}"
        )
    return order


def moment(at: datetime) -> str:
    """A moment as orders have it: 2026-11-21T00:05:00.000Z, milliseconds cut."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def _repeated(lines: tuple[Line, ...]) -> int | None:
    """The first line whose sku an earlier one has."""
    skus = [line.sku for line in lines]
    return next((number for number, sku in enumerate(skus) if sku in skus[:number]), None)
