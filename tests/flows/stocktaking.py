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
    quarantined: dict[str, int] = field(default_factory=dict)
    distinct_trips: int = 0

    def differences(self, expected: Stock) -> list[str]:
        """What is otherwise than expected, to the record and the cent."""
        rows = [
            *_differing("totals", self.totals, expected.totals),
            *_differing("late", self.late, expected.late),
            *_differing("quarantined", self.quarantined, expected.quarantined),
        ]
        if self.distinct_trips != expected.distinct_trips:
            rows.append(f"distinct trips: {self.distinct_trips}, expected {expected.distinct_trips}")
        return rows


def _differing(what: str, held: Mapping[Any, Any], expected: Mapping[Any, Any]) -> Iterator[str]:
    for place in sorted({*held, *expected}):
        if held.get(place) != expected.get(place):
            yield f"{what} {place}: {held.get(place)}, expected {expected.get(place)}"


def reported(documents: Iterable[Mapping[str, Any]], consumers: Iterable[str]) -> Stock:
    """What the reports of producers at the same stream let one expect. None of them may be uncertain."""
    stock = Stock(quarantined=dict.fromkeys(consumers, 0))
    for document in documents:
        assert document["records"]["uncertain"] == document["records"]["failed"] == 0, "nothing exact to compare with"
        expected = document["expected"]
        for row in expected["totals"]:
            _add(stock.totals, (row["vendorId"], row["window"]), row)
        for row in expected["late"]:
            _add(stock.late, (row["vendorId"], row["window"]), row)
        for consumer in stock.quarantined:
            stock.quarantined[consumer] += expected["quarantined"]["records"]
        stock.distinct_trips += expected["distinctTrips"]
    return stock


def held(
    totals_items: Sequence[Mapping[str, Any]], messages: Sequence[Mapping[str, Any]], distinct_trips: int
) -> Stock:
    """What is in the totals table, in quarantine and in the trips table."""
    stock = Stock(distinct_trips=distinct_trips, quarantined=dict(unusable(messages)))
    for total in summed(item for item in totals_items if _kind(item) == "total"):
        stock.totals[total.vendor, total.bucket] = _sums_of(total)
    for item in totals_items:
        if _kind(item) == "late":
            _add(stock.late, _late_place(item), _late_sums(item))
    return stock


def unusable(messages: Iterable[Mapping[str, Any]]) -> Counter[str]:
    """Distinct unusable records of each consumer; one message may stand for a whole aggregate."""
    identities = {
        (one["consumer"], one["shardId"], one["sequenceNumber"], one["index"]): one.get("unusableRecords", 1)
        for one in messages
        if not is_closer(one)
    }
    counts: Counter[str] = Counter()
    for (consumer, *_), records in identities.items():
        counts[consumer] += records
    return counts


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


def _add(rows: dict[Place, Sums], place: Place, more: Mapping[str, int]) -> None:
    row = rows.get(place)
    if row is None:
        rows[place] = {name: more[name] for name in (*SUMS, *BOUNDS)}
        return
    for name in SUMS:
        row[name] += more[name]
    for name, bound in BOUNDS.items():
        row[name] = bound(row[name], more[name])
