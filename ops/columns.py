"""Tables as people read them in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Labels to the left, numbers to the right, each under its name."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows]


def money(cents: int | Decimal) -> str:
    """1234567 as 12,345.67; exact, however much it is."""
    return f"{Decimal(cents) / 100:,.2f}"
