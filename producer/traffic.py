"""Trips as a city makes them, and as producers spoil them: the same for the same seed, settings and moments.

    on_time     picked up within the last seconds
    late        picked up earlier, within the allowed lateness
    very_late   later than that
    poison      no trip at all

Any trip may be repeated on purpose: the same bytes once more, a little later.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate
from typing import Literal, get_args

import msgspec

from producer.bounds import demand
from producer.pace import MOST_SECONDS

Kind = Literal["on_time", "late", "very_late", "poison"]
Keys = Literal["by-key", "even", "hot"]
KINDS: tuple[Kind, ...] = get_args(Kind)
KEYS: tuple[Keys, ...] = get_args(Keys)

REMEMBERED = 256  # of the latest trips one is chosen when a trip is repeated
DELAY_MILLISECONDS = 2_000  # from the pickup to the moment an on-time trip is sent
VERY_LATE_MARGIN_SECONDS = 600  # beyond the allowed lateness, so that no slow clock makes it a late one
VERY_LATE_SECONDS = 86_400
MOST_VENDORS = 100_000


class Event(msgspec.Struct, frozen=True, gc=False):
    """What is put, and what the totals should make of it. A repeated trip keeps the number of its original."""

    number: int
    kind: Kind
    key: str
    data: bytes
    vendor_id: int = 0
    pickup_milliseconds: int = 0
    passengers: int = 0
    distance_meters: int = 0
    duration_seconds: int = 0
    fare_cents: int = 0
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Traffic:
    """What the trips are like; the shares are of all records."""

    vendors: int = 20
    skew: float = 0.8  # 0: all vendors alike; 1: the second has half the trips of the first
    keys: Keys = "by-key"
    hot: float = 0.8  # share of vendor 1, where keys are hot
    poison: float = 0.0
    repeated: float = 0.0
    late: float = 0.0
    very_late: float = 0.0
    allowed_lateness_seconds: int = 86_400  # the window aggregator's own default

    def __post_init__(self) -> None:
        demand("vendors", self.vendors, 1, MOST_VENDORS)
        demand("skew", self.skew, 0, 10)
        demand("allowed_lateness_seconds", self.allowed_lateness_seconds, 1, MOST_SECONDS)
        if self.keys not in KEYS:
            raise ValueError(f'keys must be one of {", ".join(KEYS)}; got "{self.keys}".')
        for name in ("hot", "poison", "repeated", "late", "very_late"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be a share from 0 to 1; got {getattr(self, name):g}.")
        if (spoiled := self.poison + self.repeated + self.late + self.very_late) > 1:
            raise ValueError(f"poison, repeated, late and very_late must be at most 1 together; got {spoiled:g}.")


def events(traffic: Traffic, seed: int, moments: Iterable[float]) -> Iterator[Event]:
    """One event for each moment, in epoch seconds, at which something is sent."""
    dice = random.Random(seed)
    weights = list(accumulate((rank + 1) ** -traffic.skew for rank in range(traffic.vendors)))
    recent: deque[Event] = deque(maxlen=REMEMBERED)
    for number, moment in enumerate(moments):
        chance = dice.random()
        if chance < traffic.poison:
            yield _poison(dice, seed, number)
            continue
        chance -= traffic.poison
        if chance < traffic.repeated and recent:
            yield msgspec.structs.replace(dice.choice(recent), repeated=True)
            continue
        trip = _trip(traffic, dice, weights, _kind(traffic, chance - traffic.repeated), number, moment, seed)
        recent.append(trip)
        yield trip


def _kind(traffic: Traffic, chance: float) -> Kind:
    if 0 <= chance < traffic.late:
        return "late"
    return "very_late" if 0 <= chance - traffic.late < traffic.very_late else "on_time"


def _trip(
    traffic: Traffic, dice: random.Random, weights: list[float], kind: Kind, number: int, moment: float, seed: int
) -> Event:
    if traffic.keys == "hot" and dice.random() < traffic.hot:
        vendor_id = 1
    else:
        (vendor_id,) = dice.choices(range(1, traffic.vendors + 1), cum_weights=weights)
    pickup = int(moment * 1000) - _lateness_milliseconds(traffic, dice, kind)
    distance = int(dice.lognormvariate(8.2, 0.7))
    duration = 120 + distance // 7
    fare = 300 + distance * 16 // 100 + dice.randrange(100)
    passengers = min(1 + int(dice.expovariate(1.2)), 6)
    name = f"trip-{seed}-{number:09d}"
    data = (
        f'{{"tripId":"{name}","vendorId":{vendor_id},"passengerCount":{passengers},"pickupAt":"{_instant(pickup)}",'
        f'"distanceMeters":{distance},"durationSeconds":{duration},"fareCents":{fare}}}'
    )
    key = name if traffic.keys == "even" else f"vendor-{vendor_id}"
    return Event(number, kind, key, data.encode(), vendor_id, pickup, passengers, distance, duration, fare)


def _lateness_milliseconds(traffic: Traffic, dice: random.Random, kind: Kind) -> int:
    allowed = traffic.allowed_lateness_seconds * 1000
    if kind == "late":  # with half of the allowance left for the way
        return dice.randrange(allowed // 10, allowed // 2)
    if kind == "very_late":
        return allowed + dice.randrange(VERY_LATE_MARGIN_SECONDS * 1000, VERY_LATE_SECONDS * 1000)
    return dice.randrange(min(DELAY_MILLISECONDS, allowed // 10))


def _poison(dice: random.Random, seed: int, number: int) -> Event:
    name = f"poison-{seed}-{number:09d}"
    data = dice.choice(
        [
            f"{name} is no JSON",
            f'{{"tripId":"{name}","vendorId":1,"passen',
            f'["{name}"]',
            f'{{"tripId":"{name}","passengerCount":1,"pickupAt":"2024-05-01T10:00:00Z"}}',
            f'{{"tripId":"{name}","vendorId":0,"passengerCount":1,"pickupAt":"2024-05-01T10:00:00Z"}}',
            f'{{"tripId":"{name}","vendorId":1,"passengerCount":10,"pickupAt":"2024-05-01T10:00:00Z"}}',
            f'{{"tripId":"{name}","vendorId":1,"passengerCount":1,"pickupAt":"2024-05-01T10:00:00"}}',
            f'{{"tripId":"{name}","vendorId":1,"passengerCount":1,"pickupAt":"2024-05-01T10:00:00Z","fareCents":9.5}}',
        ]
    )
    return Event(number, "poison", name, data.encode())


def _instant(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"
