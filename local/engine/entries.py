"""Records at their place in a shard, and how they look to the function.

An entry knows its size as JSON without being turned into JSON, and builds its part of the event anew for every
delivery: what a handler does to an event never reaches the next one.
"""

from __future__ import annotations

import json
from base64 import b64encode
from binascii import b2a_base64
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import md5
from json.encoder import encode_basestring as quoted
from typing import Any, Protocol

from local.engine.records import TableChange
from local.engine.source import Source
from local.engine.typed_values import item_bytes

JsonObject = dict[str, Any]

# What the records of a table stream show of an item beside its keys.
VIEWS: dict[str, frozenset[str]] = {
    "KEYS_ONLY": frozenset(),
    "NEW_IMAGE": frozenset({"NewImage"}),
    "OLD_IMAGE": frozenset({"OldImage"}),
    "NEW_AND_OLD_IMAGES": frozenset({"NewImage", "OldImage"}),
}

# Who deletes an item whose time to live is over.
TIME_TO_LIVE = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the records of one shard have in common."""

    shard_id: str
    source: Source
    role: str
    overhead: int = 0  # bytes of a Kinesis record's JSON that do not depend on the record

    @staticmethod
    def of(shard_id: str, source: Source, role: str) -> Stamp:
        bare = Stamp(shard_id, source, role)
        # the sequence number stands in it twice: alone and behind the shard
        return Stamp(
            shard_id, source, role, len(compact(KinesisEntry("", "", b"", 0.0, 0).as_event(bare)).encode()) - 5
        )


class Entry(Protocol):
    """A record that may be delivered. `arrived` is the service's time stamp, `size` its bytes within an event."""

    @property
    def sequence_number(self) -> str: ...
    @property
    def arrived(self) -> float: ...
    @property
    def size(self) -> int: ...
    @property
    def order_key(self) -> str:
        """Records with the same key keep their order, however many batches of a shard run at once."""
        ...

    def as_event(self, stamp: Stamp, /) -> JsonObject: ...
    def as_filtered(self) -> JsonObject:
        """The record as filters see it."""
        ...


class KinesisEntry:
    """A Kinesis record, or one user record of an aggregate that fan-out took apart."""

    __slots__ = ("arrived", "data", "partition_key", "sequence_number", "size")

    def __init__(self, sequence_number: str, partition_key: str, data: bytes, arrived: float, overhead: int) -> None:
        self.sequence_number = sequence_number
        self.partition_key = partition_key
        self.data = data
        self.arrived = arrived
        key = partition_key if partition_key.isalnum() and partition_key.isascii() else None
        self.size = (
            overhead
            + (len(key) + 2 if key is not None else len(quoted(partition_key).encode()))
            + 2 * len(sequence_number)
            + (len(data) + 2) // 3 * 4
            + len(repr(arrived))
        )

    @property
    def order_key(self) -> str:
        return self.partition_key

    def as_event(self, stamp: Stamp) -> JsonObject:
        number = self.sequence_number
        return {
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": self.partition_key,
                "sequenceNumber": number,
                "data": b2a_base64(self.data, newline=False).decode("ascii"),
                "approximateArrivalTimestamp": self.arrived,
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": f"{stamp.shard_id}:{number}",
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": stamp.role,
            "awsRegion": stamp.source.region,
            "eventSourceARN": stamp.source.arn,
        }

    def as_filtered(self) -> JsonObject:
        try:
            text = self.data.decode()
        except UnicodeDecodeError:
            text = None
        return {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": self.partition_key,
            "sequenceNumber": self.sequence_number,
            "data": text,
            "approximateArrivalTimestamp": self.arrived,
        }


class TableEntry:
    """A change of a table's item. Its event is kept as text: images nest, and text cannot be altered."""

    __slots__ = ("arrived", "order_key", "sequence_number", "size", "text")

    def __init__(self, sequence_number: str, arrived: float, order_key: str, event: JsonObject) -> None:
        self.sequence_number = sequence_number
        self.arrived = arrived
        self.order_key = order_key
        self.text = compact(event)
        self.size = len(self.text.encode())

    def as_event(self, _stamp: Stamp, /) -> JsonObject:
        return self.as_filtered()

    def as_filtered(self) -> JsonObject:
        event: JsonObject = json.loads(self.text)
        return event


def table_entry(sequence_number: str, change: TableChange, view_type: str, stamp: Stamp) -> TableEntry:
    """The entry that a change of an item leaves in its table's stream: only what the stream's view shows of it."""
    images = {"NewImage": change.new_image, "OldImage": change.old_image}
    seen = {name: image for name, image in images.items() if image is not None and name in VIEWS[view_type]}
    present = {"Keys": change.keys, **seen}
    event = {
        "eventID": md5(f"{stamp.shard_id}:{sequence_number}".encode(), usedforsecurity=False).hexdigest(),
        "eventName": change.event_name,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": stamp.source.region,
        "dynamodb": {
            "ApproximateCreationDateTime": float(int(change.created)),
            **present,
            "SequenceNumber": sequence_number,
            "SizeBytes": sum(item_bytes(image) for image in present.values()),
            "StreamViewType": view_type,
        },
        **({"userIdentity": TIME_TO_LIVE} if change.expired else {}),
        "eventSourceARN": stamp.source.arn,
    }
    return TableEntry(sequence_number, float(change.created), item_key(change.keys), event)


def item_key(keys: Mapping[str, Any]) -> str:
    """The key of an item as text; the order in which its attributes are named says nothing."""
    return compact(dict(sorted(keys.items())))


def compact(value: Any) -> str:
    """JSON as AWS sends it: no spaces, characters as they are."""
    return COMPACT.encode(value)


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | bytearray):
        return b64encode(value).decode("ascii")
    if isinstance(value, set | frozenset):
        return sorted(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no JSON form; use typed DynamoDB values such as {{'S': 'text'}}")


COMPACT = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, default=_plain)
