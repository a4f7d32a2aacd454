"""Stand-ins of the engine's tests: records that are only a number, and functions that answer from a script."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Sequence
from typing import Any

from local.engine import KinesisRecord, Timeline
from local.engine.entries import KinesisEntry

STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream/trips"
CONSUMER = f"{STREAM}/consumer/reader:1700000000"
TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:orders"
FIFO = f"{QUEUE}.fifo"
BUCKET = "arn:aws:s3:::failures"
SHARD = "shardId-000000000000"
FAILURES = "arn:aws:sqs:us-east-1:123456789012:failures"


def entries(numbers: str) -> Sequence[KinesisEntry]:
    """One record per character, which is its sequence number."""
    return tuple(KinesisEntry(number, "key", b"{}", 1000.0, 0) for number in numbers)


def mapping(arn: str = STREAM, /, **settings: Any) -> dict[str, Any]:
    """A mapping that reads everything and keeps failures in a queue."""
    if ":sqs:" in arn:
        return {"EventSourceArn": arn, **settings}
    return {"EventSourceArn": arn, "StartingPosition": "TRIM_HORIZON", **destination(FAILURES), **settings}


def destination(arn: str) -> dict[str, Any]:
    return {"DestinationConfig": {"OnFailure": {"Destination": arn}}}


def filters(*patterns: str) -> dict[str, Any]:
    return {"FilterCriteria": {"Filters": [{"Pattern": pattern} for pattern in patterns]}}


def records(*arrivals: float, shard: str = SHARD, key: str = "key") -> list[KinesisRecord]:
    """Records of one shard that say their place: `{"n": 0}`, `{"n": 1}`, ..."""
    return [KinesisRecord(shard, key, b'{"n":%d}' % n, arrived=arrived) for n, arrived in enumerate(arrivals)]


def at_once(count: int, shard: str = SHARD, key: str = "key") -> list[KinesisRecord]:
    return records(*[1000.0] * count, shard=shard, key=key)


def numbers(event: dict[str, Any]) -> list[int]:
    """The places that the records of an event say."""
    return [json.loads(b64decode(record["kinesis"]["data"]))["n"] for record in event["Records"]]


def deliveries(timeline: Timeline) -> list[list[int]]:
    """What each invocation was given, in order of start."""
    return [numbers(invocation.event) for invocation in timeline.invocations]


def sequence_numbers(event: dict[str, Any]) -> list[str]:
    return [record["kinesis"]["sequenceNumber"] for record in event["Records"]]


class Poisoned:
    """A function that raises whenever one of these records is in its batch."""

    def __init__(self, *poison: int) -> None:
        self.poison = set(poison)

    def __call__(self, event: dict[str, Any], context: object) -> None:
        if self.poison & set(numbers(event)):
            raise ValueError("poison")


class Reporting:
    """A function that reports these records as failed, as partial responses do."""

    def __init__(self, *failing: int) -> None:
        self.failing = set(failing)

    def __call__(self, event: dict[str, Any], context: object) -> dict[str, Any]:
        failed = [
            {"itemIdentifier": number}
            for number, place in zip(sequence_numbers(event), numbers(event), strict=True)
            if place in self.failing
        ]
        return {"batchItemFailures": failed}


class Scripted:
    """A function that gives these answers one after the other, then the last one for ever; exceptions are raised."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)

    def __call__(self, event: dict[str, Any], context: object) -> Any:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, BaseException):
            raise answer
        return answer


def nothing(event: dict[str, Any], context: object) -> None:
    """A function that is content with everything."""


def counting(event: dict[str, Any], context: object) -> dict[str, Any]:
    """A windowed function: its state is the places it was given, in order."""
    return {"state": {"seen": event["state"].get("seen", []) + numbers(event)}}
