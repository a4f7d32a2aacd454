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

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from streamkit.quarantine_messages import Rejected
from window_aggregator.coverage import Run, is_covered, runs_of, runs_text
from window_aggregator.delivery import Delivery
from window_aggregator.folding import Late, Rules, fold
from window_aggregator.settings import Time
from window_aggregator.sums import Cells, cells_of, cells_text

VERSION = "1"

# A state this large is written out before anything is added. Lambda ends a window beyond 1 MiB; one batch rarely adds
# as much as is left, and if it does, that early end is a close like any other. Runs go into one DynamoDB item each.
MOST_CELL_CHARACTERS = 512 * 1024
MOST_RUNS = 2_000


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
        places = {int(number): place for place, number in reversed(list(enumerate(delivery.numbers)))}
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
    if text.get("version") != VERSION:
        raise StateError(
            f"state must be of version {VERSION}; got {text.get('version')!r}: a newer deployment made it; "
            "deploy that version again, and the window goes on where it stood"
        )
    try:
        return State(
            _time(text["time"]),
            int(text["bucketSeconds"]),
            int(text["after"]),
            runs_of(text["passed"]),
            runs_of(text["runs"]),
            cells_of(text["cells"]),
        )
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise StateError(
            f"state must be as this function returned it; got the keys {sorted(text)}, of which one does not read: "
            f"{error!r}; no retry mends it: discard the call and redrive its records"
        ) from error


def _time(text: str) -> Time:
    match text:
        case "event" | "arrival":
            return text
    raise ValueError(f'time must be "event" or "arrival"; got {text!r}')
