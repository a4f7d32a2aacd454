"""A queue as its poller asks it: receive, delete, reveal. Called from threads, as many messages as there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from botocore.exceptions import ClientError

from local.engine.live.access import Access
from local.engine.live.destinations import queue_url
from local.engine.live.received import Received, received
from local.engine.live.troubles import answer_to
from local.engine.source import Source

PER_CALL = 10  # messages, whatever is asked of a queue


class QueueCalls:
    """Receives hide messages for `hidden_seconds`."""

    def __init__(self, access: Access, source: Source, hidden_seconds: int, clock: Callable[[], float]) -> None:
        self.access = access
        self.source = source
        self.hidden_seconds = hidden_seconds
        self.clock = clock
        self.url: str | None = None

    def forget(self) -> None:
        """The queue is gone; one that is made anew may have another address."""
        self.url = None

    def receive(self, most: int, wait_seconds: int) -> list[Received]:
        url, now = self._address(), self.clock()
        answer = self.access.source_client("sqs").receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=min(most, PER_CALL),
            WaitTimeSeconds=wait_seconds,
            VisibilityTimeout=self.hidden_seconds,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        visible_at = now + self.hidden_seconds
        with answer_to("ReceiveMessage"):
            return [received(message, self.source, visible_at) for message in answer.get("Messages", [])]

    def delete(self, messages: Sequence[Received]) -> None:
        for entries in _by_ten(messages):
            answer = self.access.source_client("sqs").delete_message_batch(QueueUrl=self._address(), Entries=entries)
            _refuse_failures(answer, "DeleteMessageBatch")

    def reveal(self, messages: Sequence[Received]) -> None:
        """The queue offers them again at once. As the given identity: AWS asks no role for this permission."""
        given = self.access.clients.client("sqs", self.source.region)
        for entries in _by_ten(messages):
            at_once = [{**entry, "VisibilityTimeout": 0} for entry in entries]
            answer = given.change_message_visibility_batch(QueueUrl=self._address(), Entries=at_once)
            _refuse_failures(answer, "ChangeMessageVisibilityBatch")

    def _address(self) -> str:
        if self.url is None:
            self.url = queue_url(self.access, self.source.region, self.source.account, self.source.name)
        return self.url


def _by_ten(messages: Sequence[Received]) -> Iterator[list[dict[str, Any]]]:
    for first in range(0, len(messages), PER_CALL):
        chunk = messages[first : first + PER_CALL]
        yield [{"Id": str(number), "ReceiptHandle": message.handle} for number, message in enumerate(chunk)]


def _refuse_failures(answer: dict[str, Any] | None, operation: str) -> None:
    """A batch is answered with 200 though some of its messages were refused."""
    if failed := (answer or {}).get("Failed"):
        first = failed[0]
        text = f"{len(failed)} messages refused, the first: {first.get('Message') or first.get('Code')}"
        raise ClientError({"Error": {"Code": str(first.get("Code")), "Message": text}}, operation)
