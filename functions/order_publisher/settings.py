"""What order_publisher reads from its environment; modules/orders sets it."""

from __future__ import annotations

import msgspec


class Settings(msgspec.Struct, frozen=True):
    bus_name: str
    failures_bucket: str
