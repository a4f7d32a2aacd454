"""Closings become parts and totals, once, however often and by whomever they are attempted.

    claim     mark#shard and the whole closing are written down in one transaction       cut is fixed from here on
    parts     each part with what its total lacks, in transactions of up to 100 actions
    bounds    minima and maxima, each by an update of its own that only ever moves them outwards
    settle    the mark advances and the journal goes, in one transaction

Whoever finds a claim that is not settled finishes it first, from the journal: the invocation that made it may never
come back, and a new mapping may cut the same records otherwise.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from streamkit.throttle import (
    CALL_ERRORS,
    Backoff,
    Placed,
    SecondsLeft,
    UnprovenError,
    error_name,
    is_passing,
    place,
)
from window_aggregator import items
from window_aggregator.coverage import Run, Verdict, judge
from window_aggregator.folding import Late
from window_aggregator.items import Mark, Meaning
from window_aggregator.parts import Closing, Part, addition, unpacked
from window_aggregator.table import TotalsTable

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


class MeaningError(RuntimeError):
    """The table's totals are of something else than the function is set to count."""


@dataclass(frozen=True, slots=True)
class TotalsStore:
    """Totals, parts, late records and marks of one table."""

    table: TotalsTable
    slots: int
    part_days: int
    backoff: Backoff = field(default_factory=Backoff)
    clock: Callable[[], float] = time.time

    def agree(self, ours: Meaning, seconds_left: SecondsLeft) -> None:
        """Go on only if the table's totals are of what `ours` says; the first to count says it for all."""
        standing = self._patiently(lambda: self.table.meaning(ours), seconds_left)
        if standing != ours:
            raise MeaningError(
                f"totals of one table must be of one time and one length of bucket; {self.table.name} holds those by "
                f"{standing.time} of {standing.bucket_seconds} seconds, and this function is set to {ours.time} and "
                f"{ours.bucket_seconds}; nothing was counted, Lambda tries again: set TIME and BUCKET_SECONDS back, or "
                "give the flow another table"
            )

    def settled(self, shard_id: str, seconds_left: SecondsLeft) -> tuple[int, tuple[Run, ...]]:
        """Up to where the shard is settled, and the runs beyond that were counted out of turn."""

        def look() -> tuple[int, tuple[Run, ...]]:
            mark = self._mark(shard_id, seconds_left)
            if mark.reach <= mark.last:
                return mark.last, ()
            beyond = self.table.spans(shard_id, mark.last + 1, mark.reach)
            return mark.last, tuple(sorted(run for span in beyond for run in span.runs if run.last > mark.last))

        return self._patiently(look, seconds_left)

    def counted(self, shard_id: str, first: int, last: int, seconds_left: SecondsLeft) -> tuple[Run, ...]:
        """The runs that were counted in a stretch of the shard."""

        def look() -> tuple[Run, ...]:
            self._mark(shard_id, seconds_left)
            return tuple(sorted(run for span in self.table.spans(shard_id, first, last) for run in span.runs))

        return self._patiently(look, seconds_left)

    def close(self, closing: Closing, seconds_left: SecondsLeft) -> None:
        """Count what the closing holds; if it is counted already, nothing happens."""

        def attempt() -> None:
            while True:
                mark = self._mark(closing.shard_id, seconds_left)
                span = closing.span
                counted = self.table.spans(closing.shard_id, span.first, span.last) if span.first <= mark.reach else []
                if judge(span, counted) is Verdict.REPEAT:
                    return
                claim = items.claim(self.table.name, mark, closing, self._expiry())
                if self.table.transact(claim):
                    self._finish(mark.claimed(pieces=len(claim) - 2), closing, seconds_left, is_fresh=True)
                    return

        self._patiently(attempt, seconds_left)

    def keep(self, late: list[Late], seconds_left: SecondsLeft) -> Placed[Late]:
        """Keep late records apart; what is `left` could not be kept. Keeping again changes nothing."""
        return place(late, self._put_late, lambda left: cut(left, MOST_LATE), self.backoff, seconds_left)

    def _put_late(self, call: list[Late]) -> list[Late]:
        expires_at = self._expiry()
        by_name = {(late.trip.vendor_id, late.record.record.sequence_number, late.record.index): late for late in call}
        unprocessed = self.table.put([items.late_item(late, expires_at) for late in by_name.values()])
        names = {item["window"]["S"] for item in unprocessed}
        return [late for late in call if items.late_item(late, expires_at)["window"]["S"] in names]

    def _mark(self, shard_id: str, seconds_left: SecondsLeft) -> Mark:
        """The shard's mark, with nothing unfinished behind it."""
        mark = self.table.mark(shard_id)
        while mark.closing is not None:
            if packed := self.table.journal(mark.closing, mark.pieces):
                self._finish(mark, unpacked(packed), seconds_left, is_fresh=False)
            before, mark = mark, self.table.mark(shard_id)
            if mark == before:
                raise JournalLostError(
                    f"a claim must keep its journal until it is settled; {mark.closing} has lost it: some of its parts "
                    f"may be missing; recreate the items from the stream, or remove closing from mark#{shard_id}"
                )
        return mark

    def _finish(self, mark: Mark, closing: Closing, seconds_left: SecondsLeft, is_fresh: bool) -> None:
        """Make all parts of a claimed closing stand, then settle it."""
        standing: dict[Part, Part | None] = {}
        parts = closing.parts()

        def add(call: list[Part]) -> list[Part]:
            if not is_fresh or standing:
                standing.update(self.table.standing(call))
            return [] if self._added(call, standing, closing) else self._read_again(call, standing)

        self._all(parts, add, MOST_PARTS, seconds_left)
        self._all(parts, self._move_bounds, MOST_PARTS, seconds_left)
        self.table.transact(items.settle(self.table.name, mark, closing))

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
        standing.update(self.table.standing(call))
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
            actions.append(items.write_part(self.table.name, item, there))
            actions.append(items.add_to_total(self.table.name, total, lacking, closing.bucket_seconds))
        if actions and not self.table.transact(actions):
            return False
        self.table.tally.parts += len(actions) // 2
        return True

    def _move_bounds(self, call: list[Part]) -> list[Part]:
        """Moves each bound that stands further in; returns the parts for which the service had no capacity.

        One that is refused holds up none of the others: where some of many updates are throttled, the next round is
        to have only those left.
        """
        left: list[Part] = []
        keys = {part: items.total_key(part, self.slots) for part in call}
        for part, total in self.table.totals(keys).items():
            try:
                self._move_bounds_of(part, total, keys[part])
            except (ClientError, UnprovenError) as error:
                if not is_passing(error):
                    raise
                left.append(part)
        return left

    def _move_bounds_of(self, part: Part, total: items.Item, key: items.Item) -> None:
        if "minFareCents" not in total or int(total["minFareCents"]["N"]) > part.sums.min_fare_cents:
            self.table.move_bound(key, "minFareCents", part.sums.min_fare_cents)
        if "maxFareCents" not in total or int(total["maxFareCents"]["N"]) < part.sums.max_fare_cents:
            self.table.move_bound(key, "maxFareCents", part.sums.max_fare_cents)

    def _expiry(self) -> int:
        return int(self.clock()) + self.part_days * DAY_SECONDS

    def _patiently(self, attempt: Callable[[], T], seconds_left: SecondsLeft) -> T:
        """What `attempt` returns, once the service takes it."""
        refusal = ""
        for _ in self.backoff.attempts(seconds_left):
            try:
                return attempt()
            except (*CALL_ERRORS, UnprovenError) as error:
                if not is_passing(error):
                    raise
                refusal = error_name(error)
        raise ClosingUnfinishedError(
            f"the totals table must answer within the invocation's time; it refused with {refusal}; Lambda tries "
            "again, look at the table's throttles"
        )


def cut(entries: list[T], most: int) -> Iterable[list[T]]:
    return (entries[start : start + most] for start in range(0, len(entries), most))
