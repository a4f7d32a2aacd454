"""What order_cache reads from its environment; modules/orders sets it."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


class Settings(msgspec.Struct, frozen=True):
    cache_url: Annotated[str, Meta(pattern=r"^(rediss?|unix)://.")]  # rediss://:token@host:6379 with TLS and a token
    orders_table: str
    tombstone_seconds: Annotated[int, Meta(ge=1)] = 15 * 86_400  # longer than a queue keeps a message: 14 days
