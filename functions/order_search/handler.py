"""Write the changes of a batch to the index, in one call; what fails comes back to the queue.

indexed   the index has this version
deleted   the order is gone from it
late      it had this version or a later one
gone      the order was removed after this change; the event of that follows
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from typing import Any

from aws_lambda_powertools.logging import Logger

from domain.order_event import OrderEventError, order_event, told
from order_search.bulk import Action, Done, Refused, delete, index
from order_search.endpoint import endpoint
from order_search.settings import Settings
from order_search.sink import SearchSink, sender
from streamkit import clients, settings
from streamkit.current import CurrentItems
from streamkit.invocation import Context, seconds_for_calls
from streamkit.logs import log, one_line
from streamkit.messages import Message, one_by_one, readable
from streamkit.throttle import SecondsLeft


class DocumentRefusedError(ValueError):
    """OpenSearch takes this order in no way, however often it is asked."""


class NotIndexedError(RuntimeError):
    """OpenSearch did not take a change in time."""


UNUSABLE = (OrderEventError, DocumentRefusedError)


@dataclass(frozen=True, slots=True)
class Indexer:
    """What it takes to keep the index."""

    sink: SearchSink
    orders: CurrentItems
    log: Logger


def handle(event: dict[str, Any], context: Context) -> dict[str, Any]:
    return write(event, context, indexer())


def write(event: dict[str, Any], context: Context, to: Indexer) -> dict[str, Any]:
    """Every change in `event` is in the index or older than what is there, or its message comes back."""
    with one_line(to.log, context) as facts:
        seconds_left = seconds_for_calls(context)
        actions, failures = readable(event, lambda message: action(message, to.orders, seconds_left), UNUSABLE)
        pending = list(dict.fromkeys(one for one in actions.values() if one is not None))
        found, placed = to.sink.write(pending, seconds_left)
        facts["retries"] = placed.retries

        def act(message: Message) -> str:
            if message.id in failures:
                raise failures[message.id]
            one = actions[message.id]
            if one is None:
                return "gone"
            match found.get(one):
                case Done(late):
                    return "late" if late else "deleted" if one.is_delete else "indexed"
                case Refused(reason, final=True):
                    raise DocumentRefusedError(f"order {one.order_id}, version {one.version}: {reason}")
                case Refused(reason):
                    raise NotIndexedError(f"OpenSearch refused for now: {reason}")
                case None:
                    raise NotIndexedError(f"OpenSearch did not answer in time: {placed.refusal}")

        return one_by_one(event, act, UNUSABLE, facts, to.log)


def action(message: Message, orders: CurrentItems, seconds_left: SecondsLeft) -> Action | None:
    """What the message's change does to the index; None if its order is gone by now."""
    event = order_event(message.body)
    if event.change == "REMOVE":
        return delete(event.order_id, event.version)
    image = orders.get(event.order_id, seconds_left) if event.trimmed else event.after
    return None if image is None else index(event.order_id, told(image))


@cache
def indexer() -> Indexer:
    given = settings.read(Settings, os.environ)
    return Indexer(
        SearchSink(given.search_index, sender(endpoint(given.search_url))),
        CurrentItems(given.orders_table, "id", clients.dynamodb),
        log(),
    )
