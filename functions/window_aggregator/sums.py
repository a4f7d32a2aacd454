"""What is kept of many trips: a count, four sums, two bounds. Integers only; money is in cents."""

from __future__ import annotations

from typing import NamedTuple

from domain.trip import Trip


class Sums(NamedTuple):
    """Of the trips of one vendor and bucket; there is at least one."""

    trips: int
    passengers: int
    fare_cents: int
    distance_meters: int
    duration_seconds: int
    min_fare_cents: int
    max_fare_cents: int

    def plus(self, other: Sums) -> Sums:
        return Sums(
            self.trips + other.trips,
            self.passengers + other.passengers,
            self.fare_cents + other.fare_cents,
            self.distance_meters + other.distance_meters,
            self.duration_seconds + other.duration_seconds,
            min(self.min_fare_cents, other.min_fare_cents),
            max(self.max_fare_cents, other.max_fare_cents),
        )

    def beyond(self, part: Sums) -> Sums:
        """What these hold beyond a `part` of them. Bounds know no difference: they stay those of the whole."""
        return Sums(
            self.trips - part.trips,
            self.passengers - part.passengers,
            self.fare_cents - part.fare_cents,
            self.distance_meters - part.distance_meters,
            self.duration_seconds - part.duration_seconds,
            self.min_fare_cents,
            self.max_fare_cents,
        )


def sums_of(trips: list[Trip]) -> Sums:
    # Column by column: half the price of adding each trip to seven numbers.
    fares = [trip.fare_cents for trip in trips]
    return Sums(
        len(trips),
        sum([trip.passenger_count for trip in trips]),
        sum(fares),
        sum([trip.distance_meters for trip in trips]),
        sum([trip.duration_seconds for trip in trips]),
        min(fares),
        max(fares),
    )


Cells = dict[tuple[int, int], Sums]  # by vendor and start of the bucket in epoch seconds


def cells_text(cells: Cells) -> str:
    """`vendor,bucket,trips,...` of every cell: numbers in text, because not every reader of JSON keeps 64 bits."""
    return ";".join(",".join(map(str, (*key, *sums))) for key, sums in cells.items())


def cells_of(text: str) -> Cells:
    cells: Cells = {}
    for cell in filter(None, text.split(";")):
        vendor, bucket, *sums = map(int, cell.split(","))
        cells[vendor, bucket] = Sums(*sums)
    return cells
