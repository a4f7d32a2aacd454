"""What a number may be. What is no number, or without end, lies within no bounds."""

from __future__ import annotations


def demand(name: str, value: float, least: float, most: float, unit: str = "") -> None:
    """Refuse a value that is not from `least` to `most`."""
    if not least <= value <= most:
        raise ValueError(f"{name} must be {least} to {most}{unit and f' {unit}'}; got {value}.")
