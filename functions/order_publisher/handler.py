"""Publish every change of the orders table to the bus, in order; Lambda delivers again from the first unsettled one.

all settled      {"batchItemFailures": []}
some settled     {"batchItemFailures": [{"itemIdentifier": <the first that is not>}]}
none settled     raises, and so does what no retry mends: a denial, of the call or of an entry, or a missing bus

A change that can never be an event, or that the bus refuses for what it holds, is kept in the failures bucket, and is
settled by that: no content blocks a shard.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from aws_lambda_powertools.logging import Logger

from order_publisher.forwarding import Progress, forward
from order_publisher.settings import Settings
from order_publisher.sink import BusSink
from order_publisher.unpublishable import Failures
from streamkit import clients, metrics, settings
from streamkit.changes import Change, changes
from streamkit.invocation import Context, seconds_for_calls
from streamkit.logs import log, one_line


class NothingPublishedError(RuntimeError):
    """Not one change of a batch could be settled; Lambda shall see a function error, and retry."""


def handle(event: dict[str, Any], context: Context) -> dict[str, Any]:
    return publish(event, context, sink(), failures(), log())


def publish(event: dict[str, Any], context: Context, sink: BusSink, failures: Failures, log: Logger) -> dict[str, Any]:
    """Every change of `event` is on the bus or among the failures, or comes back with all that follows it."""
    with one_line(log, context) as facts:
        delivered = changes(event)
        progress = forward(delivered, event["Records"], sink, failures, seconds_for_calls(context))
        tell(log, facts, delivered, progress)
        return answer(delivered, progress)


def tell(log: Logger, facts: dict[str, Any], delivered: list[Change], progress: Progress) -> None:
    """Note what came of the batch, count it, and name each change that could not be published."""
    for one in progress.unpublishable:
        told = {"sequence_number": one.sequence_number, "kept_at": one.key, "reason": one.reason}
        log.error("change_unpublishable", extra=told)
    counts = {
        "sent": len(progress.sent),
        "trimmed": sum(one.trimmed for one in progress.sent),
        "unpublishable": len(progress.unpublishable),
        "returned": len(delivered) - progress.settled,
    }
    facts |= {"changes": len(delivered), **counts, "retries": progress.retries, "refusal": progress.refusal}
    metrics.count(
        ChangesPublished=counts["sent"],
        ChangesTrimmed=counts["trimmed"],
        ChangesUnpublishable=counts["unpublishable"],
        ChangesReturned=counts["returned"],
    )


def answer(delivered: list[Change], progress: Progress) -> dict[str, Any]:
    """What Lambda is told."""
    if progress.settled == len(delivered):
        return {"batchItemFailures": []}
    first = delivered[progress.settled]
    if progress.settled:
        return {"batchItemFailures": [{"itemIdentifier": first.sequence_number}]}
    raise NothingPublishedError(
        f"a batch must get on; got {len(delivered)} changes and sent none, the first at {first.sequence_number}: "
        f"{progress.refusal or 'the time ran out'}; Lambda tries it again, look at the throttles of the bus"
    )


@cache
def sink() -> BusSink:
    return BusSink(_settings().bus_name, clients.events())


@cache
def failures() -> Failures:
    return Failures(_settings().failures_bucket, clients.s3)


@cache
def _settings() -> Settings:
    return settings.read(Settings, os.environ)
