"""What the reports of producers let one expect of the stores, and how what is there differs.

    sure <= what is there <= sure + besides       for every sum of every vendor and window

`besides` are copies that puts without an answer may have stored; without such puts the sums must be equal. Every
vendor's every window is compared by itself: two mistakes may not make up for each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ops.totals import SUMS, Total

RECORDS = "records"  # of unusable ones nothing else is known
BOUNDS = {"minFareCents": min, "maxFareCents": max}

Place = tuple[int, str]  # vendor, and the first instant of the window
Sums = dict[str, int]


@dataclass(slots=True)
class Limits:
    """The least and the most of each sum, place by place: vendors' windows, or whatever names one account of many."""

    sure: dict[Any, Sums] = field(default_factory=dict)
    besides: dict[Any, Sums] = field(default_factory=dict)

    def add(self, place: Any, sure: Mapping[str, Any], besides: Mapping[str, Any]) -> None:
        add(self.sure, place, sure)
        if any(besides.values()):
            add(self.besides, place, besides)

    def differences(self, found: Mapping[Any, Sums]) -> Iterator[str]:
        """A line for each place at which something else is found, with all that differs there."""
        for place in sorted({*found, *self.sure, *self.besides}):
            if wrong := list(self._wrong(place, found.get(place, {}))):
                yield f"{_named(place)}: {'; '.join(wrong)}"

    def _wrong(self, place: Any, found: Sums) -> Iterator[str]:
        sure, besides = self.sure.get(place, {}), self.besides.get(place, {})
        for name in (RECORDS, *SUMS, *BOUNDS):
            if name in BOUNDS and (besides or name not in sure):
                continue  # a copy may have been the cheapest or the dearest of a window that has no other trip
            least = sure.get(name, 0)
            most = least + besides.get(name, 0)
            if not least <= found.get(name, 0) <= most:
                yield f"{name} must be {span(least, most)}, found {found.get(name, 'none')}"


@dataclass(slots=True)
class Expected:
    """By vendor and window what is in totals, and what is late; by consumer what is in quarantine."""

    totals: Limits = field(default_factory=Limits)
    late: Limits = field(default_factory=Limits)
    quarantined: Limits = field(default_factory=Limits)
    distinct_trips: int = 0


def expected(documents: Iterable[Mapping[str, Any]], consumers: Iterable[str] = ()) -> Expected:
    """What the `expected` of the reports of producers at the same stream comes to, for these consumers of it."""
    whole = Expected()
    for told in documents:
        for rows, limits in ((told["totals"], whole.totals), (told["late"], whole.late)):
            for row in rows:
                limits.add((row["vendorId"], row["window"]), row, row.get("uncertain", {}))
        for consumer in consumers:
            unusable = told["quarantined"]
            whole.quarantined.add(consumer, {RECORDS: unusable["records"]}, {RECORDS: unusable["uncertain"]})
        whole.distinct_trips += told["distinctTrips"]
    return whole


def counted(totals: Iterable[Total]) -> dict[Any, Sums]:
    """Totals as the table has them, by place."""
    found: dict[Any, Sums] = {}
    for total in totals:
        facts = total.facts()
        known = (name for name in (*SUMS, *BOUNDS) if facts[name] is not None)
        found[total.vendor, total.bucket] = {name: facts[name] for name in known}
    return found


def add(rows: dict[Any, Sums], place: Any, more: Mapping[str, Any]) -> None:
    """`more` beside what is at the place already: sums added, bounds widened."""
    row = rows.setdefault(place, {})
    for name in (RECORDS, *SUMS):
        if name in more:
            row[name] = row.get(name, 0) + more[name]
    for name, bound in BOUNDS.items():
        if name in more:
            row[name] = bound(row.get(name, more[name]), more[name])


def span(least: int, most: int) -> str:
    return f"{least}" if least == most else f"{least} to {most}"


def _named(place: Any) -> str:
    return f"vendor {place[0]} at {place[1]}" if isinstance(place, tuple) else str(place)
