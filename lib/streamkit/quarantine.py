"""Records that no one can use, kept with the reason instead of dropped.

{"consumer", "shardId", "sequenceNumber", "index"}   its identity: a record kept twice is still one
{"reason", "arrivedAt"}
{"data": base64}  or, above 128 KiB,  {"dataKey"}: the object in the failures bucket
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, Unpack

from streamkit.records import UserRecord
from streamkit.throttle import THROTTLES, Backoff, Placed, SecondsLeft, place

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import PutObjectOutputTypeDef, PutObjectRequestTypeDef
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestTypeDef, SendMessageBatchResultTypeDef

MOST_INLINE_BYTES = 128 * 1024
LONGEST_REASON = 1024

# SQS takes ten messages and 1 MiB at once; until 2025 it took 256 KiB, and a queue may still be set to that.
MOST_ENTRIES = 10
MOST_CALL_BYTES = 256 * 1024


class Queue(Protocol):
    """What quarantine needs of an SQS client."""

    def send_message_batch(
        self, **request: Unpack[SendMessageBatchRequestTypeDef]
    ) -> SendMessageBatchResultTypeDef: ...


class Bucket(Protocol):
    """What quarantine needs of an S3 client."""

    def put_object(self, **request: Unpack[PutObjectRequestTypeDef]) -> PutObjectOutputTypeDef: ...


class QuarantineRefusedError(RuntimeError):
    """The queue will not take a message, however often it is asked."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A user record and why it cannot be used."""

    record: UserRecord
    reason: str
    correlation_id: str | None = None

    def facts(self) -> dict[str, Any]:
        """What a log line tells of it."""
        return {
            "shard": self.record.record.shard_id,
            "sequence_number": self.record.record.sequence_number,
            "index": self.record.index,
            "reason": self.reason,
            "correlation_id": self.correlation_id,
        }


@dataclass(frozen=True, slots=True)
class Message:
    """One rejected record as the queue carries it; `data_key` names the object that must stand before it is sent."""

    rejected: Rejected
    body: str
    data_key: str | None


@dataclass(frozen=True, slots=True)
class Quarantine:
    """Where one consumer's unusable records go."""

    consumer: str
    queue_url: str
    bucket_name: str
    queue: Queue
    bucket: Callable[[], Bucket]  # opened for the first large record: most processes never see one
    backoff: Backoff = field(default_factory=Backoff)

    def keep(self, rejected: list[Rejected], seconds_left: SecondsLeft) -> Placed[Rejected]:
        """Keep them; what is `left` could not be kept and must not be acknowledged. Keeping again changes nothing."""
        messages = [message(self.consumer, one) for one in rejected]
        placed = place(messages, self._send, calls, self.backoff, seconds_left)
        return Placed([one.rejected for one in placed.left], placed.retries, placed.refusal)

    def _send(self, call: list[Message]) -> list[Message]:
        for one in call:
            if one.data_key:
                self.bucket().put_object(Bucket=self.bucket_name, Key=one.data_key, Body=one.rejected.record.data)
        answer = self.queue.send_message_batch(
            QueueUrl=self.queue_url,
            Entries=[{"Id": str(number), "MessageBody": one.body} for number, one in enumerate(call)],
        )
        failed = answer.get("Failed", [])
        for entry in failed:
            if entry["SenderFault"] and entry["Code"] not in THROTTLES:
                raise QuarantineRefusedError(
                    f"quarantine must take every message; {self.queue_url} refused one with {entry['Code']}: "
                    f"{entry.get('Message', '')}; check the queue's policy and key"
                )
        return [call[int(entry["Id"])] for entry in failed]


def message(consumer: str, rejected: Rejected) -> Message:
    """The message for one record. All of it is ASCII: SQS refuses some characters that a reason may quote."""
    record, source = rejected.record, rejected.record.record
    contract: dict[str, Any] = {
        "consumer": consumer,
        "shardId": source.shard_id,
        "sequenceNumber": source.sequence_number,
        "index": record.index,
        "reason": rejected.reason[:LONGEST_REASON],
        "arrivedAt": record.arrived_at,
    }
    if len(record.data) <= MOST_INLINE_BYTES:
        return Message(rejected, json.dumps(contract | {"data": base64.b64encode(record.data).decode()}), None)
    data_key = f"quarantine/{consumer}/{source.shard_id}/{source.sequence_number}/{record.index}"
    return Message(rejected, json.dumps(contract | {"dataKey": data_key}), data_key)


def calls(messages: list[Message]) -> Iterator[list[Message]]:
    """The messages in as few calls as SQS allows, in order."""
    call: list[Message] = []
    size = 0
    for one in messages:
        if len(call) == MOST_ENTRIES or (call and size + len(one.body) > MOST_CALL_BYTES):
            yield call
            call, size = [], 0
        call.append(one)
        size += len(one.body)
    if call:
        yield call
