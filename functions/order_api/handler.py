"""Take orders and show them: one conditional put, or one read, and an answer; the stream does the work.

Whatever is sent, the answer is JSON with a correlation id: the caller's, else the order's, else a new one. What a
caller did wrong is 4xx, a table that does not answer in time 503 with Retry-After, and only a mistake of ours 500.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools.logging import Logger

from domain.order import Order, placed
from order_api import answer, request
from order_api.answer import Answer
from order_api.request import Place, Show
from order_api.settings import Settings
from order_api.standing import Standing
from order_api.store import OrderStore, Unreached
from streamkit import clients, metrics, settings
from streamkit.invocation import Context, seconds_for_calls
from streamkit.logs import log, one_line
from streamkit.throttle import SecondsLeft

# A caller waits: it had better ask again than be kept for the whole of the function's time.
PATIENCE_SECONDS = 2.0


def now() -> datetime:
    return datetime.now(UTC)


def new_name() -> str:
    """128 random bits, in the form that a key's digest has."""
    return secrets.token_hex(16)


@dataclass(frozen=True, slots=True)
class Api:
    """What an answer takes beside the event: the table, the time, and names for what has none."""

    store: OrderStore
    log: Logger
    clock: Callable[[], datetime] = now
    make_name: Callable[[], str] = new_name


def handle(event: dict[str, Any], context: Context) -> dict[str, Any]:
    return respond(event, context, Api(store(), log()))


def respond(event: dict[str, Any], context: Context, api: Api) -> dict[str, Any]:
    """The answer to one request; it never raises, for API Gateway would answer in words of its own."""
    event = event if isinstance(event, dict) else {}
    given = request.correlation_id(event)
    correlation_id = given or api.make_name()
    try:
        with one_line(api.log, context) as facts:
            facts["correlation_id"] = correlation_id
            found = decided(event, correlation_id, patience(context), api)
            if given is None and found.order is not None:
                correlation_id = found.order.correlation_id
            tell(facts, event, found, correlation_id)
    except Exception:  # the process's edge: the log has all of it, the caller nothing
        api.log.exception("request_failed", extra={"correlation_id": correlation_id})
        metrics.count(RequestsFailed=1)
        found = answer.failed()
    return found.payload(correlation_id)


def decided(event: dict[str, Any], correlation_id: str, patience: SecondsLeft, api: Api) -> Answer:
    """What the request asks for, done."""
    match request.asked(event):
        case Place() as place:
            order = placed(place.new, place.order_id or api.make_name(), api.clock(), correlation_id, place.placed_by)
            return of_put(order, place.location(order.id), api.store.place(order, patience))
        case Show() as show:
            return of_read(api.store.find(show.order_id, patience), show.asked_by)
        case refused:
            return refused


def of_put(order: Order, location: str, outcome: Standing | Unreached) -> Answer:
    """The answer to a put. An order that stands as it was sent is accepted, however often that was."""
    match outcome:
        case Standing(marks) if marks.request_hash == order.request_hash:
            # Moment and correlation id tell this request's own put, found again after a lost answer, from a repeat.
            own = (marks.placed_at, marks.correlation_id) == (order.placed_at, order.correlation_id)
            return answer.accepted(marks, location, is_repeat=not own)
        case Standing():
            return answer.key_reused()
        case Unreached(refusal, is_conflict=True):
            return answer.being_written(refusal)
        case Unreached(refusal, is_refused=True):
            return answer.unavailable(refusal)
        case Unreached(refusal):
            return answer.undecided(location, refusal)


def of_read(outcome: Standing | Unreached | None, asked_by: str | None) -> Answer:
    """The answer to a read. An order placed with a token is shown to the subject of that token alone."""
    match outcome:
        case Unreached(refusal):
            return answer.unavailable(refusal)
        case Standing(marks) as order if marks.placed_by in (None, asked_by):
            return answer.shown(order)
    return request.no_such_order()


def patience(context: Context) -> SecondsLeft:
    """How long calls may begin anew: not beyond a caller's patience, nor beyond the invocation."""
    began = context.get_remaining_time_in_millis() / 1000
    for_calls = seconds_for_calls(context)
    return lambda: min(for_calls(), PATIENCE_SECONDS - (began - context.get_remaining_time_in_millis() / 1000))


def tell(facts: dict[str, Any], event: Mapping[str, Any], found: Answer, correlation_id: str) -> None:
    """Note what the log's line says of the request, none of it the caller's words, and count it."""
    facts |= {
        "route": event.get("routeKey"),
        "status": found.status,
        "code": found.code,
        "outcome": found.metric,
        "refusal": found.refusal,
        "correlation_id": correlation_id,
    }
    if found.order is not None:
        facts |= {"order_id": found.order.id, "order_status": found.order.status, "version": found.order.version}
    if found.metric is not None:
        metrics.count(**{found.metric: 1})


@cache
def store() -> OrderStore:
    return OrderStore(_settings().orders_table, clients.dynamodb())


@cache
def _settings() -> Settings:
    return settings.read(Settings, os.environ)
