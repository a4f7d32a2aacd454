"""What a change of an order does to the figures.

    placed     orders +1
    paid       paidOrders +1     units +n    revenueCents +c
    rejected   rejectedOrders +1             and, if it was paid before:  units -n  revenueCents -c

An order that was paid when it was first written, as one brought in from elsewhere, is placed and paid at once.
Each is added to the minute, the hour and the day the order was placed in, for all orders and for each of its skus. What
an effect adds follows from its own change alone: they may come in any order. A sku's revenue is that of its own lines.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from domain.order import Lines, Moment, Status
from domain.order_event import OrderEvent

Kind = Literal["placed", "paid", "rejected"]
Cell = tuple[str, str]  # period, figure
Sums = Counter[str]  # attribute -> what is added to it

# Ten times what the largest order comes to: a sum of as many as there can be has not 38 digits, which DynamoDB bears.
MOST_CENTS = 5 * 10**14

ALL = "all"

# Who stands in one of these has paid.
PAID = frozenset({Status.PAID, Status.RESERVED, Status.SHIPPED})

# How much of a moment names its period: 2026-11-21T00:05:30.250Z
PERIODS = {"minute": (16, ":00Z"), "hour": (13, ":00:00Z"), "day": (10, "T00:00:00Z")}

# With its marker a part is one transaction, which takes 100 actions; an order of 50 skus has 153 cells.
MOST_CELLS = 99


class Facts(msgspec.Struct, frozen=True, rename="camel"):
    """What of an order counts; none of it ever changes."""

    placed_at: Moment
    items: Lines
    total_cents: Annotated[int, Meta(ge=0, le=MOST_CENTS)]


class FactsError(ValueError):
    """An order that cannot be counted."""


@dataclass(frozen=True, slots=True)
class Part:
    """As much of an effect as one transaction takes; `marker` stands once it counts."""

    marker: Cell
    cells: dict[Cell, Sums]


def kinds(event: OrderEvent) -> list[Kind]:
    """Which effects the change has, if any."""
    found: list[Kind] = []
    if event.change == "INSERT":
        found.append("placed")
    if event.is_transition and event.status in PAID and event.previous_status not in PAID:
        found.append("paid")
    if event.is_transition and event.status == Status.REJECTED:
        found.append("rejected")
    return found


def facts(order_id: str, image: dict[str, Any]) -> Facts:
    try:
        return msgspec.convert(image, Facts)
    except msgspec.ValidationError as error:
        raise FactsError(f"order {order_id} must have placedAt, items and totalCents; {error}") from error


def parts(event: OrderEvent, kind: Kind, facts: Facts) -> list[Part]:
    """The effect of the change, cut the same way however often it is told."""
    sign = _sign(event, kind)
    figures: dict[str, Sums] = {ALL: _sums(kind, sign, sum(line.quantity for line in facts.items), facts.total_cents)}
    for line in facts.items:
        one = _sums(kind, sign, line.quantity, line.quantity * line.price_cents)
        figures[f"sku#{line.sku}"] = one
    cells = [
        ((f"{name}#{facts.placed_at[:length]}{rest}", figure), sums)
        for figure, sums in figures.items()
        for name, (length, rest) in PERIODS.items()
    ]
    return [
        Part((f"order#{event.order_id}#{facts.placed_at}", f"{kind}/{number}"), dict(cells[start : start + MOST_CELLS]))
        for number, start in enumerate(range(0, len(cells), MOST_CELLS))
    ]


def totals(counted: list[Part]) -> Sums:
    """What the parts add to the figures of all orders, once and not for each length of period."""
    total: Sums = Counter()
    for part in counted:
        for (period, figure), sums in part.cells.items():
            if figure == ALL and period.startswith("minute#"):
                total.update(sums)
    return total


def _sign(event: OrderEvent, kind: Kind) -> int:
    if kind == "paid":
        return 1
    return -1 if kind == "rejected" and event.previous_status in PAID else 0


def _sums(kind: Kind, sign: int, units: int, cents: int) -> Sums:
    counted = {"placed": "orders", "paid": "paidOrders", "rejected": "rejectedOrders"}[kind]
    sums = {counted: 1, "units": sign * units, "revenueCents": sign * cents}
    return Counter({name: value for name, value in sums.items() if value})
