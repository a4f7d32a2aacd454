"""Fold a window's trips into its state; when the window closes, count them in their totals, exactly once.

{"state": {...}}   the window goes on with this
{"state": {}}      its final call: everything in it is counted
raises             nothing may be acknowledged: Lambda repeats the call with the same state

    call 1  state {}        read what totals are of, and the mark; pass over what is settled, fold
    call 2  state           fold
    call 3  state, full     count the state, then fold into what is left: nothing
    final   state           count it
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from aws_lambda_powertools.logging import Logger

from streamkit import clients, settings
from streamkit.invocation import Context, seconds_for_calls
from streamkit.logs import log, one_line
from streamkit.quarantine import Quarantine
from streamkit.throttle import SecondsLeft
from window_aggregator.calls import WindowCall, window_call
from window_aggregator.coverage import Span
from window_aggregator.delivery import Delivery, delivery
from window_aggregator.folding import Rules
from window_aggregator.items import Meaning
from window_aggregator.parts import Closing
from window_aggregator.settings import Settings, Time
from window_aggregator.state import Folded, State, state_of
from window_aggregator.store import TotalsStore
from window_aggregator.table import TotalsTable
from window_aggregator.telling import Told, final_failure_told

CONSUMER = "window_aggregator"


class NothingKeptError(RuntimeError):
    """Unusable or late records could not be kept, so nothing of the batch may be acknowledged."""


@dataclass(frozen=True, slots=True)
class Aggregator:
    """What it takes to fold and to count."""

    time: Time
    bucket_seconds: int | None
    rules: Rules
    store: TotalsStore
    quarantine: Quarantine
    log: Logger


def handle(event: dict[str, Any], context: Context) -> dict[str, Any]:
    return aggregate(event, context, aggregator())


def aggregate(event: dict[str, Any], context: Context, to: Aggregator) -> dict[str, Any]:
    """The window's next state, in which every record of `event` is; `{}` once all of it is counted."""
    with one_line(to.log, context) as facts:
        call = window_call(event)
        with final_failure_told(call):
            return _answer(event, call, seconds_for_calls(context), to, facts)


def _answer(
    event: dict[str, Any], call: WindowCall, seconds_left: SecondsLeft, to: Aggregator, facts: dict[str, Any]
) -> dict[str, Any]:
    delivered = delivery(event, call.shard_id)
    told = Told(facts, call, delivered, to.store.table.tally)
    state = _begun(call, delivered, to, seconds_left)
    if state.is_full:
        _count(state, call, to, seconds_left)
        state = state.rest()
    if call.redrive:
        # One by one: each stretch is a span of its own, so that spans of redriven records have no holes.
        for stretch in state.new(delivered):
            _count(_kept(state.folded(delivered, [stretch], to.rules), told, to, seconds_left), call, to, seconds_left)
        return told.answer({}, to.store.clock())
    state = _kept(state.folded(delivered, state.new(delivered), to.rules), told, to, seconds_left)
    if not call.is_final_invoke_for_window:
        return told.answer(state.text(), to.store.clock())
    _count(state, call, to, seconds_left)
    return told.answer({}, to.store.clock())


def _begun(call: WindowCall, delivered: Delivery, to: Aggregator, seconds_left: SecondsLeft) -> State:
    """The state that the call brings; at a window's first call one that passes over what is settled."""
    if call.state:
        return state_of(call.state)
    fresh = State(to.time, to.bucket_seconds or call.window.seconds)
    if not delivered.numbers:
        return fresh
    to.store.agree(Meaning(fresh.time, fresh.bucket_seconds), seconds_left)
    if call.redrive:
        positions = sorted(delivered.positions())
        return replace(fresh, passed=to.store.counted(call.shard_id, positions[0], positions[-1], seconds_left))
    mark, beyond = to.store.settled(call.shard_id, seconds_left)
    return replace(fresh, after=mark, passed=beyond)


def _kept(folded: Folded, told: Told, to: Aggregator, seconds_left: SecondsLeft) -> State:
    """The state, once all that is not in it is kept elsewhere."""
    unkept = [
        *to.quarantine.keep(folded.rejected, seconds_left).left,
        *to.store.keep(folded.late, seconds_left).left,
    ]
    if unkept:
        raise NothingKeptError(
            f"unusable and late records must be kept before they are acknowledged; {len(unkept)} could not be in time; "
            "Lambda repeats the batch, look at the throttles of the quarantine queue and of the totals table"
        )
    told.folded(folded, to.log)
    return folded.state


def _count(state: State, call: WindowCall, to: Aggregator, seconds_left: SecondsLeft) -> None:
    if state.runs:
        span = Span(state.runs, call.redrive)
        closing = Closing(call.shard_id, call.window.start, call.window.end, state.bucket_seconds, span, state.cells)
        to.store.close(closing, seconds_left)


@cache
def aggregator() -> Aggregator:
    given = settings.read(Settings, os.environ)
    return Aggregator(
        given.time,
        given.bucket_seconds,
        Rules(given.allowed_lateness_seconds, given.allowed_ahead_seconds),
        TotalsStore(TotalsTable(given.totals_table, clients.dynamodb()), given.total_slots, given.part_days),
        Quarantine(CONSUMER, given.quarantine_queue_url, given.failures_bucket, clients.sqs(), clients.s3),
        log(),
    )
