"""What a caller of `simulate` puts in: records as their producers wrote them; a malformed one is refused at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local.engine.moments import refuse_other_moments
from local.engine.refusals import refuse_half_pairs, refuse_other_texts, shown
from local.engine.rulings import MEBIBYTE
from local.engine.typed_values import refuse_other_keys, refuse_untyped_items

CHANGES = ("INSERT", "MODIFY", "REMOVE")
LONGEST_PARTITION_KEY = 256  # characters
LARGEST_RECORD_BYTES = 10 * MEBIBYTE  # data and key, of a stream that was told to take so much; 1 MiB of others
LARGEST_MESSAGE_BYTES = MEBIBYTE  # body and message attributes


@dataclass(frozen=True, slots=True)
class KinesisRecord:
    """A record of a stream; `arrived` is Kinesis' own time stamp, in epoch seconds."""

    shard_id: str
    partition_key: str
    data: bytes
    arrived: float

    def __post_init__(self) -> None:
        refuse_other_texts("shard_id", self.shard_id)
        refuse_other_texts("partition_key", self.partition_key)
        if not isinstance(self.data, bytes):
            raise TypeError(f"data must be bytes, such as json.dumps(value).encode(); got {shown(self.data)}")
        if (length := len(self.partition_key)) > LONGEST_PARTITION_KEY:
            raise ValueError(f"partition_key must be at most {LONGEST_PARTITION_KEY} characters; got {length}")
        size = len(self.data) + len(self.partition_key.encode())
        if size > LARGEST_RECORD_BYTES:
            raise ValueError(f"data and partition_key must be {LARGEST_RECORD_BYTES} bytes at most; got {size}")
        refuse_other_moments("arrived", self.arrived)


@dataclass(frozen=True, slots=True)
class TableChange:
    """A change of one item, an INSERT, MODIFY or REMOVE; `created` is the stream's own time stamp, in epoch seconds.

    Keys and images are typed DynamoDB values, e.g. `{"id": {"S": "7"}}`. `expired`: DynamoDB itself removed the item,
    when its time to live was over.
    """

    shard_id: str
    event_name: str
    keys: Mapping[str, Any]
    new_image: Mapping[str, Any] | None = None
    old_image: Mapping[str, Any] | None = None
    created: float = field(kw_only=True)
    expired: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        refuse_other_texts("shard_id", self.shard_id)
        if self.event_name not in CHANGES:
            raise ValueError(f"event_name must be one of {', '.join(CHANGES)}; got {shown(self.event_name)}")
        refuse_other_keys("keys", self.keys)
        for name, image in (("new_image", self.new_image), ("old_image", self.old_image)):
            if image is not None:
                refuse_untyped_items(name, image)
        for name, image, change in (("new_image", self.new_image, "REMOVE"), ("old_image", self.old_image, "INSERT")):
            if image is not None and self.event_name == change:
                raise ValueError(f"{name} must be None: what {change} leaves has none; got {shown(image)}")
        refuse_other_moments("created", self.created)
        if not isinstance(self.expired, bool) or (self.expired and self.event_name != "REMOVE"):
            raise ValueError(f"expired must be true or false, true for a REMOVE only; got {shown(self.expired)}")


@dataclass(frozen=True, slots=True)
class QueueMessage:
    """A message, sent at a time in epoch seconds; FIFO queues need its `group_id`.

    `attributes` are message attributes, text or `{"DataType": ..., "StringValue": ...}`.
    """

    body: str
    sent: float
    attributes: Mapping[str, Any] | None = None
    group_id: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.body, str):
            raise TypeError(f"body must be text, such as json.dumps(value); got {shown(self.body)}")
        if not self.body:
            raise ValueError("body must be text of one character at least; got none")
        refuse_half_pairs("body", self.body)
        refuse_other_moments("sent", self.sent)
        if self.group_id is not None:
            refuse_other_texts("group_id", self.group_id)
        if self.attributes is not None:
            _refuse_other_attributes(self.attributes)
        attributes = (_attribute_bytes(name, value) for name, value in (self.attributes or {}).items())
        size = len(self.body.encode()) + sum(attributes)
        if size > LARGEST_MESSAGE_BYTES:
            raise ValueError(f"body and attributes must be {LARGEST_MESSAGE_BYTES} bytes at most; got {size}")


def _refuse_other_attributes(attributes: object) -> None:
    if not isinstance(attributes, Mapping):
        raise TypeError(f"attributes must be a mapping of message attributes by name; got {shown(attributes)}")
    for name, value in attributes.items():
        refuse_other_texts("attributes: a name", name)
        where = f"attributes[{shown(name)}]"
        content = _content(value) if isinstance(value, Mapping) else value
        if not isinstance(content, str | bytes):
            raise TypeError(
                f"{where} must be text, bytes or {{'DataType': 'Number', 'StringValue': '7'}}; got {shown(value)}"
            )
        if isinstance(content, str):
            refuse_half_pairs(where, content)


def _content(attribute: Mapping[str, Any]) -> object:
    """What SQS' own form of an attribute holds, if it is one."""
    kind = attribute.get("DataType")
    if not isinstance(kind, str) or not attribute.keys() <= {"DataType", "StringValue", "BinaryValue"}:
        return None
    value = attribute.get("BinaryValue" if kind.startswith("Binary") else "StringValue")
    return value if isinstance(value, bytes if kind.startswith("Binary") else str) else None


def _attribute_bytes(name: str, value: Any) -> int:
    """Name, type and value of a message attribute count, as SQS has it."""
    kind = value["DataType"] if isinstance(value, Mapping) else "Binary" if isinstance(value, bytes) else "String"
    content: Any = _content(value) if isinstance(value, Mapping) else value
    return len(name.encode()) + len(kind.encode()) + len(content.encode() if isinstance(content, str) else content)
