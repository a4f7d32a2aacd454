"""Publish every change of the orders table to the bus, in order, and have Lambda deliver again from the first unsent.

all sent         {"batchItemFailures": []}
some sent        {"batchItemFailures": [{"itemIdentifier": <the first that is not>}]}
none sent        raises, and so does what no retry mends: a denial, a missing bus, a change that is no order's
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from aws_lambda_powertools.logging import Logger

from order_publisher.entry import Entry, UnpublishableChangeError, entry
from order_publisher.settings import Settings
from order_publisher.sink import BusSink, Sent
from streamkit import clients, metrics, settings
from streamkit.changes import Change, changes
from streamkit.invocation import Context, seconds_for_calls
from streamkit.logs import log, one_line


class NothingPublishedError(RuntimeError):
    """The bus took not one change of a batch; Lambda shall see a function error, and retry."""


def handle(event: dict[str, Any], context: Context) -> dict[str, Any]:
    return publish(event, context, sink(), log())


def publish(event: dict[str, Any], context: Context, sink: BusSink, log: Logger) -> dict[str, Any]:
    """Every change of `event` is on the bus, or comes back with all that follows it."""
    with one_line(log, context) as facts:
        delivered = changes(event)
        entries, poison = publishable(delivered)
        facts |= {"changes": len(delivered), "trimmed": sum(one.trimmed for one in entries)}

        sent = sink.send(entries, seconds_for_calls(context))
        facts |= {"sent": sent.count, "returned": len(delivered) - sent.count}
        facts |= {"retries": sent.retries, "refusal": sent.refusal, "unpublishable": str(poison) if poison else None}
        metrics.count(
            ChangesPublished=sent.count,
            ChangesTrimmed=sum(one.trimmed for one in entries[: sent.count]),
            ChangesReturned=len(delivered) - sent.count,
        )
        return answer(delivered, sent, poison)


def publishable(delivered: list[Change]) -> tuple[list[Entry], UnpublishableChangeError | None]:
    """The entries for the changes up to one that can have none, and what is wrong with that one."""
    entries: list[Entry] = []
    for change in delivered:
        try:
            entries.append(entry(change))
        except UnpublishableChangeError as error:
            return entries, error
    return entries, None


def answer(delivered: list[Change], sent: Sent, poison: UnpublishableChangeError | None) -> dict[str, Any]:
    """What Lambda is told. A change that cannot go raises once it is the first of its batch: bisecting isolates it."""
    if sent.count == len(delivered):
        return {"batchItemFailures": []}
    first = delivered[sent.count]
    if sent.count:
        return {"batchItemFailures": [{"itemIdentifier": first.sequence_number}]}
    if sent.final:
        raise UnpublishableChangeError(
            f"the bus must take every change; it refused {first.sequence_number} for good: {sent.refusal}; "
            "bisected down to it, the batch goes to the failures bucket"
        )
    if poison and not sent.refusal:
        raise poison
    raise NothingPublishedError(
        f"a batch must get on; got {len(delivered)} changes and sent none, the first at {first.sequence_number}: "
        f"{sent.refusal or 'the time ran out'}; Lambda tries it again, look at the throttles of the bus"
    )


@cache
def sink() -> BusSink:
    return BusSink(settings.read(Settings, os.environ).bus_name, clients.events())
