"""Which trips of a chunk go into which cells, and which into none.

Lateness is the record's arrival minus the trip's pickup, never the clock: a retry decides the same.

    pickup   ..late..|<- allowed lateness ->| arrival |<- allowed ahead ->|..unusable..
"""

from __future__ import annotations

from dataclasses import dataclass, field

from domain.trip import Trip, Unusable, parse_all
from streamkit.records import UserRecord
from window_aggregator.delivery import Chunk
from window_aggregator.settings import Time
from window_aggregator.sums import Cells, sums_of

Groups = dict[tuple[int, int], list[Trip]]  # by vendor and bucket


@dataclass(frozen=True, slots=True)
class Rules:
    """What counts as late, and as too far ahead to be true. By arrival nothing is either."""

    allowed_lateness_seconds: int
    allowed_ahead_seconds: int


@dataclass(frozen=True, slots=True)
class Late:
    """A trip beyond the allowed lateness, kept apart from the totals."""

    trip: Trip
    record: UserRecord

    @property
    def lateness_seconds(self) -> float:
        return self.record.record.arrived - self.trip.pickup_at.timestamp()


@dataclass(slots=True)
class Left:
    """What of a chunk is in no cell, by its place in the chunk; and the newest moment of what is in one."""

    unusable: list[tuple[int, Unusable]] = field(default_factory=list)
    late: list[tuple[int, Trip]] = field(default_factory=list)
    newest: float | None = None


def fold(chunk: Chunk, cells: Cells, rules: Rules, time: Time, bucket_seconds: int) -> Left:
    """Add the trips of `chunk` to `cells`; what is left has no place there."""
    outcomes, arrivals, left = parse_all(chunk.payloads), chunk.arrivals, Left()
    span = _span(outcomes, arrivals, rules, time)
    if span is not None and span[0] // bucket_seconds == span[1] // bucket_seconds:
        groups = _by_vendor(outcomes, _bucket(span[0], bucket_seconds))  # type: ignore[arg-type]  # all are trips
        left.newest = span[1]
    else:
        trips, moments = _admitted(outcomes, arrivals, rules, time, left)
        groups = _by_vendor_and_bucket(trips, moments, bucket_seconds)
        left.newest = max(moments, default=None)
    for key, group in groups.items():
        sums = sums_of(group)
        cells[key] = cells[key].plus(sums) if key in cells else sums
    return left


def _span(
    outcomes: list[Trip | Unusable], arrivals: list[float], rules: Rules, time: Time
) -> tuple[float, float] | None:
    """The first and the last moment, if all are trips that count: then none needs a look by itself."""
    if set(map(type, outcomes)) != {Trip}:
        return None
    earliest_arrival, latest_arrival = min(arrivals), max(arrivals)
    if time == "arrival":
        return earliest_arrival, latest_arrival
    pickups = [trip.pickup_at for trip in outcomes]  # type: ignore[union-attr]  # all are trips
    first, last = min(pickups).timestamp(), max(pickups).timestamp()
    if last - earliest_arrival > rules.allowed_ahead_seconds or latest_arrival - first > rules.allowed_lateness_seconds:
        return None
    return first, last


def _admitted(
    outcomes: list[Trip | Unusable], arrivals: list[float], rules: Rules, time: Time, left: Left
) -> tuple[list[Trip], list[float]]:
    """The trips that count, each with the moment that gives it its bucket; the others go to `left`."""
    trips: list[Trip] = []
    moments: list[float] = []
    for at, (outcome, arrived) in enumerate(zip(outcomes, arrivals, strict=True)):
        if isinstance(outcome, Unusable):
            left.unusable.append((at, outcome))
            continue
        moment = arrived if time == "arrival" else outcome.pickup_at.timestamp()
        if moment - arrived > rules.allowed_ahead_seconds:
            left.unusable.append((at, _ahead(outcome, moment - arrived, rules)))
        elif arrived - moment > rules.allowed_lateness_seconds:
            left.late.append((at, outcome))
        else:
            trips.append(outcome)
            moments.append(moment)
    return trips, moments


def _ahead(trip: Trip, seconds: float, rules: Rules) -> Unusable:
    return Unusable(
        f"pickupAt must be at most {rules.allowed_ahead_seconds} seconds after the arrival of its record; "
        f"got {trip.pickup_at.isoformat()}, {seconds:.3f} seconds after it",
        trip.correlation_id,
    )


def _by_vendor(trips: list[Trip], bucket: int) -> Groups:
    groups: Groups = {}
    vendors: dict[int, list[Trip]] = {}
    for trip in trips:
        try:
            vendors[trip.vendor_id].append(trip)
        except KeyError:
            vendors[trip.vendor_id] = groups[trip.vendor_id, bucket] = [trip]
    return groups


def _by_vendor_and_bucket(trips: list[Trip], moments: list[float], bucket_seconds: int) -> Groups:
    groups: Groups = {}
    for trip, moment in zip(trips, moments, strict=True):
        groups.setdefault((trip.vendor_id, _bucket(moment, bucket_seconds)), []).append(trip)
    return groups


def _bucket(moment: float, bucket_seconds: int) -> int:
    return int(moment // bucket_seconds) * bucket_seconds
