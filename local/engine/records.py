"""What a caller of `simulate` puts in: records as their producers wrote them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class KinesisRecord:
    """A record of a stream; `arrived` is Kinesis' own time stamp, in epoch seconds."""

    shard_id: str
    partition_key: str
    data: bytes
    arrived: float
    explicit_hash_key: str | None = None


@dataclass(frozen=True, slots=True)
class TableChange:
    """A change of one item; keys and images are typed DynamoDB values, e.g. `{"id": {"S": "7"}}`."""

    shard_id: str
    event_name: str
    keys: Mapping[str, Any]
    new_image: Mapping[str, Any] | None = None
    old_image: Mapping[str, Any] | None = None
    created: float = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class QueueMessage:
    """A message; `attributes` are message attributes, text or `{"DataType": ..., "StringValue": ...}`."""

    body: str
    sent: float
    attributes: Mapping[str, Any] | None = None
    group_id: str | None = None
