"""What order_search reads from its environment; modules/orders sets it."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


class Settings(msgspec.Struct, frozen=True):
    search_url: str
    orders_table: str
    search_index: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,254}$")] = "orders"
