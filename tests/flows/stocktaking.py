"""What the flow's stores hold, in the words of the producer's report, and how the two differ.

report    expected.totals      expected.late     expected.quarantined   expected.distinctTrips
stores    total# of the table  late# of it       distinct messages      items of the trips table
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ops.totals import Total, summed
from streamkit.quarantine_messages import counted

SUMS = ("trips", "passengers", "fareCents", "distanceMeters", "durationSeconds")
BOUNDS = {"minFareCents": min, "maxFareCents": max}
CLOSER = b"closer"  # how a record begins that is put only to end the windows before it

Place = tuple[int, str]  # vendor and first instant of the bucket
Sums = dict[str, int]


@dataclass(slots=True)
class Stock:
    """Totals and late trips by vendor and bucket, unusable records by consumer, trips that differ."""

    totals: dict[Place, Sums] = field(default_factory=dict)
    late: dict[Place, Sums] = field(default_factory=dict)
    quarantined: dict[str, Sums] = field(default_factory=dict)
    distinct_trips: int = 0


@dataclass(slots=True)
class Expected:
    """What is there for sure, and what puts without an answer may have stored besides: then a copy more is no fault."""

    sure: Stock = field(default_factory=Stock)
    besides: Stock = field(default_factory=Stock)

    def differences(self, held: Stock) -> list[str]:
        """What is otherwise than expected, to the record and the cent."""
        sure, besides = self.sure, self.besides
        rows = [
            *_differing("totals", held.totals, sure.totals, besides.totals),
            *_differing("late", held.late, sure.late, besides.late),
            *_differing("quarantined", held.quarantined, sure.quarantined, besides.quarantined),
        ]
        if held.distinct_trips != sure.distinct_trips:
            rows.append(f"distinct trips: {held.distinct_trips}, expected {sure.distinct_trips}")
        return rows


def _differing(
    what: str, held: Mapping[Any, Sums], sure: Mapping[Any, Sums], besides: Mapping[Any, Sums]
) -> Iterator[str]:
    for place in sorted({*held, *sure, *besides}):
        found, least, more = held.get(place, {}), sure.get(place, {}), besides.get(place, {})
        for name in sorted({*found, *least}):
            if name in BOUNDS and more:
                continue  # a copy may have been the cheapest or the dearest of a bucket that has no other trip
            value, low = found.get(name, 0), least.get(name, 0)
            if not low <= value <= low + more.get(name, 0):
                besides_that = f" to {low + more[name]}" if more.get(name) else ""
                yield f"{what} {place} {name}: {value}, expected {low}{besides_that}"


def reported(documents: Iterable[Mapping[str, Any]], consumers: Iterable[str]) -> Expected:
    """What the reports of producers at the same stream let one expect. All of it must be stored."""
    expected = Expected()
    for document in documents:
        assert document["records"]["failed"] == 0, document["stopped"]
        told = document["expected"]
        for rows, sure, besides in (
            (told["totals"], expected.sure.totals, expected.besides.totals),
            (told["late"], expected.sure.late, expected.besides.late),
        ):
            for row in rows:
                place = row["vendorId"], row["window"]
                _add(sure, place, row)
                if "uncertain" in row:
                    _add(besides, place, row["uncertain"])
        for consumer in consumers:
            _add(expected.sure.quarantined, consumer, told["quarantined"])
            if told["quarantined"]["uncertain"]:
                _add(expected.besides.quarantined, consumer, {"records": told["quarantined"]["uncertain"]})
        expected.sure.distinct_trips += told["distinctTrips"]
    return expected


def held(
    totals_items: Sequence[Mapping[str, Any]], messages: Sequence[Mapping[str, Any]], distinct_trips: int
) -> Stock:
    """What is in the totals table, in quarantine and in the trips table."""
    stock = Stock(distinct_trips=distinct_trips)
    stock.quarantined = {consumer: {"records": count} for consumer, count in unusable(messages).items()}
    for total in summed(item for item in totals_items if _kind(item) == "total"):
        stock.totals[total.vendor, total.bucket] = _sums_of(total)
    for item in totals_items:
        if _kind(item) == "late":
            _add(stock.late, _late_place(item), _late_sums(item))
    return stock


def unusable(messages: Iterable[Mapping[str, Any]]) -> Counter[str]:
    """Different unusable records of each consumer; a message may stand for many."""
    return counted(one for one in messages if not is_closer(one))


def is_closer(message: Mapping[str, Any]) -> bool:
    return base64.b64decode(message.get("data", "")).startswith(CLOSER)


def _kind(item: Mapping[str, Any]) -> str:
    name: str = item["window"]["S"]
    return name.partition("#")[0]


def _sums_of(total: Total) -> Sums:
    facts = total.facts()
    return {name: facts[name] for name in (*SUMS, *BOUNDS)}


def _late_place(item: Mapping[str, Any]) -> Place:
    pickup = datetime.fromisoformat(item["pickupAt"]["S"])
    return int(item["vendorId"]["N"]), f"{pickup.replace(second=0, microsecond=0):%Y-%m-%dT%H:%M:%SZ}"


def _late_sums(item: Mapping[str, Any]) -> Sums:
    fare = int(item["fareCents"]["N"])
    return {
        "trips": 1,
        "passengers": int(item["passengerCount"]["N"]),
        "fareCents": fare,
        "distanceMeters": int(item["distanceMeters"]["N"]),
        "durationSeconds": int(item["durationSeconds"]["N"]),
        "minFareCents": fare,
        "maxFareCents": fare,
    }


def _add(rows: dict[Any, Sums], place: Any, more: Mapping[str, Any]) -> None:
    row = rows.setdefault(place, {})
    for name in ("records", *SUMS):
        if name in more:
            row[name] = row.get(name, 0) + more[name]
    for name, bound in BOUNDS.items():
        if name in more:
            row[name] = bound(row.get(name, more[name]), more[name])
