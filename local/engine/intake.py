"""What was received and is not done: the batch being filled, what waits for the next, what waits behind a batch sent.

received ─> overflow ─> gathering ─> sending ─> done
               ^                        │
               └── when it is done ─────┴───> back to the queue when it is not
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from typing import Generic, Protocol, TypeVar

from local.engine import rulings
from local.engine.events import ENVELOPE_BYTES
from local.engine.mapping import Mapping
from local.engine.source import Kind, Source


class Message(Protocol):
    """A message as it was received once, from a queue in virtual time or from SQS."""

    @property
    def message_id(self) -> str: ...
    @property
    def body(self) -> str: ...
    @property
    def group(self) -> str | None:
        """Of a FIFO queue: its messages are done one after the other."""
        ...

    @property
    def visible_at(self) -> float:
        """When the queue offers it again."""
        ...

    def size(self, source: Source, /) -> int: ...


M = TypeVar("M", bound=Message)


@dataclass(slots=True)
class Gathering(Generic[M]):
    """The batch being filled. It is due when it is full, when no message fits any more, or when its time is up.

    `call_by`: when the function must be called for all messages to stay invisible until it is done.
    """

    source: Source
    batch_size: int
    due_at: float
    receipts: list[M] = field(default_factory=list)
    used: int = ENVELOPE_BYTES - 1
    call_by: float = inf

    def add(self, receipt: M, call_by: float) -> bool:
        """False if it does not fit; it then opens the next batch."""
        size = receipt.size(self.source) + 1
        if self.receipts and self.used + size > rulings.PAYLOAD_LIMIT_BYTES:
            return False
        self.used += size
        self.call_by = min(self.call_by, call_by)
        self.due_at = min(self.due_at, call_by)
        self.receipts.append(receipt)
        return True

    @property
    def room(self) -> int:
        return self.batch_size - len(self.receipts)

    def is_due(self, now: float) -> bool:
        return not self.room or now >= self.due_at


@dataclass(frozen=True, slots=True)
class Sending(Generic[M]):
    """A batch on its way. `behind` it waits what was received of its FIFO groups and did not fit into its event.

    received    a1 a2 a3 | a4 b1        six megabytes end at the bar
    sent        a1 a2 a3   b1
    behind               a4             goes on when a3 is done, returns to the queue when it is not
    """

    messages: Sequence[M]
    behind: Sequence[M] = ()
    attempt: int = 1

    def again(self) -> Sending[M]:
        return replace(self, attempt=self.attempt + 1)


class Intake(Generic[M]):
    """`call_seconds`: how long a call may take; a message is not sent unless it stays invisible for that long."""

    def __init__(self, mapping: Mapping, call_seconds: float = 0.0) -> None:
        self.mapping = mapping
        self.call_seconds = call_seconds
        self.gathering: Gathering[M] | None = None
        self.overflow: deque[M] = deque()

    def __bool__(self) -> bool:
        return bool(self.overflow) or self.gathering is not None

    @property
    def due_at(self) -> float | None:
        """When the batch being filled is sent, full or not."""
        return self.gathering.due_at if self.gathering is not None else None

    def take(self, messages: Iterable[M]) -> None:
        self.overflow.extend(messages)

    def gather(self, now: float) -> int:
        """Fill the batch from what waits; how many more messages it takes."""
        mapping = self.mapping
        while self.overflow and (self.gathering is None or self.gathering.room):
            if self.gathering is None:
                self.gathering = Gathering(mapping.source, mapping.batch_size, now + mapping.batching_window_seconds)
            if not self.gathering.add(self.overflow[0], self._call_by(self.overflow[0])):
                self.gathering.due_at = now
                return 0
            self.overflow.popleft()
        return mapping.batch_size if self.gathering is None else self.gathering.room

    def send(self, now: float) -> Sending[M] | None:
        """The batch that was filled, if it is due; what waits of its groups waits behind it from now on."""
        gathering = self.gathering
        if gathering is None or not gathering.is_due(now):
            return None
        self.gathering = None
        waiting, others = _parted_by_groups(gathering.receipts, self.overflow, self.mapping)
        self.overflow = deque(others)
        return Sending(gathering.receipts, waiting)

    def release(self, sending: Sending[M], kept: Sequence[M], now: float) -> list[M]:
        """The batch is over: what waited behind it goes on, but for what is behind a message that was `kept`.

        That is returned, and goes back to the queue, which offers none of it before what is not done. What the queue
        offers again by now does neither: it will be received anew.
        """
        hidden = (message for message in sending.behind if message.visible_at > now)
        back, on = _parted_by_groups(kept, hidden, self.mapping)
        self.overflow.extendleft(reversed(on))
        return back

    def outwaited(self, now: float) -> list[M]:
        """What waited so long that the queue would offer it again during its call: it goes back there instead."""
        if self.gathering is not None and self.gathering.call_by < now:  # it was due, and no slot was free
            self.overflow.extendleft(reversed(self.gathering.receipts))
            self.gathering = None
        late = [message for message in self.overflow if self._call_by(message) < now]
        if late:
            self.overflow = deque(message for message in self.overflow if self._call_by(message) >= now)
        return late

    def _call_by(self, message: M) -> float:
        return message.visible_at - self.call_seconds

    def leave(self) -> list[M]:
        """All that is not sent, and will not be."""
        left = [*(self.gathering.receipts if self.gathering is not None else ()), *self.overflow]
        self.gathering = None
        self.overflow.clear()
        return left


def _parted_by_groups(batch: Sequence[M], waiting: Iterable[M], mapping: Mapping) -> tuple[list[M], list[M]]:
    """What waits of the groups in a batch, and what waits of none of them; a standard queue has no groups."""
    has_groups = mapping.source.kind is Kind.FIFO_QUEUE and rulings.GROUPS_WAIT_FOR_THEIR_BATCH
    groups = {message.group for message in batch} if has_groups else set()
    own: list[M] = []
    others: list[M] = []
    for message in waiting:
        (own if message.group in groups else others).append(message)
    return own, others
