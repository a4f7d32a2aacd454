"""What order_pipeline reads from its environment; modules/orders sets it."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

Seconds = Annotated[float, Meta(gt=0)]


class Settings(msgspec.Struct, frozen=True):
    orders_table: str
    stock_table: str
    breakers_table: str
    retry_queue_url: str
    payment_gateway_url: str | None = None  # without one every payment is approved
    carrier_url: str | None = None  # without one every order is shipped
    partner_seconds: Annotated[float, Meta(ge=1, le=20)] = 5.0  # the longest one call to gateway or carrier takes
    order_days: Annotated[int, Meta(ge=1)] | None = None  # finished orders are kept for ever if not set
    breaker_failures: Annotated[int, Meta(ge=1, le=1000)] = 5
    breaker_window_seconds: Seconds = 60.0
    breaker_rest_seconds: Seconds = 15.0
    breaker_longest_rest_seconds: Seconds = 300.0
    breaker_cache_seconds: Annotated[float, Meta(ge=0)] = 5.0
