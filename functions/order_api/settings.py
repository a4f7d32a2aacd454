"""What order_api reads from its environment; modules/orders sets it."""

from __future__ import annotations

import msgspec


class Settings(msgspec.Struct, frozen=True):
    orders_table: str
