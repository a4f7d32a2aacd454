"""Totals as people and scripts want them: slots summed, averages computed.

A total is kept in as many slots as the flow has `total_slots`; a reader adds them up. Averages are sums divided by
trips, never kept: averages cannot be added.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol, Unpack

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef, QueryOutputTypeDef

LAST = "\uffff"  # after every name

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
MONEY = {"fareCents", "averageFareCents", "minFareCents", "maxFareCents"}


class Table(Protocol):
    """What is needed of a DynamoDB client."""

    def query(self, **request: Unpack[QueryInputTypeDef]) -> QueryOutputTypeDef: ...


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
    low = f"total#{_key(since)}" if since else "total#"
    high = f"total#{_key(until)}" if until else f"total#{LAST}"
    return summed(item for item in _items(table, name, vendor, low, high) if item["window"]["S"] < high)


def summed(items: Iterable[Mapping[str, Any]]) -> list[Total]:
    """One total for each vendor and bucket, whatever number of slots it is kept in.

    A slot of which only bounds stand holds no trip.
    """
    slots: dict[tuple[int, str], list[Mapping[str, Any]]] = {}
    for item in items:
        if "trips" not in item:
            continue
        _, bucket, _ = item["window"]["S"].split("#")
        slots.setdefault((int(item["vendorId"]["N"]), bucket), []).append(item)
    return [_total(vendor, bucket, found) for (vendor, bucket), found in sorted(slots.items())]


def _total(vendor: int, bucket: str, slots: list[Mapping[str, Any]]) -> Total:
    def numbers(name: str) -> list[int]:
        return [int(slot[name]["N"]) for slot in slots if name in slot]

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


def _items(table: Table, name: str, vendor: int, low: str, high: str) -> Iterator[Mapping[str, Any]]:
    request: dict[str, Any] = {
        "TableName": name,
        "KeyConditionExpression": "#vendorId = :vendor AND #window BETWEEN :low AND :high",
        "ExpressionAttributeNames": {"#vendorId": "vendorId", "#window": "window"},
        "ExpressionAttributeValues": {":vendor": {"N": str(vendor)}, ":low": {"S": low}, ":high": {"S": high}},
    }
    while True:
        answer = table.query(**request)
        yield from answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _key(moment: datetime) -> str:
    """The first whole second from the moment on, as keys have it: buckets begin at whole seconds."""
    whole = moment.replace(microsecond=0) + timedelta(seconds=bool(moment.microsecond))
    return whole.isoformat().removesuffix("+00:00") + "Z"


def as_json(totals: Iterable[Total]) -> str:
    return "\n".join(json.dumps(total.facts()) for total in totals)


def as_table(totals: Iterable[Total]) -> str:
    """Columns under their names, numbers to the right, money in whole units. Nothing found is said."""
    rows = [list(COLUMNS.values()), *([_shown(total, name) for name in COLUMNS] for total in totals)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(lines if len(lines) > 1 else [*lines, "no totals: a window that is still open is in none"])


def _shown(total: Total, name: str) -> str:
    value: Any = (total.facts() | {"vendor": total.vendor, "bucket": total.bucket})[name]
    if value is None:
        return "-"
    if isinstance(value, str) or name == "vendor":
        return str(value)
    if name in MONEY:
        return f"{value / 100:,.2f}"
    return f"{value:,.1f}" if isinstance(value, float) else f"{value:,}"
