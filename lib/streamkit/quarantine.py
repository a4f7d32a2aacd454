"""Records that no one can use, kept with the reason instead of dropped: a message each, as long as there is time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, Unpack

from streamkit.clients import CALL_SECONDS
from streamkit.quarantine_messages import MOST_INLINE_BYTES, MOST_MESSAGES, Message, Rejected, messages
from streamkit.throttle import THROTTLES, Backoff, Placed, SecondsLeft, place

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import PutObjectOutputTypeDef, PutObjectRequestTypeDef
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestTypeDef, SendMessageBatchResultTypeDef

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
    if len(rejected) > MOST_MESSAGES:
        return 2
    return max((1 + (len(one.record.record.data) > MOST_INLINE_BYTES) for one in rejected), default=0)


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
