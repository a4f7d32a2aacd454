"""What order_notifications reads from its environment; modules/orders sets it."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


class Settings(msgspec.Struct, frozen=True):
    topic_arn: str
    notices_table: str
    orders_table: str
    notice_days: Annotated[int, Meta(ge=1)] = 90  # outlives every queue that could deliver a change again
