"""Totals as people and scripts want them: slots summed, averages computed.

A total is kept in as many slots as the flow has `total_slots`; a reader adds them up. Averages are sums divided by
trips, never kept: averages cannot be added.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol, Unpack

from ops.columns import columns, money
from ops.pages import items
from streamkit.instants import second

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import (
        QueryInputTypeDef,
        QueryOutputTypeDef,
        ScanInputTypeDef,
        ScanOutputTypeDef,
    )

LAST = "\uffff"  # after every name

# What totals sum up, named as the table names it.
SUMS = ("trips", "passengers", "fareCents", "distanceMeters", "durationSeconds")

COLUMNS = {
    "vendor": "vendor",
    "bucket": "bucket start",
    "trips": "trips",
    "passengers": "passengers",
    "fareCents": "fare",
    "averageFareCents": "average fare",
    "minFareCents": "lowest",
    "maxFareCents": "highest",
    "averageDistanceMeters": "average m",
    "averageDurationSeconds": "average s",
}
MONEY = {"fareCents", "minFareCents", "maxFareCents"}


class Table(Protocol):
    """What is needed of a DynamoDB client."""

    def query(self, **request: Unpack[QueryInputTypeDef]) -> QueryOutputTypeDef: ...
    def scan(self, **request: Unpack[ScanInputTypeDef]) -> ScanOutputTypeDef: ...


@dataclass(frozen=True, slots=True)
class Total:
    """One vendor and bucket. A bound is None while its first window is just being written."""

    vendor: int
    bucket: str
    window_seconds: int
    trips: int
    passengers: int
    fare_cents: int
    distance_meters: int
    duration_seconds: int
    min_fare_cents: int | None
    max_fare_cents: int | None

    def facts(self) -> dict[str, Any]:
        return {
            "vendorId": self.vendor,
            "bucketStart": self.bucket,
            "windowSeconds": self.window_seconds,
            "trips": self.trips,
            "passengers": self.passengers,
            "fareCents": self.fare_cents,
            "distanceMeters": self.distance_meters,
            "durationSeconds": self.duration_seconds,
            "minFareCents": self.min_fare_cents,
            "maxFareCents": self.max_fare_cents,
            "averagePassengers": self._average(self.passengers),
            "averageFareCents": self._average(self.fare_cents),
            "averageDistanceMeters": self._average(self.distance_meters),
            "averageDurationSeconds": self._average(self.duration_seconds),
        }

    def _average(self, whole: int) -> float | None:
        return round(whole / self.trips, 2) if self.trips else None


def read(table: Table, name: str, vendor: int, since: datetime | None, until: datetime | None) -> list[Total]:
    """The totals of a vendor whose buckets begin from `since` on and before `until`."""
    low, high = _keys(since, until)
    found = items(
        table.query,
        TableName=name,
        KeyConditionExpression="#vendor = :vendor AND #window BETWEEN :low AND :high",
        ExpressionAttributeNames={"#vendor": "vendorId", "#window": "window"},
        ExpressionAttributeValues={":vendor": {"N": str(vendor)}, ":low": {"S": low}, ":high": {"S": high}},
        ConsistentRead=True,
    )
    return summed(item for item in found if item["window"] < high)


def read_all(table: Table, name: str, since: datetime | None, until: datetime | None) -> list[Total]:
    """The same of every vendor. Nothing lists vendors, so the whole table is read, with all that is no total."""
    low, high = _keys(since, until)
    found = items(
        table.scan,
        TableName=name,
        FilterExpression="#window BETWEEN :low AND :high",
        ExpressionAttributeNames={"#window": "window"},
        ExpressionAttributeValues={":low": {"S": low}, ":high": {"S": high}},
        ConsistentRead=True,
    )
    return summed(item for item in found if item["window"] < high)


def summed(items: Iterable[Mapping[str, Any]]) -> list[Total]:
    """One total for each vendor and bucket, whatever number of slots it is kept in.

    A slot of which only bounds stand holds no trip.
    """
    slots: dict[tuple[int, str], list[Mapping[str, Any]]] = {}
    for item in items:
        if "trips" not in item:
            continue
        _, bucket, _ = item["window"].split("#")
        slots.setdefault((item["vendorId"], bucket), []).append(item)
    return [_total(vendor, bucket, found) for (vendor, bucket), found in sorted(slots.items())]


def _total(vendor: int, bucket: str, slots: list[Mapping[str, Any]]) -> Total:
    def numbers(name: str) -> list[int]:
        return [slot[name] for slot in slots if name in slot]

    return Total(
        vendor,
        bucket,
        max(numbers("windowSeconds")),
        sum(numbers("trips")),
        sum(numbers("passengers")),
        sum(numbers("fareCents")),
        sum(numbers("distanceMeters")),
        sum(numbers("durationSeconds")),
        min(numbers("minFareCents"), default=None),
        max(numbers("maxFareCents"), default=None),
    )


def _keys(since: datetime | None, until: datetime | None) -> tuple[str, str]:
    """The first key from `since` on, and the first that is not before `until`."""
    return f"total#{_key(since) if since else ''}", f"total#{_key(until) if until else LAST}"


def _key(moment: datetime) -> str:
    """Where keys reach the moment: buckets begin at whole seconds, so a fraction lies after all of its second."""
    return second(moment) + (LAST if moment.microsecond else "")


def as_json(totals: Iterable[Total]) -> str:
    return "\n".join(json.dumps(total.facts()) for total in totals)


def as_table(totals: Iterable[Total]) -> str:
    """Columns under their names, numbers to the right, money in whole units. Nothing found is said."""
    lines = columns([list(COLUMNS.values()), *([_shown(total, name) for name in COLUMNS] for total in totals)])
    return "\n".join(lines if len(lines) > 1 else [*lines, "no totals: a window that is still open is in none"])


def _shown(total: Total, name: str) -> str:
    if name == "averageFareCents":
        return money(Decimal(total.fare_cents) / total.trips) if total.trips else "-"
    value: Any = (total.facts() | {"vendor": total.vendor, "bucket": total.bucket})[name]
    if value is None:
        return "-"
    if isinstance(value, str) or name == "vendor":
        return str(value)
    if name in MONEY:
        return money(value)
    return f"{value:,.1f}" if isinstance(value, float) else f"{value:,}"
