"""An SQS queue in virtual time: visibility, receive counts, redrive, groups. It stands in for the service.

sent -> available -> received (invisible) -> deleted
            ^             |
            +-------------+  visibility timeout, until it was received too often: dead letter
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from local.engine.identity import message_id
from local.engine.messages import Receipt
from local.engine.moments import refuse_other_spans
from local.engine.records import QueueMessage
from local.engine.refusals import shown

LONGEST_VISIBILITY_SECONDS = 43_200  # these three are SQS's own bounds
LONGEST_RETENTION_SECONDS = 1_209_600
MOST_RECEIVES = 1_000


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """What SQS keeps of a queue; without a receive limit nothing becomes a dead letter."""

    visibility_seconds: float = 30.0
    max_receive_count: int | None = None
    retention_seconds: float = 345_600.0

    def __post_init__(self) -> None:
        refuse_other_spans("visibility_seconds", self.visibility_seconds, LONGEST_VISIBILITY_SECONDS)
        refuse_other_spans("retention_seconds", self.retention_seconds, LONGEST_RETENTION_SECONDS)
        most = self.max_receive_count
        if most is not None and (type(most) is not int or not 1 <= most <= MOST_RECEIVES):
            raise ValueError(
                f"max_receive_count must be a whole number from 1 to {MOST_RECEIVES}, or None; got {shown(most)}"
            )


@dataclass(slots=True)
class Message:
    id: str
    body: str
    sent: float
    attributes: Mapping[str, Any]
    group: str
    group_id: str | None
    turn: int  # how many were sent before it
    receives: int = 0
    first_received: float | None = None
    gone: bool = False
    hidden: bool = False
    visible_at: float = 0.0


@dataclass(slots=True)
class Group:
    """Messages that keep their order: a FIFO queue's group, or everything of a standard queue."""

    available: deque[Message] = field(default_factory=deque)
    invisible: int = 0


class Queue:
    def __init__(self, settings: QueueSettings, visibility_seconds: float, *, fifo: bool) -> None:
        self.settings = settings
        self.visibility_seconds = visibility_seconds
        self.fifo = fifo
        self.groups: dict[str, Group] = {}
        self.ready: dict[str, None] = {}
        self.invisible: list[tuple[float, int, Message]] = []
        self.messages: dict[str, Message] = {}
        self.dead: list[Message] = []
        self.expired: list[Message] = []

    def send(self, place: int, message: QueueMessage) -> Message:
        """`place` is the caller's number of the message; its turn in the queue is when it was sent."""
        if self.fifo and message.group_id is None:
            raise ValueError(f"records[{place}] needs a group_id: a FIFO queue takes no message without one")
        group = message.group_id if self.fifo and message.group_id is not None else ""
        kept = Message(
            message_id(place),
            message.body,
            message.sent,
            dict(message.attributes or {}),
            group,
            message.group_id,
            len(self.messages),
        )
        self.messages[kept.id] = kept
        self.groups.setdefault(group, Group()).available.append(kept)
        self._note(group)
        return kept

    @property
    def next_visible_at(self) -> float | None:
        while self.invisible and not self._counts(*self.invisible[0]):
            heapq.heappop(self.invisible)
        return self.invisible[0][0] if self.invisible else None

    @staticmethod
    def _counts(visible_at: float, _turn: int, message: Message) -> bool:
        """Whether this is the current receive of a message: not of one deleted, given back, or received since."""
        return message.hidden and not message.gone and message.visible_at == visible_at

    @property
    def has_available(self) -> bool:
        return bool(self.ready)

    def release(self, now: float) -> None:
        """Offer again what was not deleted within its visibility timeout."""
        while (visible_at := self.next_visible_at) is not None and visible_at <= now:
            _, _, message = heapq.heappop(self.invisible)
            self._offer_again(message)

    def give_back(self, receipts: Sequence[Receipt]) -> list[str]:
        """Messages that were received for nothing are offered again at once; which of them were still invisible."""
        given = [
            message for receipt in receipts if self._is_current(message := self.messages[receipt.message_id], receipt)
        ]
        for message in given:
            self._offer_again(message)
        return [message.id for message in given]

    @staticmethod
    def _is_current(message: Message, receipt: Receipt) -> bool:
        """Whether a message is invisible by this very receive."""
        return not message.gone and message.hidden and message.receives == receipt.receives

    def _offer_again(self, message: Message) -> None:
        self._reveal(message)
        self._put_back(self.groups[message.group], message)
        self._note(message.group)

    def _reveal(self, message: Message) -> None:
        if message.hidden:
            message.hidden = False
            self.groups[message.group].invisible -= 1

    def _note(self, name: str) -> None:
        """Keep `ready` true: the groups that have a message to offer, the longest waiting first."""
        group = self.groups[name]
        if group.available and not (self.fifo and group.invisible):
            self.ready.setdefault(name)
        else:
            self.ready.pop(name, None)

    def _put_back(self, group: Group, message: Message) -> None:
        if not self.fifo:
            group.available.append(message)
            return
        at = next((i for i, other in enumerate(group.available) if other.turn > message.turn), len(group.available))
        group.available.insert(at, message)

    def receive(self, now: float, most: int) -> list[Receipt]:
        """Up to `most` messages; each stays invisible until its time is over."""
        received: list[Receipt] = []
        for name in list(self.ready):
            if len(received) == most:
                break
            group = self.groups[name]
            while group.available and len(received) < most:
                message = group.available.popleft()
                if message.gone or self._leaves(message, now):
                    continue
                received.append(self._receive(group, message, now))
            self._note(name)
        return received

    def _leaves(self, message: Message, now: float) -> bool:
        """Whether a message ends here: too old, or received as often as its redrive policy allows."""
        limit = self.settings.max_receive_count
        if now - message.sent > self.settings.retention_seconds:
            self.expired.append(message)
        elif limit is not None and message.receives >= limit:
            self.dead.append(message)
        else:
            return False
        message.gone = True
        return True

    def _receive(self, group: Group, message: Message, now: float) -> Receipt:
        message.receives += 1
        message.hidden = True
        message.visible_at = now + self.visibility_seconds
        if message.first_received is None:
            message.first_received = now
        group.invisible += 1
        heapq.heappush(self.invisible, (message.visible_at, message.turn, message))
        return Receipt(
            message.id,
            f"{message.id}#{message.receives}",
            message.body,
            message.sent,
            message.first_received,
            message.receives,
            message.visible_at,
            message.attributes,
            message.group_id,
            f"{message.turn:020d}" if self.fifo else None,
        )

    def delete(self, receipt: Receipt) -> bool:
        """Whether this deletes the message; a FIFO queue refuses a receipt past its time."""
        message = self.messages[receipt.message_id]
        if message.gone:
            return False
        if self.fifo and not self._is_current(message, receipt):
            return False
        message.gone = True
        self._reveal(message)
        self._note(message.group)
        return True
