"""The record AWS writes to a mapping's on-failure destination for a discarded batch, field by field.

SQS and SNS get a pointer into the stream; S3 gets the same and the whole event as text, under

    aws/lambda/<mapping uuid>/<shard id>/2026/01/31/2026-01-31T23.59.59-<random uuid>
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from local.engine.delivery import Discard, Failed, FailedAt, Outcome
from local.engine.entries import Stamp, compact
from local.engine.events import event
from local.engine.mapping import Mapping
from local.engine.windows import Windowed


def failure_record(discard: Discard, mapping: Mapping, stamp: Stamp, now: float, version: str) -> dict[str, Any]:
    """The record for one discarded batch, in the form its destination gets."""
    batch = discard.batch
    record: dict[str, Any] = {
        "requestContext": {
            "requestId": batch.request_id,
            "functionArn": mapping.function,
            "condition": discard.condition,
            "approximateInvokeCount": max(1, batch.invocations),
        },
        **_response_context(discard.outcome, version),
        "version": "1.0",
        "timestamp": _milliseconds(now),
        _info_key(mapping): _batch_info(discard, mapping, stamp),
        **_window_info(discard.windowed),
    }
    if mapping.on_failure_is_bucket:
        record["payload"] = compact(event(batch.entries, stamp, discard.windowed))
    return record


def object_key(mapping: Mapping, shard_id: str, now: float, random_uuid: str) -> str:
    """Where the S3 form is put."""
    at = datetime.fromtimestamp(now, UTC)
    return f"aws/lambda/{mapping.uuid}/{shard_id}/{at:%Y/%m/%d}/{at:%Y-%m-%dT%H.%M.%S}-{random_uuid}"


def _response_context(outcome: Outcome | None, version: str) -> dict[str, Any]:
    match outcome:
        case Failed(function_error=error):
            return {"responseContext": {"statusCode": 200, "executedVersion": version, "functionError": error}}
        case FailedAt():
            return {"responseContext": {"statusCode": 200, "executedVersion": version, "functionError": None}}
        case _:
            return {}


def _info_key(mapping: Mapping) -> str:
    return "KinesisBatchInfo" if mapping.source.is_kinesis else "DDBStreamBatchInfo"


def _batch_info(discard: Discard, mapping: Mapping, stamp: Stamp) -> dict[str, Any]:
    entries = discard.batch.entries
    if not entries:  # a final call has no place in the stream
        return {"shardId": stamp.shard_id, "streamArn": stamp.source.arn}
    written = _milliseconds if mapping.source.is_kinesis else _seconds
    return {
        "shardId": stamp.shard_id,
        "startSequenceNumber": entries[0].sequence_number,
        "endSequenceNumber": entries[-1].sequence_number,
        "approximateArrivalOfFirstRecord": written(entries[0].arrived),
        "approximateArrivalOfLastRecord": written(entries[-1].arrived),
        "batchSize": len(entries),
        "streamArn": stamp.source.arn,
    }


def _window_info(windowed: Windowed | None) -> dict[str, Any]:
    if windowed is None:
        return {}
    return {
        "timeWindowInfo": {
            "window": windowed.window.as_event(),
            "isFinalInvokeForWindow": windowed.is_final,
            "isWindowTerminatedEarly": windowed.is_early,
        }
    }


def _milliseconds(epoch_seconds: float) -> str:
    at = datetime.fromtimestamp(round(epoch_seconds, 3), UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def _seconds(epoch_seconds: float) -> str:
    return f"{datetime.fromtimestamp(epoch_seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
