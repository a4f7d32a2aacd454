"""What the tables must show for what was acknowledged: sums per vendor and window of event time.

    acknowledged <= in the table <= acknowledged + uncertain        for every sum of every vendor and window

`uncertain` holds copies that puts without an answer may have stored; without such puts the sums are equal.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from producer.traffic import KINDS, Event
from streamkit.instants import second

Place = tuple[int, int]  # vendor, and the first second of the window


@dataclass(slots=True)
class Sums:
    """Named as the totals table names them."""

    trips: int = 0
    passengers: int = 0
    fareCents: int = 0  # noqa: N815  the table's own attribute
    distanceMeters: int = 0  # noqa: N815
    durationSeconds: int = 0  # noqa: N815

    def add(self, event: Event, times: int = 1) -> None:
        self.trips += times
        self.passengers += times * event.passengers
        self.fareCents += times * event.fare_cents
        self.distanceMeters += times * event.distance_meters
        self.durationSeconds += times * event.duration_seconds

    def document(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(slots=True)
class Row:
    """One vendor's window: what is there for sure, and what may be there besides."""

    sums: Sums = field(default_factory=Sums)
    uncertain: Sums = field(default_factory=Sums)
    fares: tuple[int, int] | None = None  # least and greatest of what is there for sure


class Expectation:
    """Fed with the fate of each event, in any order."""

    def __init__(self, window_seconds: int) -> None:
        if window_seconds < 1:
            raise ValueError(f"window_seconds must be at least 1; got {window_seconds}.")
        self.window_seconds = window_seconds
        self.acknowledged: Counter[str] = Counter(dict.fromkeys(KINDS, 0))
        self.failed = 0
        self._trips = bytearray()  # one for each number: whether its trip is there for sure
        self._totals: defaultdict[Place, Row] = defaultdict(Row)
        self._late: defaultdict[Place, Row] = defaultdict(Row)
        self._uncertain_poison = 0

    def stored(self, event: Event, unanswered: int) -> None:
        self.acknowledged[event.kind] += 1
        self._may_be_stored(event, unanswered)
        if event.kind == "poison":
            return
        row = self._row(event)
        row.sums.add(event)
        least, greatest = row.fares or (event.fare_cents, event.fare_cents)
        row.fares = (min(least, event.fare_cents), max(greatest, event.fare_cents))
        self._trips.extend(bytes(max(0, event.number + 1 - len(self._trips))))
        self._trips[event.number] = 1

    def lost(self, event: Event, unanswered: int) -> None:
        self.failed += 1
        self._may_be_stored(event, unanswered)

    def document(self) -> dict[str, Any]:
        """What to compare with the tables, as JSON."""
        return {
            "windowSeconds": self.window_seconds,
            "kinds": {_in_json(kind): records for kind, records in self.acknowledged.items()},
            "distinctTrips": sum(self._trips),
            "quarantined": {"records": self.acknowledged["poison"], "uncertain": self._uncertain_poison},
            "totals": [self._document(place, row) for place, row in sorted(self._totals.items())],
            "late": [self._document(place, row) for place, row in sorted(self._late.items())],
        }

    def _may_be_stored(self, event: Event, copies: int) -> None:
        if event.kind == "poison":
            self._uncertain_poison += copies
        elif copies:
            self._row(event).uncertain.add(event, copies)

    def _row(self, event: Event) -> Row:
        second = event.pickup_milliseconds // 1000
        rows = self._late if event.kind == "very_late" else self._totals
        return rows[event.vendor_id, second - second % self.window_seconds]

    def _document(self, place: Place, row: Row) -> dict[str, Any]:
        vendor_id, window = place
        fares = {} if row.fares is None else {"minFareCents": row.fares[0], "maxFareCents": row.fares[1]}
        uncertain = {"uncertain": row.uncertain.document()} if row.uncertain.trips else {}
        return {"vendorId": vendor_id, "window": second(window), **row.sums.document(), **fares, **uncertain}


def _in_json(kind: str) -> str:
    first, *rest = kind.split("_")
    return first + "".join(map(str.capitalize, rest))
