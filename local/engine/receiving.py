"""How a queue's messages become batches, how many batches run at once, and what an answer does to a batch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, Protocol, TypeVar

from local.engine import rulings
from local.engine.events import ENVELOPE_BYTES
from local.engine.filters import Filters
from local.engine.function import Answer
from local.engine.mapping import Mapping
from local.engine.responses import reported_failures
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
    """The batch being filled. It is due when it is full, when no message fits any more, or when its time is up."""

    source: Source
    batch_size: int
    due_at: float
    receipts: list[M] = field(default_factory=list)
    used: int = ENVELOPE_BYTES - 1

    def add(self, receipt: M) -> bool:
        """False if it does not fit; it then opens the next batch."""
        size = receipt.size(self.source) + 1
        if self.receipts and self.used + size > rulings.PAYLOAD_LIMIT_BYTES:
            return False
        self.used += size
        self.receipts.append(receipt)
        return True

    @property
    def room(self) -> int:
        return self.batch_size - len(self.receipts)

    def is_due(self, now: float) -> bool:
        return bool(self.receipts) and (not self.room or now >= self.due_at)


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

    def release(self, kept: Sequence[M], mapping: Mapping, now: float) -> tuple[list[M], list[M]]:
        """The batch is over: what goes on, and what returns to the queue behind a message that was `kept`.

        What the queue offers again by now is in neither: it will be received anew.
        """
        back, on = behind(kept, (message for message in self.behind if message.visible_at > now), mapping)
        return on, back


def behind(batch: Sequence[M], waiting: Iterable[M], mapping: Mapping) -> tuple[list[M], list[M]]:
    """What waits of the groups in a batch, and what waits of none of them; a standard queue has no groups."""
    has_groups = is_fifo(mapping) and rulings.GROUPS_WAIT_FOR_THEIR_BATCH
    groups = {message.group for message in batch} if has_groups else set()
    own: list[M] = []
    others: list[M] = []
    for message in waiting:
        (own if message.group in groups else others).append(message)
    return own, others


class Concurrency:
    """How many batches may run at once: grows while it is the bottleneck, halves when the function fails."""

    def __init__(self, mapping: Mapping) -> None:
        first, highest = rulings.QUEUE_FIRST_CONCURRENCY, rulings.QUEUE_HIGHEST_CONCURRENCY
        if mapping.pollers is not None:
            first = mapping.pollers.minimum * rulings.INVOCATIONS_PER_POLLER
            highest = mapping.pollers.maximum * rulings.INVOCATIONS_PER_POLLER
        if mapping.maximum_concurrency is not None:
            highest = mapping.maximum_concurrency
        self.highest = highest
        self.first = min(first, highest)
        self.base = self.first
        self.saturated_since: float | None = None

    def limit(self, now: float) -> int:
        if self.saturated_since is None:
            return self.base
        grown = int((now - self.saturated_since) * rulings.QUEUE_GROWTH_PER_MINUTE / 60 + 1e-9)
        return min(self.highest, self.base + grown)

    def saturated(self, now: float) -> float | None:
        """Every slot is taken and messages wait: the limit begins to grow; when it next will, if it can."""
        if self.saturated_since is None:
            self.saturated_since = now
        limit = self.limit(now)
        if limit >= self.highest:
            return None
        return self.saturated_since + (limit + 1 - self.base) * 60 / rulings.QUEUE_GROWTH_PER_MINUTE

    def relieved(self, now: float) -> None:
        """A slot is free and nothing waits: the limit stays where it is."""
        self.base, self.saturated_since = self.limit(now), None

    def idle(self) -> None:
        self.base, self.saturated_since = self.first, None

    def back_off(self, now: float) -> None:
        self.base = max(self.first, int(self.limit(now) * rulings.QUEUE_BACK_OFF_FACTOR))
        self.saturated_since = None


def admit(messages: Sequence[M], filters: Filters) -> tuple[list[M], list[M]]:
    """The messages that pass the filters, and those to delete."""
    admitted: list[M] = []
    refused: list[M] = []
    for message in messages:
        (admitted if filters.admit({"body": message.body}) else refused).append(message)
    return admitted, refused


@dataclass(frozen=True, slots=True)
class Sorted(Generic[M]):
    """What an answer does to a batch; `failed` where none of it is done."""

    delete: Sequence[M]
    keep: Sequence[M]
    failed: bool = False


def sort_receipts(receipts: Sequence[M], answer: Answer, mapping: Mapping) -> Sorted[M]:
    """The messages to delete and those that return to the queue, from the answer of a function that ran."""
    everything_failed: Sorted[M] = Sorted((), receipts, failed=True)
    if answer.error is not None:
        return everything_failed
    try:
        response = answer.response
    except (ValueError, RecursionError):  # not JSON, or nested too deeply to read
        return everything_failed
    reported = reported_failures(response) if mapping.report_item_failures else []
    known = {receipt.message_id for receipt in receipts}
    if reported is None or not known.issuperset(reported):
        return everything_failed
    return Sorted(
        [receipt for receipt in receipts if receipt.message_id not in reported],
        [receipt for receipt in receipts if receipt.message_id in reported],
    )


def visibility_seconds(mapping: Mapping, queue_seconds: float, function_timeout: float | None) -> float:
    """How long the mapping's receives hide a message: the queue's timeout, or longer if a batch needs longer."""
    needed = mapping.batching_window_seconds + (function_timeout or 0.0)
    return needed + rulings.VISIBILITY_MARGIN_SECONDS if needed > queue_seconds else queue_seconds


def is_fifo(mapping: Mapping) -> bool:
    return mapping.source.kind is Kind.FIFO_QUEUE
