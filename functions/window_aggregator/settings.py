"""What window_aggregator reads from its environment; modules/trips sets it."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Time = Literal["event", "arrival"]
Seconds = Annotated[int, Meta(ge=0)]


class Settings(msgspec.Struct, frozen=True):
    totals_table: str
    quarantine_queue_url: str
    failures_bucket: str
    time: Time = "event"  # what puts a trip into its bucket: when it happened, or when it arrived
    bucket_seconds: Annotated[int, Meta(ge=1, le=86_400)] | None = None  # as long as the mapping's window if not set
    allowed_lateness_seconds: Seconds = 86_400
    allowed_ahead_seconds: Seconds = 300
    total_slots: Annotated[int, Meta(ge=1, le=1000)] = 1
    part_days: Annotated[int, Meta(ge=1)] = 100  # parts outlive the failure objects that could be redriven
