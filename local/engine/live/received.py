"""A message as SQS handed it out, in the form a function sees it."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import md5
from typing import Any

from local.engine.entries import compact
from local.engine.messages import attribute
from local.engine.source import Source

# In the order in which AWS writes them.
SYSTEM = (
    "ApproximateReceiveCount", "AWSTraceHeader", "SentTimestamp", "SequenceNumber", "MessageGroupId", "SenderId",
    "MessageDeduplicationId", "ApproximateFirstReceiveTimestamp", "DeadLetterQueueSourceArn",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Received:
    """One receipt of a message; `visible_at`: when the queue offers it again."""

    message_id: str
    handle: str
    body: str
    visible_at: float
    event: dict[str, Any]

    @property
    def group(self) -> str | None:
        """Of a FIFO queue: its messages are done one after the other."""
        group: str | None = self.event["attributes"].get("MessageGroupId")
        return group

    def as_event(self, _source: Source) -> dict[str, Any]:
        return self.event

    def size(self, _source: Source) -> int:
        return len(compact(self.event).encode())


def received(message: dict[str, Any], source: Source, visible_at: float) -> Received:
    body, system = message["Body"], message.get("Attributes", {})
    attributes = {name: attribute(value) for name, value in message.get("MessageAttributes", {}).items()}
    digest = message.get("MD5OfMessageAttributes")
    event = {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": body,
        "attributes": {name: system[name] for name in SYSTEM if name in system},
        "messageAttributes": attributes,
        "md5OfBody": message.get("MD5OfBody") or md5(body.encode(), usedforsecurity=False).hexdigest(),
        **({"md5OfMessageAttributes": digest} if digest else {}),
        "eventSource": "aws:sqs",
        "eventSourceARN": source.arn,
        "awsRegion": source.region,
    }
    return Received(message["MessageId"], message["ReceiptHandle"], body, visible_at, event)
