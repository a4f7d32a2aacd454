"""What order_audit reads from its environment; modules/orders sets it."""

from __future__ import annotations

import msgspec


class Settings(msgspec.Struct, frozen=True):
    audit_bucket: str
