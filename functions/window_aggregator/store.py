"""The totals table: closings become parts and totals, once, however often and by whomever they are attempted.

    claim     mark#shard and the whole closing are written down in one transaction       cut is fixed from here on
    parts     each part with what its total lacks, in transactions of up to 100 actions
    bounds    minima and maxima, each by an update of its own that only ever moves them outwards
    settle    the mark advances and the journal goes, in one transaction

Whoever finds a claim that is not settled finishes it first, from the journal: the invocation that made it may never
come back, and a new mapping may cut the same records otherwise.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, Unpack

from streamkit.throttle import (
    CALL_ERRORS,
    Backoff,
    Placed,
    SecondsLeft,
    cancellation_reasons,
    error_name,
    is_passing,
    place,
)
from window_aggregator import items
from window_aggregator.coverage import Run, Span, Verdict, judge
from window_aggregator.folding import Late
from window_aggregator.items import Item, Mark
from window_aggregator.parts import Closing, Part, addition, unpacked

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import (
        BatchGetItemInputTypeDef,
        BatchGetItemOutputTypeDef,
        BatchWriteItemInputTypeDef,
        BatchWriteItemOutputTypeDef,
        GetItemInputTypeDef,
        GetItemOutputTypeDef,
        QueryInputTypeDef,
        QueryOutputTypeDef,
        TransactWriteItemsInputTypeDef,
        TransactWriteItemsOutputTypeDef,
        UpdateItemInputTypeDef,
        UpdateItemOutputTypeDef,
    )

T = TypeVar("T")

DAY_SECONDS = 86_400

# A transaction takes 100 actions: a part and its total are two.
MOST_PARTS = 50
# BatchWriteItem takes 25 items.
MOST_LATE = 25


class ClosingUnfinishedError(RuntimeError):
    """The time ran out before all parts stood; what stands is not written again."""


class JournalLostError(RuntimeError):
    """What was being written is no longer known."""


class Table(Protocol):
    """What the store needs of a DynamoDB client."""

    def get_item(self, **request: Unpack[GetItemInputTypeDef]) -> GetItemOutputTypeDef: ...
    def query(self, **request: Unpack[QueryInputTypeDef]) -> QueryOutputTypeDef: ...
    def batch_get_item(self, **request: Unpack[BatchGetItemInputTypeDef]) -> BatchGetItemOutputTypeDef: ...
    def batch_write_item(self, **request: Unpack[BatchWriteItemInputTypeDef]) -> BatchWriteItemOutputTypeDef: ...
    def update_item(self, **request: Unpack[UpdateItemInputTypeDef]) -> UpdateItemOutputTypeDef: ...
    def transact_write_items(
        self, **request: Unpack[TransactWriteItemsInputTypeDef]
    ) -> TransactWriteItemsOutputTypeDef: ...


@dataclass(slots=True)
class Tally:
    """What a store did since it was made."""

    parts: int = 0
    conflicts: int = 0


@dataclass(frozen=True, slots=True)
class TotalsStore:
    """Totals, parts, late records and marks of one table."""

    table_name: str
    table: Table
    slots: int
    part_days: int
    backoff: Backoff = field(default_factory=Backoff)
    clock: Callable[[], float] = time.time
    tally: Tally = field(default_factory=Tally)

    def settled(self, shard_id: str, seconds_left: SecondsLeft) -> tuple[int, tuple[Run, ...]]:
        """Up to where the shard is settled, and the runs beyond that were counted out of turn."""

        def look() -> tuple[int, tuple[Run, ...]]:
            mark = self._mark(shard_id, seconds_left)
            if mark.reach <= mark.last:
                return mark.last, ()
            beyond = self._spans(shard_id, mark.last + 1, mark.reach)
            return mark.last, tuple(sorted(run for span in beyond for run in span.runs if run.last > mark.last))

        return self._patiently(look, seconds_left)

    def counted(self, shard_id: str, first: int, last: int, seconds_left: SecondsLeft) -> tuple[Run, ...]:
        """The runs that were counted in a stretch of the shard."""

        def look() -> tuple[Run, ...]:
            self._mark(shard_id, seconds_left)
            return tuple(sorted(run for span in self._spans(shard_id, first, last) for run in span.runs))

        return self._patiently(look, seconds_left)

    def close(self, closing: Closing, seconds_left: SecondsLeft) -> None:
        """Count what the closing holds; if it is counted already, nothing happens."""

        def attempt() -> None:
            while True:
                mark = self._mark(closing.shard_id, seconds_left)
                span = closing.span
                counted = self._spans(closing.shard_id, span.first, span.last) if span.first <= mark.reach else []
                if judge(span, counted) is Verdict.REPEAT:
                    return
                claim = items.claim(self.table_name, mark, closing, self._expiry())
                if self._transacted(claim):
                    self._finish(mark.claimed(pieces=len(claim) - 2), closing, seconds_left, is_fresh=True)
                    return

        self._patiently(attempt, seconds_left)

    def keep(self, late: list[Late], seconds_left: SecondsLeft) -> Placed[Late]:
        """Keep late records apart; what is `left` could not be kept. Keeping again changes nothing."""
        return place(late, self._put_late, lambda left: cut(left, MOST_LATE), self.backoff, seconds_left)

    def _put_late(self, call: list[Late]) -> list[Late]:
        expires_at = self._expiry()
        by_name = {(late.trip.vendor_id, late.record.record.sequence_number, late.record.index): late for late in call}
        writes: list[Any] = [{"PutRequest": {"Item": items.late_item(late, expires_at)}} for late in by_name.values()]
        answer = self.table.batch_write_item(RequestItems={self.table_name: writes})
        unprocessed = answer.get("UnprocessedItems", {}).get(self.table_name, [])
        names = {request["PutRequest"]["Item"]["window"]["S"] for request in unprocessed}
        return [late for late in call if items.late_item(late, expires_at)["window"]["S"] in names]

    def _mark(self, shard_id: str, seconds_left: SecondsLeft) -> Mark:
        """The shard's mark, with nothing unfinished behind it."""
        mark = self._read_mark(shard_id)
        while mark.closing is not None:
            pieces = [self._piece(items.journal_key(mark.closing, number)) for number in range(mark.pieces)]
            if None not in pieces:
                self._finish(mark, unpacked(b"".join(filter(None, pieces))), seconds_left, is_fresh=False)
            before, mark = mark, self._read_mark(shard_id)
            if mark == before:
                raise JournalLostError(
                    f"a claim must keep its journal until it is settled; {mark.closing} has lost it: some of its parts "
                    f"may be missing; recreate the items from the stream, or remove closing from mark#{shard_id}"
                )
        return mark

    def _read_mark(self, shard_id: str) -> Mark:
        key = items.mark_key(shard_id)
        return items.mark_of(self.table.get_item(TableName=self.table_name, Key=key, ConsistentRead=True).get("Item"))

    def _piece(self, key: Item) -> bytes | None:
        item = self.table.get_item(TableName=self.table_name, Key=key, ConsistentRead=True).get("Item")
        return bytes(item["packed"]["B"]) if item else None

    def _finish(self, mark: Mark, closing: Closing, seconds_left: SecondsLeft, is_fresh: bool) -> None:
        """Make all parts of a claimed closing stand, then settle it."""
        standing: dict[Part, Part | None] = {}
        parts = closing.parts()

        def add(call: list[Part]) -> list[Part]:
            if not is_fresh or standing:
                standing.update(self._standing(call))
            return [] if self._added(call, standing, closing) else self._read_again(call, standing)

        self._all(parts, add, MOST_PARTS, seconds_left)
        self._all(parts, self._move_bounds, MOST_PARTS, seconds_left)
        self._transacted(items.settle(self.table_name, mark, closing))

    def _all(
        self, parts: list[Part], send: Callable[[list[Part]], list[Part]], most: int, seconds_left: SecondsLeft
    ) -> None:
        placed = place(parts, send, lambda left: cut(left, most), self.backoff, seconds_left)
        if placed.left:
            raise ClosingUnfinishedError(
                f"all parts of a closing must stand; {len(placed.left)} of {len(parts)} do not yet: "
                f"{placed.refusal or 'the time ran out'}; Lambda tries again and goes on from there, look at the "
                "throttles of the totals table and at total_slots"
            )

    def _read_again(self, call: list[Part], standing: dict[Part, Part | None]) -> list[Part]:
        standing.update(self._standing(call))
        return call

    def _added(self, call: list[Part], standing: Mapping[Part, Part | None], closing: Closing) -> bool:
        """Whether each part stands now, and its total has what it lacked."""
        actions: list[Any] = []
        for part in call:
            there = standing.get(part)
            lacking = addition(part, there)
            if lacking is None:
                continue
            item = items.part_item(part, closing, self._expiry())
            total = items.total_key(part, self.slots)
            actions.append(items.write_part(self.table_name, item, there))
            actions.append(items.add_to_total(self.table_name, total, lacking, closing.bucket_seconds))
        if actions and not self._transacted(actions):
            return False
        self.tally.parts += len(actions) // 2
        return True

    def _standing(self, call: list[Part]) -> dict[Part, Part | None]:
        found = {self._name(item): items.part_of(item) for item in self._read([items.part_key(one) for one in call])}
        return {part: found.get(self._name(items.part_key(part))) for part in call}

    def _move_bounds(self, call: list[Part]) -> list[Part]:
        keys = {part: items.total_key(part, self.slots) for part in call}
        totals = {self._name(item): item for item in self._read(list(keys.values()))}
        for part, key in keys.items():
            total = totals.get(self._name(key), {})
            if "minFareCents" not in total or int(total["minFareCents"]["N"]) > part.sums.min_fare_cents:
                self._move(key, "minFareCents", part.sums.min_fare_cents)
            if "maxFareCents" not in total or int(total["maxFareCents"]["N"]) < part.sums.max_fare_cents:
                self._move(key, "maxFareCents", part.sums.max_fare_cents)
        return []

    def _move(self, key: Item, name: str, value: int) -> None:
        try:
            self.table.update_item(**items.move_bound(self.table_name, key, name, value))
        except CALL_ERRORS as error:
            if error_name(error) != "ConditionalCheckFailedException":  # else it has gone further already
                raise

    def _transacted(self, actions: list[Any]) -> bool:
        """Whether the actions were done; False if a condition no longer held, and nothing was."""
        try:
            self.table.transact_write_items(TransactItems=actions)
        except CALL_ERRORS as error:
            reasons = cancellation_reasons(error)
            self.tally.conflicts += bool(reasons)
            if "ConditionalCheckFailed" in reasons:
                return False
            raise
        return True

    def _spans(self, shard_id: str, first: int, last: int) -> list[Span]:
        """The spans with records between `first` and `last`."""
        found: list[Span] = []
        for item in self._names_downwards(items.span_name(shard_id, 0), items.span_name(shard_id, last)):
            span = items.span_of(item)
            if span.last >= first:
                found.append(span)
            # Windows follow each other: before one that begins no later there is none that matters.
            if span.first <= first and not span.redriven:
                break
        return found

    def _names_downwards(self, low: str, high: str) -> Iterator[Item]:
        request: dict[str, Any] = {
            "TableName": self.table_name,
            "KeyConditionExpression": "#vendorId = :zero AND #window BETWEEN :low AND :high",
            "ExpressionAttributeNames": {"#vendorId": "vendorId", "#window": "window"},
            "ExpressionAttributeValues": {":zero": {"N": "0"}, ":low": {"S": low}, ":high": {"S": high}},
            "ScanIndexForward": False,
            "ConsistentRead": True,
            "Limit": 20,
        }
        while True:
            answer = self.table.query(**request)
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _read(self, keys: list[Item]) -> list[Item]:
        """The items that exist, as they stand."""
        found: list[Item] = []
        wanted: dict[str, Any] = {self.table_name: {"Keys": keys, "ConsistentRead": True}}
        while wanted:
            answer = self.table.batch_get_item(RequestItems=wanted)
            found += answer["Responses"].get(self.table_name, [])
            wanted = answer.get("UnprocessedKeys", {})
        return found

    @staticmethod
    def _name(item: Item) -> tuple[str, str]:
        return item["vendorId"]["N"], item["window"]["S"]

    def _expiry(self) -> int:
        return int(self.clock()) + self.part_days * DAY_SECONDS

    def _patiently(self, attempt: Callable[[], T], seconds_left: SecondsLeft) -> T:
        """What `attempt` returns, once the service takes it."""
        refusal = ""
        for _ in self.backoff.attempts(seconds_left):
            try:
                return attempt()
            except CALL_ERRORS as error:
                if not is_passing(error):
                    raise
                refusal = error_name(error)
        raise ClosingUnfinishedError(
            f"the totals table must answer within the invocation's time; it refused with {refusal}; Lambda tries "
            "again, look at the table's throttles"
        )


def cut(entries: list[T], most: int) -> Iterable[list[T]]:
    return (entries[start : start + most] for start in range(0, len(entries), most))
