"""The totals table against the reports of the producers that filled it.

    report     expected.totals     expected.late
    table      total#...           late#...          of the vendors and windows that the reports name

A window is compared whole: whoever else put trips of the same vendors at the same time has a report to be given as
well. Late trips are told apart by the seed in their name and by when they arrived.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from ops.columns import columns, money
from ops.expected import BOUNDS, Expected, Limits, Sums, add, counted, expected
from ops.pages import items
from ops.totals import SUMS, Table, Total, read
from streamkit.instants import second

MOST_NAMED = 20
ARRIVAL_SECONDS = 10.0  # how far the clocks of a producer and of the stream may be apart

SHOWN = {"trips": "{:,}".format, "fareCents": money}


class ReportError(ValueError):
    """A file that is no report of the producer, or one of other windows than the table's."""


@dataclass(frozen=True, slots=True)
class Run:
    """One report: what its producer had acknowledged, and when."""

    seed: int
    begun: datetime
    ended: datetime
    expected: Mapping[str, Any]

    def has(self, late: Mapping[str, Any]) -> bool:
        """Whether a late trip of the table is one of this run's."""
        slack = timedelta(seconds=ARRIVAL_SECONDS)
        arrived = datetime.fromisoformat(late["arrivedAt"])
        return late["tripId"].startswith(f"trip-{self.seed}-") and self.begun - slack <= arrived <= self.ended + slack


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What was found beside what the reports say, and every difference."""

    expected: Expected
    unusable: int
    totals: Mapping[Any, Sums]
    late: Mapping[Any, Sums]

    @property
    def differences(self) -> list[str]:
        return [
            *(f"totals of {line}" for line in self.expected.totals.differences(self.totals)),
            *(f"late trips of {line}" for line in self.expected.late.differences(self.late)),
        ]

    @property
    def holds(self) -> bool:
        return not self.differences

    def text(self) -> str:
        rows = [
            ("", "by the reports", "in the table"),
            *_rows("totals", self.expected.totals, self.totals),
            *_rows("late", self.expected.late, self.late),
        ]
        return "\n".join([*columns(rows), *self._verdict(), *self._aside()])

    def facts(self) -> dict[str, Any]:
        return {
            "holds": self.holds,
            "windows": len(self.expected.totals.sure),
            "differences": self.differences,
            "quarantineNotLookedAt": self.unusable,
        }

    def _verdict(self) -> Iterator[str]:
        if self.holds:
            exact = "within what the reports call uncertain" if self._uncertain else "to the record and the cent"
            yield f"It holds, in each of {len(self.expected.totals.sure)} windows of a vendor: {exact}."
            return
        yield "IT DOES NOT HOLD."
        yield from self.differences[:MOST_NAMED]
        if more := self.differences[MOST_NAMED:]:
            yield f"and {len(more)} more, which --json tells"
        yield (
            "Fewer: a window is counted when its shard has a record of a later one. More: whoever else put trips of "
            "these windows has a report as well; add it with another --report."
        )

    def _aside(self) -> Iterator[str]:
        if self.unusable:
            yield (
                f"Not looked at: {self.unusable:,} unusable records, which each consumer puts into quarantine; "
                "a queue is not read without taking from it."
            )

    @property
    def _uncertain(self) -> bool:
        return bool(self.expected.totals.besides or self.expected.late.besides)


def run_of(path: Path) -> Run:
    """The report in a file."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        begun = datetime.fromisoformat(document["begunAt"])
        run = Run(document["seed"], begun, begun + timedelta(seconds=document["seconds"]), document["expected"])
        expected([run.expected])
    except OSError as error:
        raise ReportError(f"--report must name a file that can be read; got {path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ReportError(
            f"--report must name what `python -m producer --report` wrote; got {path}: {error!r} is in the way"
        ) from error
    return run


def reconciled(table: Table, name: str, runs: Sequence[Run]) -> Reconciliation:
    """What the table holds of the vendors and windows of these runs, beside what it should."""
    lengths = {run.expected["windowSeconds"] for run in runs}
    if len(lengths) != 1:
        raise ReportError(f"all reports must have windows of one length; got {sorted(lengths)} seconds")
    (length,) = lengths
    due = expected(run.expected for run in runs)
    return Reconciliation(
        due,
        sum(run.expected["quarantined"]["records"] for run in runs),
        counted(_totals(table, name, due, length)),
        _late(table, name, due, runs, length),
    )


def late_sums(trip: Mapping[str, Any]) -> Sums:
    """A late trip of the table as the sums of one."""
    fare = trip["fareCents"]
    return {
        "trips": 1,
        "passengers": trip["passengerCount"],
        "fareCents": fare,
        "distanceMeters": trip["distanceMeters"],
        "durationSeconds": trip["durationSeconds"],
    } | dict.fromkeys(BOUNDS, fare)


def late_place(trip: Mapping[str, Any], window_seconds: int = 60) -> tuple[int, str]:
    """The vendor and window that a late trip would have counted in."""
    moment = int(datetime.fromisoformat(trip["pickupAt"]).timestamp() // 1)
    return trip["vendorId"], second(moment - moment % window_seconds)


def _totals(table: Table, name: str, due: Expected, window_seconds: int) -> list[Total]:
    """The totals between the first window and the last of those that are due, of the vendors that have any."""
    places = [*due.totals.sure, *due.totals.besides]
    if not places:
        return []
    first, last = (datetime.fromisoformat(bound(window for _, window in places)) for bound in (min, max))
    end = last + timedelta(seconds=1)
    found = [total for vendor in _vendors(due) for total in read(table, name, vendor, first, end)]
    if others := {total.window_seconds for total in found} - {window_seconds}:
        raise ReportError(
            f"the reports must have windows as long as the table's, {min(others)} s; got {window_seconds} s: "
            f"run the producer with --window-seconds {min(others)}"
        )
    return found


def _late(table: Table, name: str, due: Expected, runs: Sequence[Run], window_seconds: int) -> dict[Any, Sums]:
    found: dict[Any, Sums] = {}
    for vendor in _vendors(due):
        kept = items(
            table.query,
            TableName=name,
            KeyConditionExpression="#vendor = :vendor AND begins_with(#window, :late)",
            ExpressionAttributeNames={"#vendor": "vendorId", "#window": "window"},
            ExpressionAttributeValues={":vendor": {"N": str(vendor)}, ":late": {"S": "late#"}},
            ConsistentRead=True,
        )
        for trip in kept:
            if any(run.has(trip) for run in runs):
                add(found, late_place(trip, window_seconds), late_sums(trip))
    return found


def _vendors(due: Expected) -> list[int]:
    limits = (due.totals, due.late)
    return sorted({vendor for each in limits for vendor, _ in [*each.sure, *each.besides]})


def _rows(what: str, limits: Limits, found: Mapping[Any, Sums]) -> Iterator[tuple[str, str, str]]:
    for name, shown in SHOWN.items():
        least = _sum(limits.sure.values(), name)
        most = least + _sum(limits.besides.values(), name)
        due = shown(least) if least == most else f"{shown(least)} to {shown(most)}"
        yield f"{what}, {name.removesuffix('Cents')}", due, shown(_sum(found.values(), name))


def _sum(rows: Iterable[Sums], name: str) -> int:
    assert name in SUMS
    return sum(row.get(name, 0) for row in rows)
