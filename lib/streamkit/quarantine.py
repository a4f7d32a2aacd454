"""Records that no one can use, kept with the reason instead of dropped.

{"consumer", "shardId", "sequenceNumber", "index"}   its identity: a record kept twice is still one
{"reason", "arrivedAt"}
{"data": base64}  or, above 128 KiB,  {"dataKey"}: the object in the failures bucket, named by place and content

An aggregate with more than 500 unusable user records is one message, and {"unusableRecords"} says for how many it
stands. Its index is 0 and its data the whole aggregate, the clean records among them: one by one they could be too
many for an invocation, and an aggregate is acknowledged as a whole or not at all.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import groupby
from typing import TYPE_CHECKING, Any, Protocol, Unpack

from streamkit.clients import CALL_SECONDS
from streamkit.records import UserRecord
from streamkit.throttle import THROTTLES, Backoff, Placed, SecondsLeft, place

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import PutObjectOutputTypeDef, PutObjectRequestTypeDef
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestTypeDef, SendMessageBatchResultTypeDef

MOST_INLINE_BYTES = 128 * 1024
LONGEST_REASON = 1024

# Of one Kinesis record: 50 calls, and a few more where their bytes do not fit into so many.
MOST_APART = 500

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
    """What the queue carries for `rejected`; `data_key` names the object that must stand before it is sent."""

    rejected: list[Rejected]
    body: str
    data: bytes
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
        to_keep = list(messages(self.consumer, rejected))
        # Before an object is put there must be time for the call after it too, that of its message.
        reserve = CALL_SECONDS if any(one.data_key for one in to_keep) else 0.0

        def seconds() -> float:
            return seconds_left() - reserve

        placed = place(to_keep, lambda call: self._send(call, seconds), calls, self.backoff, seconds)
        return Placed([one for left in placed.left for one in left.rejected], placed.retries, placed.refusal)

    def _send(self, call: list[Message], seconds_left: SecondsLeft) -> list[Message]:
        ready = self._stored(call, seconds_left)
        if not ready:
            return call
        answer = self.queue.send_message_batch(
            QueueUrl=self.queue_url,
            Entries=[{"Id": str(number), "MessageBody": one.body} for number, one in enumerate(ready)],
        )
        for entry in answer.get("Failed", []):
            if entry["SenderFault"] and entry["Code"] not in THROTTLES:
                raise QuarantineRefusedError(
                    f"quarantine must take every message; {self.queue_url} refused one with {entry['Code']}: "
                    f"{entry.get('Message', '')}; check the queue's policy and key"
                )
        # Only what the answer names is kept: of a body that is rubbish botocore makes an answer without entries.
        kept = {entry["Id"] for entry in answer.get("Successful", [])}
        return [one for number, one in enumerate(call) if str(number) not in kept]

    def _stored(self, call: list[Message], seconds_left: SecondsLeft) -> list[Message]:
        """The first messages of `call`, up to one whose object does not stand or for which there is no time."""
        for number, one in enumerate(call):
            if one.data_key is None:
                continue
            if number and seconds_left() <= 0:
                return call[:number]
            if "ETag" not in self.bucket().put_object(Bucket=self.bucket_name, Key=one.data_key, Body=one.data):
                return call[:number]
        return call


def calls_for_one(rejected: list[Rejected]) -> int:
    """The most calls that keeping one of them takes: that of its message, and before it that of its object."""
    return max((1 + (len(one.record.record.data) > MOST_INLINE_BYTES) for one in rejected), default=0)


def messages(consumer: str, rejected: list[Rejected]) -> Iterator[Message]:
    """One message for each, in order; one for all of an aggregate that holds too many."""
    for _, group in groupby(rejected, key=_place):
        of_one_record = list(group)
        if len(of_one_record) > MOST_APART:
            yield _whole(consumer, of_one_record)
        else:
            yield from (_message(consumer, [one], one.record, one.reason, {}) for one in of_one_record)


def _place(rejected: Rejected) -> tuple[str, str, int]:
    """The Kinesis record that it is in; fan-out hands over each user record as one of its own."""
    record = rejected.record.record
    return record.shard_id, record.sequence_number, record.first_index


def _whole(consumer: str, rejected: list[Rejected]) -> Message:
    first = rejected[0]
    aggregate = first.record.record
    return _message(
        consumer,
        rejected,
        UserRecord(aggregate, aggregate.first_index, aggregate.partition_key, None, aggregate.data),
        f"{len(rejected)} user records of this aggregate are unusable, the first at index {first.record.index}: "
        f"{first.reason}",
        {"unusableRecords": len(rejected)},
    )


def _message(consumer: str, rejected: list[Rejected], record: UserRecord, reason: str, more: dict[str, Any]) -> Message:
    """The message for one record. All of it is ASCII: SQS refuses some characters that a reason may quote."""
    source = record.record
    contract: dict[str, Any] = {
        "consumer": consumer,
        "shardId": source.shard_id,
        "sequenceNumber": source.sequence_number,
        "index": record.index,
        "reason": reason[:LONGEST_REASON],
        "arrivedAt": record.arrived_at,
        **more,
    }
    if len(record.data) <= MOST_INLINE_BYTES:
        body = json.dumps(contract | {"data": base64.b64encode(record.data).decode()})
        return Message(rejected, body, record.data, None)
    # Through fan-out an index begins anew in every batch that cuts an aggregate: two records may claim one place.
    digest = sha256(record.data).hexdigest()[:16]
    data_key = f"quarantine/{consumer}/{source.shard_id}/{source.sequence_number}/{record.index}-{digest}"
    return Message(rejected, json.dumps(contract | {"dataKey": data_key}), record.data, data_key)


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
