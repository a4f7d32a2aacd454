"""Moments as text: ISO-8601 in UTC, in milliseconds, the precision of a stream's arrival times, or in seconds."""

from __future__ import annotations

from datetime import UTC, datetime

LATEST = 253402300799  # 9999-12-31T23:59:59Z, the last second that can be written as an instant


def instant(epoch_seconds: float) -> str:
    """1.5 as 1970-01-01T00:00:01.500Z; text in the order of time."""
    return _written(datetime.fromtimestamp(epoch_seconds, UTC), "milliseconds")


def second(moment: float | datetime) -> str:
    """1.5, or that moment in UTC, as 1970-01-01T00:00:01Z."""
    return _written(moment if isinstance(moment, datetime) else datetime.fromtimestamp(moment, UTC), "seconds")


def moment(text: str) -> datetime:
    """A moment in UTC out of ISO-8601; one without an offset is taken to be in it."""
    try:
        given = datetime.fromisoformat(text)
        return given.replace(tzinfo=UTC) if given.tzinfo is None else given.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(f'must be ISO-8601, such as 2024-05-01T10:00Z; got "{text}"') from error


def _written(moment: datetime, timespec: str) -> str:
    return moment.isoformat(timespec=timespec).removesuffix("+00:00") + "Z"
