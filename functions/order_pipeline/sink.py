"""The retry queue: where an order waits that cannot be moved on now, so that its shard flows on without it.

{"orderId", "correlationId", "attempts"?}, invisible for some seconds, read by this same function
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, Unpack

from order_pipeline.settling import Later
from order_pipeline.tasks import Task
from streamkit.throttle import THROTTLES, Backoff, Placed, SecondsLeft, place

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestTypeDef, SendMessageBatchResultTypeDef

MOST_ENTRIES = 10

# SQS delays a message by fifteen minutes at most; for a longer rest the order is put off again then.
LONGEST_DELAY_SECONDS = 900


class Queue(Protocol):
    """What the retry queue needs of an SQS client."""

    def send_message_batch(
        self, **request: Unpack[SendMessageBatchRequestTypeDef]
    ) -> SendMessageBatchResultTypeDef: ...


class RetryQueueRefusedError(RuntimeError):
    """The queue will not take a message, however often it is asked."""


@dataclass(frozen=True, slots=True)
class Deferral:
    """A task for later."""

    task: Task
    delay_seconds: int


@dataclass(frozen=True, slots=True)
class RetryQueue:
    """A standard queue: messages of a FIFO one have no delay of their own."""

    url: str
    queue: Queue
    backoff: Backoff = field(default_factory=Backoff)

    def deferrals(self, waiting: list[Later]) -> list[Deferral]:
        """Each after its wait and a random share of as much again, so that not all come back at once."""
        return [Deferral(one.task, self._delay_seconds(one.wait_seconds)) for one in waiting]

    def _delay_seconds(self, wait_seconds: float) -> int:
        spread = self.backoff.jitter() * max(wait_seconds, 5.0)
        return min(LONGEST_DELAY_SECONDS, math.ceil(wait_seconds + spread))

    def send(self, deferrals: list[Deferral], seconds_left: SecondsLeft) -> Placed[Deferral]:
        """Send them; what is `left` is not in the queue and must not be acknowledged. Sending twice is harmless."""
        return place(deferrals, self._send, calls, self.backoff, seconds_left)

    def _send(self, call: list[Deferral]) -> list[Deferral]:
        entries: list[Any] = [
            {"Id": str(number), "MessageBody": one.task.message(), "DelaySeconds": one.delay_seconds}
            for number, one in enumerate(call)
        ]
        answer = self.queue.send_message_batch(QueueUrl=self.url, Entries=entries)
        for entry in answer.get("Failed", []):
            if entry["SenderFault"] and entry["Code"] not in THROTTLES:
                raise RetryQueueRefusedError(
                    f"the retry queue must take every message; {self.url} refused one with {entry['Code']}: "
                    f"{entry.get('Message', '')}; it must be a standard queue, check its policy and key"
                )
        sent = {entry["Id"] for entry in answer.get("Successful", [])}
        return [one for number, one in enumerate(call) if str(number) not in sent]


def calls(deferrals: list[Deferral]) -> Iterator[list[Deferral]]:
    """The messages in as few calls as SQS allows."""
    return (deferrals[start : start + MOST_ENTRIES] for start in range(0, len(deferrals), MOST_ENTRIES))
