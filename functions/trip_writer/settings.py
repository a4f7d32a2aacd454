"""What trip_writer reads from its environment; modules/trips sets it."""

from __future__ import annotations

import msgspec


class Settings(msgspec.Struct, frozen=True):
    trips_table: str
    quarantine_queue_url: str
    failures_bucket: str
