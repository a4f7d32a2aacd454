"""Whether all that was produced is somewhere, and nothing is anywhere twice.

    produced = in totals + late + in quarantine      to the record, and what trips cost to the cent

Every vendor's every minute is compared by itself: two mistakes may not make up for each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ops.columns import money
from ops.expected import counted
from ops.expected import expected as limits
from ops.totals import Total

ONCE = "Trips that were sent twice on purpose count twice; in the trips table each is there once."


@dataclass(frozen=True, slots=True)
class Found:
    """What the stores hold."""

    totals: Sequence[Total] = ()
    late: int = 0
    late_fare_cents: int = 0
    quarantined: int = 0
    trips: int = 0  # in the trips table, where a trip that was repeated on purpose is one

    @property
    def counted(self) -> int:
        return sum(total.trips for total in self.totals)

    @property
    def fare_cents(self) -> int:
        return sum(total.fare_cents for total in self.totals)


@dataclass(frozen=True, slots=True)
class Line:
    """One account: so many records and cents must be there, and so many are."""

    what: str
    due: int
    found: int
    due_cents: int | None = None
    found_cents: int | None = None

    @property
    def holds(self) -> bool:
        return (self.due, self.due_cents) == (self.found, self.found_cents)


@dataclass(frozen=True, slots=True)
class Reconciliation:
    lines: Sequence[Line]
    minutes: int  # compared one by one
    differing: Sequence[str] = field(default_factory=tuple)

    @property
    def holds(self) -> bool:
        return not self.differing and all(line.holds for line in self.lines)

    def text(self) -> str:
        heading = f"{'':28}{'put in':>10}{'found':>10}{'fares put in':>16}{'found':>16}"
        rows = [heading, *map(_row, self.lines)]
        if self.holds:
            rows += [ONCE, f"It holds, in each of {self.minutes} vendor-minutes: to the record and to the cent."]
        else:
            rows += ["IT DOES NOT HOLD.", *self.differing]
        return "\n".join(rows)


def reconciled(expected: Mapping[str, Any], found: Found) -> Reconciliation:
    """The producer's report, `expected` of what it had acknowledged, against the stores."""
    due_totals, due_late = expected["totals"], expected["late"]
    due = sum(expected["kinds"].values())
    due_cents = _sum(due_totals, "fareCents") + _sum(due_late, "fareCents")
    lines = [
        Line(
            "in totals",
            _sum(due_totals, "trips"),
            found.counted,
            _sum(due_totals, "fareCents"),
            found.fare_cents,
        ),
        Line(
            "late, kept apart", _sum(due_late, "trips"), found.late, _sum(due_late, "fareCents"), found.late_fare_cents
        ),
        Line("in quarantine", expected["quarantined"]["records"], found.quarantined),
        Line(
            "altogether",
            due,
            found.counted + found.late + found.quarantined,
            due_cents,
            found.fare_cents + found.late_fare_cents,
        ),
        Line("in the trips table", expected["distinctTrips"], found.trips),
    ]
    return Reconciliation(lines, len(due_totals), tuple(limits([expected]).totals.differences(counted(found.totals))))


def _sum(rows: Iterable[Mapping[str, Any]], name: str) -> int:
    return sum(row[name] for row in rows)


def _row(line: Line) -> str:
    fares = "".join(f"{money(cents):>16}" for cents in (line.due_cents, line.found_cents) if cents is not None)
    return f"{line.what:28}{line.due:10,}{line.found:10,}{fares}{'' if line.holds else '   <- differs'}"
