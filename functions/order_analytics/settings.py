"""What order_analytics reads from its environment; modules/orders sets it."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


class Settings(msgspec.Struct, frozen=True):
    figures_table: str
    orders_table: str
    marker_days: Annotated[int, Meta(ge=1)] = 90  # outlives every queue that could deliver a change again
