"""What producers put and Lambda hands over: trips, aggregates, Kinesis events."""

from __future__ import annotations

import base64
import json
import warnings
from hashlib import md5
from typing import Any

from streamkit.kpl import MAGIC, Packed

with warnings.catch_warnings():
    # The authors' generated module still uses what protobuf has deprecated.
    warnings.simplefilter("ignore", DeprecationWarning)
    from aws_kinesis_agg.aggregator import RecordAggregator
    from aws_kinesis_agg.deaggregator import deaggregate_records

SHARD = "shardId-000000000000"


def trip(trip_id: Any = "t-1", **fields: Any) -> bytes:
    """A trip as a producer sends it; a field given as `...` is left out."""
    sent = {"tripId": trip_id, "vendorId": 1, "passengerCount": 2, "pickupAt": "2024-05-01T10:00:00Z"} | fields
    return json.dumps({name: value for name, value in sent.items() if value is not ...}).encode()


def aggregate(*records: tuple[str, bytes, str | None]) -> bytes:
    """(partition key, data, explicit hash key) packed by the format's authors."""
    aggregator = RecordAggregator()
    for partition_key, data, hash_key in records:
        aggregator.add_user_record(partition_key, data, hash_key)
    packed: bytes = aggregator.clear_and_get().get_contents()[2]
    return packed


def taken_apart(payload: bytes) -> list[Packed]:
    """The user records in an aggregate, as the format's authors read it."""
    read = (record["kinesis"] for record in deaggregate_records(kinesis_event(payload)["Records"]))
    return [
        Packed(record["partitionKey"], record["explicitHashKey"], base64.b64decode(record["data"])) for record in read
    ]


def packed(*payloads: bytes) -> bytes:
    """An aggregate of `payloads` under one partition key."""
    return aggregate(*(("vendor-1", payload, None) for payload in payloads))


def sealed(message: bytes) -> bytes:
    """Any bytes, as if they were an aggregate's message."""
    return MAGIC + message + md5(message).digest()


def kinesis_event(*payloads: bytes, first: int = 1, shard: str = SHARD) -> dict[str, Any]:
    """The event for `payloads`, one record each, in the shape that AWS was recorded with."""
    return {
        "Records": [
            {
                "kinesis": {
                    "kinesisSchemaVersion": "1.0",
                    "partitionKey": "vendor-1",
                    "sequenceNumber": str(number),
                    "data": base64.b64encode(payload).decode(),
                    "approximateArrivalTimestamp": 1714557600.123 + number,
                },
                "eventSource": "aws:kinesis",
                "eventVersion": "1.0",
                "eventID": f"{shard}:{number}",
                "eventName": "aws:kinesis:record",
                "invokeIdentityArn": "arn:aws:iam::111111111111:role/function-role",
                "awsRegion": "us-east-1",
                "eventSourceARN": "arn:aws:kinesis:us-east-1:111111111111:stream/trips",
            }
            for number, payload in enumerate(payloads, first)
        ]
    }
