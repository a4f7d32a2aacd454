"""Moments as text: ISO-8601 in UTC with milliseconds, the precision of a stream's arrival times."""

from __future__ import annotations

from datetime import UTC, datetime

LATEST = 253402300799  # 9999-12-31T23:59:59Z, the last second that can be written as an instant


def instant(epoch_seconds: float) -> str:
    """1.5 as 1970-01-01T00:00:01.500Z; text in the order of time."""
    return datetime.fromtimestamp(epoch_seconds, UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
