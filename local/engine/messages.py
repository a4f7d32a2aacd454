"""Queue messages as a function sees them."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import md5
from struct import pack
from typing import Any

from local.engine.entries import compact
from local.engine.source import Source

SENDER = "AIDASIMULATEDSENDER00"


@dataclass(frozen=True, slots=True)
class Receipt:
    """One message as it was received once: what a batch holds. `visible_at`: when the queue offers it again."""

    message_id: str
    handle: str
    body: str
    sent: float
    first_received: float
    receives: int
    visible_at: float
    attributes: Mapping[str, Any]
    group_id: str | None
    sequence_number: str | None  # of FIFO queues

    @property
    def group(self) -> str | None:
        return self.group_id

    def as_event(self, source: Source) -> dict[str, Any]:
        """The message's part of the event, body verbatim."""
        system: dict[str, str] = {
            "ApproximateReceiveCount": str(self.receives),
            "SentTimestamp": _milliseconds(self.sent),
        }
        if self.sequence_number is not None:
            system["SequenceNumber"] = self.sequence_number
        if self.group_id is not None:  # a standard queue may have it too: it is fair to groups
            system["MessageGroupId"] = self.group_id
        system["SenderId"] = SENDER
        if self.sequence_number is not None:
            system["MessageDeduplicationId"] = self.message_id
        system["ApproximateFirstReceiveTimestamp"] = _milliseconds(self.first_received)
        attributes = {name: attribute(value) for name, value in self.attributes.items()}
        return {
            "messageId": self.message_id,
            "receiptHandle": self.handle,
            "body": self.body,
            "attributes": system,
            "messageAttributes": attributes,
            "md5OfBody": _md5(self.body.encode()),
            **({"md5OfMessageAttributes": attributes_digest(attributes)} if attributes else {}),
            "eventSource": "aws:sqs",
            "eventSourceARN": source.arn,
            "awsRegion": source.region,
        }

    def size(self, source: Source) -> int:
        """Bytes within the event: body and metadata both count."""
        return len(compact(self.as_event(source)).encode())


def attribute(value: Any) -> dict[str, Any]:
    """A message attribute from plain text, bytes, or SQS' own form, in the event's form."""
    if isinstance(value, str):
        value = {"DataType": "String", "StringValue": value}
    elif isinstance(value, bytes):
        value = {"DataType": "Binary", "BinaryValue": value}
    given = {name[0].lower() + name[1:]: content for name, content in value.items()}
    binary = given.get("binaryValue")
    if isinstance(binary, bytes):
        given["binaryValue"] = b64encode(binary).decode("ascii")
    content = {name: given[name] for name in ("stringValue", "binaryValue") if given.get(name) is not None}
    return {**content, "stringListValues": [], "binaryListValues": [], "dataType": given.get("dataType", "String")}


def attributes_digest(attributes: Mapping[str, Mapping[str, Any]]) -> str:
    """MD5 of message attributes as SQS defines it: name, type and value in order of name, each with its length.

    Binary values count as the bytes they are, not as the Base64 that an event shows.
    """
    packed = b""
    for name in sorted(attributes):
        value = attributes[name]
        binary = "binaryValue" in value
        content = b64decode(value["binaryValue"]) if binary else str(value.get("stringValue", "")).encode()
        packed += _sized(name.encode()) + _sized(value["dataType"].encode()) + (b"\x02" if binary else b"\x01")
        packed += _sized(content)
    return _md5(packed)


def _sized(content: bytes) -> bytes:
    return pack(">I", len(content)) + content


def _md5(content: bytes) -> str:
    return md5(content, usedforsecurity=False).hexdigest()


def _milliseconds(epoch_seconds: float) -> str:
    return str(round(epoch_seconds * 1000))
