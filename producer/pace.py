"""When each record is due: evenly, or in the shape of a day.

records/s
  1.7 |            ,-""-.
  1.0 |         ,-'      `-.          of the mean rate;
  0.3 |`-.__,-'            `-.__      quietest at four in the morning, UTC
      0h    4h          16h        24h
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from producer.bounds import demand

LEAST_RATE, MOST_RATE = 0.001, 10_000_000
MOST_SECONDS = 1_000_000_000  # thirty years
SWING = 0.7  # how far the rate of a day strays from its mean
QUIETEST = 4 / 24
PRECISION_SECONDS = 1e-6


@dataclass(frozen=True, slots=True)
class Pace:
    """`rate` records a second on average; in the shape of a day that lasts `day_seconds`, where that is given."""

    rate: float
    day_seconds: float | None = None
    day_begun: float = 0.0  # the share of the day that is over at the first record

    def __post_init__(self) -> None:
        demand("rate", self.rate, LEAST_RATE, MOST_RATE, "records a second")
        if self.day_seconds is not None:
            demand("day_seconds", self.day_seconds, 1, MOST_SECONDS)

    def offsets(self) -> Iterator[float]:
        """Seconds after the first record at which each is due, in order."""
        return (self._due(number) for number in count())

    def made_by(self, seconds: float) -> float:
        """How many records are due after this time."""
        if self.day_seconds is None:
            return self.rate * seconds
        turn = 2 * math.pi / self.day_seconds
        begun = 2 * math.pi * (self.day_begun - QUIETEST)
        return self.rate * (seconds - SWING / turn * (math.sin(turn * seconds + begun) - math.sin(begun)))

    def _due(self, number: int) -> float:
        mean = number / self.rate
        if self.day_seconds is None:
            return mean
        early, late = mean / (1 + SWING), mean / (1 - SWING)
        while late - early > PRECISION_SECONDS:
            middle = (early + late) / 2
            early, late = (middle, late) if self.made_by(middle) < number else (early, middle)
        return late
