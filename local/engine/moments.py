"""Points in time as callers give them: seconds since 1970, and no milliseconds by mistake."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TypeGuard

from local.engine.refusals import shown

END = 221_845_392_000.0  # the year 9000: dates can be written up to 9999, and virtual time runs on


def is_number(value: object) -> TypeGuard[float]:
    """A bool is an int to Python, never to us."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def fault(moment: object) -> str:
    """What is wrong with a value as a point in time, and what to do; empty if nothing is."""
    if is_number(moment) and 0 <= moment < END:
        return ""
    told = f"must be epoch seconds, such as datetime.timestamp() gives; got {shown(moment)}"
    if is_number(moment) and END <= moment < END * 1000:
        told += ", which looks like milliseconds; divide them by 1000"
    return told


def instant(seconds: float) -> str:
    """A point in time as people write it; with milliseconds where it is between two seconds."""
    at = datetime.fromtimestamp(round(seconds, 3), UTC)
    fraction = f".{at.microsecond // 1000:03d}" if at.microsecond else ""
    return f"{at:%Y-%m-%dT%H:%M:%S}{fraction}Z"


def refuse_other_moments(name: str, moment: object) -> None:
    if told := fault(moment):
        raise (ValueError if is_number(moment) else TypeError)(f"{name} {told}")


def refuse_other_spans(name: str, seconds: object, most: float) -> None:
    if not is_number(seconds) or not 0 < seconds <= most:
        raise ValueError(f"{name} must be more than 0 and at most {most:.0f} seconds; got {shown(seconds)}")
