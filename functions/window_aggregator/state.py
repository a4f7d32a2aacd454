"""The state of a window: what was folded from which records of its shard.

    {"version": "1",
     "time": "event", "bucketSeconds": "60",     how trips are put into buckets, fixed when the window began
     "after": "495903...",                       records up to here are settled: the shard's mark when the window began
     "passed": "<runs>",                         records beyond it that were counted out of turn
     "runs": "<runs>",                           the records folded, one run for each batch
     "cells": "<cells>"}                         their sums by vendor and bucket

Every value is text: Lambda carries the state from call to call, and says of other values only that some runtimes
accept them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, TypeVar

from streamkit.instants import LATEST
from streamkit.quarantine_messages import Rejected
from window_aggregator.coverage import Run, is_covered, runs_of, runs_text
from window_aggregator.delivery import MOST_DIGITS, Delivery
from window_aggregator.folding import Late, Rules, fold
from window_aggregator.settings import Time
from window_aggregator.sums import Cells, cells_of, cells_text

VERSION = "1"
REMEDY = "no retry mends it: discard the call and redrive its records"

# A state this large is written out before anything is added. Lambda ends a window beyond 1 MiB; one batch rarely adds
# as much as is left, and if it does, that early end is a close like any other. Runs go into one DynamoDB item each.
MOST_CELL_CHARACTERS = 512 * 1024
MOST_RUNS = 2_000

# Bounds of what a state may hold: of settings, of the API, of a trip, and of DynamoDB's numbers.
MOST_BUCKET_SECONDS = 86_400
MOST_POSITION = 10**MOST_DIGITS
MOST_VENDOR = 2**31 - 1
MOST_SUM = 10**38 - 1
EARLIEST = -62_135_596_800  # 0001-01-01T00:00:00Z

T = TypeVar("T")


class StateError(ValueError):
    """The state is none that this version of the function can go on with."""


@dataclass(frozen=True, slots=True)
class State:
    """Runs and cells of one window, or of its part since it was last written out."""

    time: Time
    bucket_seconds: int
    after: int = 0
    passed: tuple[Run, ...] = ()
    runs: tuple[Run, ...] = ()
    cells: Cells = field(default_factory=dict)

    @property
    def position(self) -> int:
        """Up to here everything is folded or settled."""
        return max(self.after, self.runs[-1].last) if self.runs else self.after

    @property
    def is_full(self) -> bool:
        """Whether it must be written out before more is folded: decided by the state alone.

        A retry then decides the same, whatever batch or settings it comes with.
        """
        return len(self.runs) >= MOST_RUNS or len(cells_text(self.cells)) >= MOST_CELL_CHARACTERS

    def rest(self) -> State:
        """What the window goes on with after this state was written out."""
        return replace(self, after=self.position, runs=(), cells={})

    def folded(self, delivery: Delivery, stretches: list[Sequence[int]], rules: Rules) -> Folded:
        """This state and the records in these stretches of `delivery`, each whole or not at all."""
        cells, runs = dict(self.cells), list(self.runs)
        rejected: list[Rejected] = []
        late: list[Late] = []
        newest: list[float] = []
        for places in stretches:
            numbers = delivery.numbers
            runs.append(Run(int(numbers[places[0]]), int(numbers[places[-1]]), len(places)))
            for chunk in delivery.chunks(places):
                left = fold(chunk, cells, rules, self.time, self.bucket_seconds)
                found = delivery.user_records(chunk, [at for at, _ in left.unusable])
                rejected += [
                    Rejected(record, record.flaw or refusal.reason, refusal.correlation_id)
                    for record, (_, refusal) in zip(found, left.unusable, strict=True)
                ]
                found = delivery.user_records(chunk, [at for at, _ in left.late])
                late += [Late(trip, record) for record, (_, trip) in zip(found, left.late, strict=True)]
                newest += [left.newest] if left.newest is not None else []
        return Folded(replace(self, runs=tuple(runs), cells=cells), rejected, late, max(newest, default=None))

    def new(self, delivery: Delivery) -> list[Sequence[int]]:
        """The places of the records not in here yet, in stretches without a settled record in between."""
        if not delivery.numbers:
            return []
        if not self.passed and delivery.ascends_beyond(self.position):
            return [range(len(delivery.numbers))]
        stretches: list[list[int]] = [[]]
        position = self.position
        places = {number: place for place, number in reversed(list(enumerate(delivery.positions())))}
        for number, place in sorted(places.items()):
            if number <= position:
                continue
            if is_covered(number, self.passed):
                stretches.append([])
            else:
                stretches[-1].append(place)
        return [stretch for stretch in stretches if stretch]

    def text(self) -> dict[str, str]:
        """The state as it is handed to Lambda."""
        return {
            "version": VERSION,
            "time": self.time,
            "bucketSeconds": str(self.bucket_seconds),
            "after": str(self.after),
            "passed": runs_text(self.passed),
            "runs": runs_text(self.runs),
            "cells": cells_text(self.cells),
        }


@dataclass(frozen=True, slots=True)
class Folded:
    """The state after a delivery, what of the delivery is not in it, and the newest moment of what is."""

    state: State
    rejected: list[Rejected]
    late: list[Late]
    newest: float | None


def state_of(text: Mapping[str, Any]) -> State:
    """The state that `text()` returned, possibly in an older deployment."""
    version = text.get("version")
    if version != VERSION:
        raise StateError(f"state must be of version {VERSION}; got {version!r}: {_origin(version)}")
    bucket_seconds = _field(text, "bucketSeconds", _bucket_seconds)
    return State(
        _field(text, "time", _time),
        bucket_seconds,
        _field(text, "after", _position),
        _field(text, "passed", _runs),
        _field(text, "runs", _ascending),
        _field(text, "cells", _cells),
    )


def _origin(version: object) -> str:
    if isinstance(version, str) and version.isascii() and version.isdigit() and int(version) > int(VERSION):
        return "a newer deployment made it; deploy that version again, and the window goes on where it stood"
    return f"this function never made it; {REMEDY}"


def _field(text: Mapping[str, Any], name: str, read: Callable[[str], T]) -> T:
    """The field as `read` has it, every value within what this function writes."""
    try:
        return read(text[name])
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise StateError(
            f"state must be as this function returned it; its {name} does not read: {error!r:.300}, got "
            f"{text.get(name)!r:.200}; {REMEDY}"
        ) from error


def _time(text: str) -> Time:
    match text:
        case "event" | "arrival":
            return text
    raise ValueError('must be "event" or "arrival"')


def _bucket_seconds(text: str) -> int:
    return _within(int(text), 1, MOST_BUCKET_SECONDS)


def _position(text: str) -> int:
    return _within(int(text), 0, MOST_POSITION)


def _runs(text: str) -> tuple[Run, ...]:
    runs = runs_of(text)
    for run in runs:
        _within(run.records, 1, _within(run.last, _within(run.first, 1, MOST_POSITION), MOST_POSITION) - run.first + 1)
    return runs


def _ascending(text: str) -> tuple[Run, ...]:
    runs = _runs(text)
    for run, following in pairwise(runs):
        _within(following.first, run.last + 1, MOST_POSITION)
    return runs


def _cells(text: str) -> Cells:
    cells = cells_of(text)
    for (vendor, bucket), sums in cells.items():
        _within(vendor, 1, MOST_VENDOR)
        _within(bucket, EARLIEST, LATEST)
        _within(sums.trips, 1, MOST_SUM)
        _within(min(sums), 0, _within(max(sums), 0, MOST_SUM))
        _within(sums.min_fare_cents, 0, sums.max_fare_cents)
    return cells


def _within(number: int, least: int, most: int) -> int:
    if not least <= number <= most:
        raise ValueError(f"must be from {least} to {most}, not {number}")
    return number
