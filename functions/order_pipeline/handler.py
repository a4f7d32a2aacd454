"""Move orders on by one step each: those that changed, and those whose wait in the retry queue is over.

all settled       {"batchItemFailures": []}
trouble, no time  {"batchItemFailures": [...]}   of a stream the earliest record it befell
nobody's order    {"batchItemFailures": [...]}   of a queue each message that only a person can help
no delivery       raises, and so does what no retry mends: a denial, a missing table
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools.logging import Logger

from order_pipeline import settling
from order_pipeline.partners import BuiltIn, Carrier, Gateway, ParcelCarrier, Partner, PaymentGateway
from order_pipeline.settings import Settings
from order_pipeline.sink import RetryQueue
from order_pipeline.steps import Pipeline
from order_pipeline.store import OrderStore
from order_pipeline.tasks import delivery
from order_pipeline.telling import tell_delivery, tell_figures, tell_progress
from streamkit import clients, settings
from streamkit.breaker import Numbers
from streamkit.breaker_store import Breaker, Tally
from streamkit.https import address
from streamkit.invocation import Context, seconds_for_calls
from streamkit.logs import log, one_line
from streamkit.throttle import SecondsLeft


@dataclass(frozen=True, slots=True)
class Worker:
    """What it takes to settle a delivery."""

    pipeline: Pipeline
    retries: RetryQueue
    breakers: Tally
    log: Logger
    partner_seconds: float

    def seconds_for_steps(self, context: Context) -> SecondsLeft:
        """How long steps may begin: each leaves its partner time to answer, and the writes after it theirs."""
        seconds_left = seconds_for_calls(context, kept_calls=1)
        return lambda: seconds_left() - self.partner_seconds


def handle(event: dict[str, Any], context: Context) -> dict[str, Any]:
    return settle(event, context, worker())


def settle(event: dict[str, Any], context: Context, by: Worker) -> dict[str, Any]:
    """Every order of `event` has made its step, waits in the retry queue, or comes back through Lambda."""
    with one_line(by.log, context) as facts:
        delivered = delivery(event, by.pipeline.clock().timestamp())
        tell_delivery(by.log, facts, delivered)
        by.breakers.taken()  # what an invocation before this one did not live to tell is not this one's

        progress = settling.advanced(delivered, by.pipeline.advance, by.seconds_for_steps(context))
        tell_progress(by.log, facts, progress)

        deferrals = by.retries.deferrals(settling.to_wait(progress, delivered.in_order))
        sent = by.retries.send(deferrals, seconds_for_calls(context))
        returned = settling.to_return(progress, delivered.in_order) + [one.task for one in sent.left]

        tell_figures(facts, delivered, progress, len(deferrals) - len(sent.left), len(returned), by.breakers.taken())
        return settling.answer(delivered, returned)


@cache
def worker() -> Worker:
    given = settings.read(Settings, os.environ)
    tally = Tally()
    store = OrderStore(given.orders_table, given.stock_table, clients.dynamodb())
    pipeline = Pipeline(
        store, _gateway(given, tally), _carrier(given, tally), lambda: datetime.now(UTC), given.order_days
    )
    retries = RetryQueue(given.retry_queue_url, clients.sqs())
    return Worker(pipeline, retries, tally, log(), given.partner_seconds)


def _gateway(given: Settings, tally: Tally) -> Gateway:
    if given.payment_gateway_url is None:
        return BuiltIn()
    at = address("PAYMENT_GATEWAY_URL", given.payment_gateway_url)
    return PaymentGateway(Partner(at, given.partner_seconds, _breaker("payment", given, tally)))


def _carrier(given: Settings, tally: Tally) -> Carrier:
    if given.carrier_url is None:
        return BuiltIn()
    at = address("CARRIER_URL", given.carrier_url)
    return ParcelCarrier(Partner(at, given.partner_seconds, _breaker("carrier", given, tally)))


def _breaker(name: str, given: Settings, tally: Tally) -> Breaker:
    numbers = Numbers(
        given.breaker_failures,
        given.breaker_window_seconds,
        given.breaker_rest_seconds,
        given.breaker_longest_rest_seconds,
        # A probe's call, and the breaker's own reads and writes around it.
        lease_seconds=given.partner_seconds + 4 * clients.CALL_SECONDS,
    )
    return Breaker(name, given.breakers_table, clients.dynamodb(), numbers, given.breaker_cache_seconds, tally=tally)
