"""How a producer goes about it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from producer.bounds import demand
from producer.limits import ENVELOPE_BYTES, RECORD_BYTES
from producer.packing import AGGREGATE_BYTES
from streamkit.throttle import Backoff

SMALLEST_AGGREGATE = 1_024
MOST_IN_FLIGHT = 256  # each is a thread with a connection of its own
MOST_BUFFER_BYTES = 2**40


@dataclass(frozen=True, slots=True)
class Settings:
    """The defaults suit a stream on AWS: latencies of some ten milliseconds, throttles that pass within seconds."""

    aggregate_bytes: int | None = AGGREGATE_BYTES  # None: every record by itself
    requests_in_flight: int = 4
    linger_seconds: float = 0.1  # how long a record waits for company
    give_up_seconds: float = 60.0  # after this long a record that Kinesis keeps refusing has failed
    buffer_bytes: int = 32 * 1024 * 1024  # with more than this sealed and not yet stored, `put` waits
    backoff: Backoff = field(default_factory=lambda: Backoff(first_seconds=0.1, longest_seconds=5.0))
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        most = RECORD_BYTES - ENVELOPE_BYTES
        if self.aggregate_bytes is not None:
            demand("aggregate_bytes", self.aggregate_bytes, SMALLEST_AGGREGATE, most)
        demand("requests_in_flight", self.requests_in_flight, 1, MOST_IN_FLIGHT)
        demand("linger_seconds", self.linger_seconds, 0, 3_600)
        demand("give_up_seconds", self.give_up_seconds, 0, 86_400)
        demand("buffer_bytes", self.buffer_bytes, 0, MOST_BUFFER_BYTES)
