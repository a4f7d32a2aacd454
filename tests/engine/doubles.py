"""Stand-ins of the engine's tests: records that are only a number, and functions that answer from a script."""

from __future__ import annotations

from collections.abc import Sequence

from local.engine.entries import KinesisEntry

STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream/trips"
CONSUMER = f"{STREAM}/consumer/reader:1700000000"
TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:orders"
FIFO = f"{QUEUE}.fifo"
BUCKET = "arn:aws:s3:::failures"
FAILURES = "arn:aws:sqs:us-east-1:123456789012:failures"


def entries(numbers: str) -> Sequence[KinesisEntry]:
    """One record per character, which is its sequence number."""
    return tuple(KinesisEntry(number, "key", b"{}", 1000.0, 0) for number in numbers)
