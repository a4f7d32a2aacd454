"""What was promised of a figure, and whether this run held it: a number beside a number.

held     handle, aggregated: 5.31 of textbook, at least 4.00
missed   order_search: 0.54 of textbook, at most 0.50
"""

from __future__ import annotations

HELD, MISSED = "held", "missed"
VERDICTS = (HELD, MISSED)


def at_least(limit: float, what: str, measured: float, of: str) -> str:
    return _line(measured >= limit, what, measured, of, f"at least {limit:.2f}")


def at_most(limit: float, what: str, measured: float, of: str) -> str:
    return _line(measured <= limit, what, measured, of, f"at most {limit:.2f}")


def _line(holds: bool, what: str, measured: float, of: str, limit: str) -> str:
    return f"{HELD if holds else MISSED:8} {what}: {measured:.2f} {of}, {limit}"
