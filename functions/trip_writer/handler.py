"""Write the clean trips of a Kinesis batch, quarantine what is no trip, have Lambda deliver again what failed.

all settled      {"batchItemFailures": []}
some failed      {"batchItemFailures": [{"itemIdentifier": <the earliest record that failed>}]}
nothing settled  raises, and so does what no retry mends: a denial, a missing table
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from aws_lambda_powertools.logging import Logger

from streamkit import clients, metrics, settings
from streamkit.invocation import Context, seconds_for_calls
from streamkit.logs import log, one_line
from streamkit.quarantine import Quarantine, calls_for_one
from streamkit.quarantine_messages import Rejected
from streamkit.records import records
from trip_writer.batch import Settlement, batch_of, earliest
from trip_writer.settings import Settings
from trip_writer.store import TripStore

CONSUMER = "trip_writer"

MOST_RECORD_LINES = 20  # per invocation; the log need not name every unusable record, for quarantine holds them all


def handle(event: dict[str, Any], context: Context) -> dict[str, Any]:
    return settle(event, context, store(), quarantine(), log())


def settle(
    event: dict[str, Any], context: Context, store: TripStore, quarantine: Quarantine, log: Logger
) -> dict[str, Any]:
    """Every user record of `event` is written, quarantined, or comes back through Lambda's retries."""
    with one_line(log, context) as facts:
        batch = batch_of(records(event))
        facts |= {"records": len(batch.records), "unusable": len(batch.unusable)}

        # Puts leave quarantine the time to keep one record, even for the longest that calls may take.
        written = store.write(batch.puts, seconds_for_calls(context, kept_calls=calls_for_one(batch.unusable)))
        unwritten = [user_record for put in written.left for user_record in put.records]

        to_keep = batch.unusable_before(earliest(unwritten))
        kept = quarantine.keep(to_keep, seconds_for_calls(context))
        unkept = [rejected.record for rejected in kept.left]

        settlement = batch.settled(unwritten, quarantined=len(to_keep) - len(unkept), unkept=unkept)
        refusal = written.refusal or kept.refusal
        tell(log, facts, to_keep, settlement)
        facts |= {"retries": written.retries + kept.retries, "refusal": refusal}
        return settlement.answer(refusal)


def tell(log: Logger, facts: dict[str, Any], to_keep: list[Rejected], settlement: Settlement) -> None:
    """Note the invocation's figures in `facts` and in metrics; log the first unusable records one by one."""
    facts |= {
        "user_records": settlement.user_records,
        "written": settlement.written,
        "quarantined": settlement.quarantined,
        "returned": settlement.returned,
    }
    metrics.count(
        TripsWritten=settlement.written,
        RecordsQuarantined=settlement.quarantined,
        RecordsReturned=settlement.returned,
    )
    for rejected in to_keep[:MOST_RECORD_LINES]:
        log.warning("record_unusable", extra=rejected.facts())


@cache
def store() -> TripStore:
    return TripStore(_settings().trips_table, clients.dynamodb())


@cache
def quarantine() -> Quarantine:
    return Quarantine(
        CONSUMER, _settings().quarantine_queue_url, _settings().failures_bucket, clients.sqs(), clients.s3
    )


@cache
def _settings() -> Settings:
    return settings.read(Settings, os.environ)
