"""How a producer goes about it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from producer.limits import ENVELOPE_BYTES, RECORD_BYTES
from producer.packing import AGGREGATE_BYTES
from streamkit.throttle import Backoff

SMALLEST_AGGREGATE = 1_024


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
        if self.aggregate_bytes is not None and not SMALLEST_AGGREGATE <= self.aggregate_bytes <= most:
            raise ValueError(f"aggregate_bytes must be {SMALLEST_AGGREGATE} to {most}; got {self.aggregate_bytes}.")
        if self.requests_in_flight < 1:
            raise ValueError(f"requests_in_flight must be at least 1; got {self.requests_in_flight}.")
        if self.linger_seconds < 0 or self.give_up_seconds < 0 or self.buffer_bytes < 0:
            raise ValueError("linger_seconds, give_up_seconds and buffer_bytes must not be negative.")
