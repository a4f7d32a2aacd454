"""What order_workflow reads from its environment; modules/orders sets it."""

from __future__ import annotations

import msgspec


class Settings(msgspec.Struct, frozen=True):
    state_machine_arn: str
