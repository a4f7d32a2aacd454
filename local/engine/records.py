"""What a caller of `simulate` puts in: records as their producers wrote them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local.engine.refusals import shown


@dataclass(frozen=True, slots=True)
class KinesisRecord:
    """A record of a stream; `arrived` is Kinesis' own time stamp, in epoch seconds."""

    shard_id: str
    partition_key: str
    data: bytes
    arrived: float
    explicit_hash_key: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.data, bytes):
            raise TypeError(f"data must be bytes, such as json.dumps(value).encode(); got {shown(self.data)}")
        _refuse_other_times("arrived", self.arrived)


@dataclass(frozen=True, slots=True)
class TableChange:
    """A change of one item, an INSERT, MODIFY or REMOVE; `created` is the stream's own time stamp, in epoch seconds.

    Keys and images are typed DynamoDB values, e.g. `{"id": {"S": "7"}}`.
    """

    shard_id: str
    event_name: str
    keys: Mapping[str, Any]
    new_image: Mapping[str, Any] | None = None
    old_image: Mapping[str, Any] | None = None
    created: float = field(kw_only=True)

    def __post_init__(self) -> None:
        _refuse_other_times("created", self.created)


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
        _refuse_other_times("sent", self.sent)


def _refuse_other_times(name: str, value: object) -> None:
    if not isinstance(value, int | float):
        raise TypeError(f"{name} must be epoch seconds, such as datetime.timestamp() gives; got {shown(value)}")
