"""Which messages of a queue are delivered, how many batches run at once, and what an answer does to a batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic

from local.engine import rulings
from local.engine.filters import Filters
from local.engine.function import Answer
from local.engine.intake import M
from local.engine.mapping import Mapping
from local.engine.responses import NOT_JSON, TOO_DEEP, UNREADABLE, reported_failures

# Of what has grown: moments as late as those of simulations may be are some microseconds apart.
ROUNDING = 1e-3


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
        grown = int((now - self.saturated_since) * rulings.QUEUE_GROWTH_PER_MINUTE / 60 + ROUNDING)
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
    """What an answer does to a batch; `failed` where the function failed it as a whole, `reason` why none is done."""

    delete: Sequence[M]
    keep: Sequence[M]
    failed: bool = False
    reason: str = ""


def sort_receipts(receipts: Sequence[M], answer: Answer, mapping: Mapping) -> Sorted[M]:
    """The messages to delete and those that return to the queue, from the answer of a function that ran."""
    try:
        reported = _reported(receipts, answer, mapping)
    except BatchFailedError as failed:
        return Sorted((), receipts, failed=True, reason=str(failed))
    delete = [receipt for receipt in receipts if receipt.message_id not in reported]
    keep = [receipt for receipt in receipts if receipt.message_id in reported]
    return Sorted(delete, keep, reason="" if delete else "every message is reported")


class BatchFailedError(Exception):
    """None of a batch is done; the text says why."""


def _reported(receipts: Sequence[M], answer: Answer, mapping: Mapping) -> set[str]:
    """The messages that an answer names as failed."""
    if answer.error is not None:
        raise BatchFailedError(answer.error)
    try:
        response = answer.response
    except ValueError as error:
        raise BatchFailedError(NOT_JSON.reason) from error
    except RecursionError as error:
        raise BatchFailedError(TOO_DEEP.reason) from error
    reported = reported_failures(response) if mapping.report_item_failures else []
    if reported is None:
        raise BatchFailedError(UNREADABLE.reason)
    if not {receipt.message_id for receipt in receipts}.issuperset(reported):
        raise BatchFailedError("the response names a message that is not in the batch")
    return set(reported)


def visibility_seconds(mapping: Mapping, queue_seconds: float, call_seconds: float) -> float:
    """How long the mapping's receives hide a message: the queue's timeout, or longer if a batch needs longer."""
    needed = mapping.batching_window_seconds + call_seconds
    return needed + rulings.VISIBILITY_MARGIN_SECONDS if needed > queue_seconds else queue_seconds
