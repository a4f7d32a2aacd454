"""Keep the latest version of each order in the cache; what fails comes back to the queue.

kept      it is the latest there
late      this version or a later one was there
removed   the order is gone, and a change that comes late will find that out
gone      the order was removed after this change; the event of that follows
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from typing import Any

from aws_lambda_powertools.logging import Logger

from domain.order_event import OrderEventError, order_event, told
from order_cache.entry import entry, removal
from order_cache.settings import Settings
from order_cache.sink import CacheSink, client
from streamkit import clients, settings
from streamkit.current import CurrentItems
from streamkit.invocation import Context, seconds_for_calls
from streamkit.logs import log, one_line
from streamkit.messages import Message, one_by_one
from streamkit.throttle import SecondsLeft


@dataclass(frozen=True, slots=True)
class Keeper:
    """What it takes to keep the cache."""

    sink: CacheSink
    orders: CurrentItems
    log: Logger


def handle(event: dict[str, Any], context: Context) -> dict[str, Any]:
    return keep(event, context, keeper())


def keep(event: dict[str, Any], context: Context, to: Keeper) -> dict[str, Any]:
    """Every change in `event` is in the cache or older than what is there, or its message comes back."""
    seconds_left = seconds_for_calls(context)

    def act(message: Message) -> str:
        return settle(message, seconds_left, to)

    with one_line(to.log, context) as facts:
        return one_by_one(event, act, OrderEventError, facts, to.log, seconds_left)


def settle(message: Message, seconds_left: SecondsLeft, to: Keeper) -> str:
    """What became of one message."""
    event = order_event(message.body)
    if event.change == "REMOVE":
        return "removed" if to.sink.keep(removal(event.order_id, event.version), seconds_left) else "late"
    image = to.orders.get(event.order_id, seconds_left) if event.trimmed else event.after
    if image is None:
        return "gone"
    return "kept" if to.sink.keep(entry(event.order_id, told(image)), seconds_left) else "late"


@cache
def keeper() -> Keeper:
    given = settings.read(Settings, os.environ)
    return Keeper(
        CacheSink(client(given.cache_url), given.tombstone_seconds),
        CurrentItems(given.orders_table, "id", clients.dynamodb),
        log(),
    )
