"""Count the effects of all changes of a batch, each once; what fails comes back to the queue.

counted     at least a part of its effect counts since now
repeated    it counted before
no_effect   a change that no figure is about
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from typing import Any

from aws_lambda_powertools.logging import Logger

from domain.order_event import OrderEventError, order_event
from order_analytics.effects import FactsError, Part, facts, kinds, parts, totals
from order_analytics.settings import Settings
from order_analytics.store import FiguresStore
from streamkit import clients, metrics, settings
from streamkit.current import CurrentItems
from streamkit.invocation import Context, seconds_for_calls
from streamkit.logs import log, one_line
from streamkit.messages import Message, one_by_one, readable
from streamkit.throttle import SecondsLeft

# No retry mends either.
UNUSABLE = (OrderEventError, FactsError)

METRICS = {
    "orders": "OrdersPlaced",
    "paidOrders": "OrdersPaid",
    "rejectedOrders": "OrdersRejected",
    "units": "UnitsSold",
    "revenueCents": "RevenueCents",
}


class NotCountedError(RuntimeError):
    """The figures table did not take an effect in time."""


@dataclass(frozen=True, slots=True)
class Analyst:
    """What it takes to count."""

    figures: FiguresStore
    orders: CurrentItems
    log: Logger


def handle(event: dict[str, Any], context: Context) -> dict[str, Any]:
    return analyse(event, context, analyst())


def analyse(event: dict[str, Any], context: Context, to: Analyst) -> dict[str, Any]:
    """Every effect in `event` counts once, or its message comes back."""
    with one_line(to.log, context) as noted:
        seconds_left = seconds_for_calls(context)
        effects, failures = readable(event, lambda message: effect(message, to.orders, seconds_left), UNUSABLE)
        # A message may come twice in one batch, and a transaction takes no item twice.
        pending = {part.marker: part for found in effects.values() for part in found}
        counted, placed = to.figures.count(list(pending.values()), seconds_left)
        now = {part.marker for part in counted.now}
        left = {part.marker for part in placed.left}
        noted |= {"effects": len(pending), "retries": placed.retries}
        if counted.now:
            metrics.count(**{METRICS[name]: value for name, value in totals(counted.now).items()})

        def act(message: Message) -> str:
            if message.id in failures:
                raise failures[message.id]
            markers = {part.marker for part in effects[message.id]}
            if markers & left:
                raise NotCountedError(f"the figures table refused: {placed.refusal or 'the time ran out'}")
            return "counted" if markers & now else "repeated" if markers else "no_effect"

        return one_by_one(event, act, UNUSABLE, noted, to.log)


def effect(message: Message, orders: CurrentItems, seconds_left: SecondsLeft) -> list[Part]:
    """The parts of what the message's change does to the figures; none if it does nothing."""
    event = order_event(message.body)
    what = kinds(event)
    if not what:
        return []
    image = orders.get(event.order_id, seconds_left) if event.trimmed else event.image
    if image is None:
        raise FactsError(
            f"order {event.order_id} was removed before its {' and '.join(what)} counted, and its event has no image"
        )
    found = facts(event.order_id, image)
    return [part for one in what for part in parts(event, one, found)]


@cache
def analyst() -> Analyst:
    given = settings.read(Settings, os.environ)
    return Analyst(
        FiguresStore(given.figures_table, clients.dynamodb(), given.marker_days),
        CurrentItems(given.orders_table, "id", clients.dynamodb),
        log(),
    )
