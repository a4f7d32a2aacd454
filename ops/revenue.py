"""Revenue as people watch it: figures in, lines out.

    2026-11-21 00:05 to 2026-11-21 01:05 UTC, by minute

    sku          orders  paid  rejected  units    revenue
    all             412   398         9  1,204  12,345.67  ▁▂▃▅▇█▆▅▃▂▁
    tea             211   200         3    422  10,550.00  ▁▂▃▅▇█▆▅▃▂▁

    minute       orders  paid  rejected  units    revenue
    11-21 01:04       3     2         0      5      85.00  ███

A sku's line has a sparkline of its revenue over time, a period's a bar of its own.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest

from ops.columns import columns, money
from ops.figures import LENGTHS, Figure, Sums, facts, total

BLOCKS = "▁▂▃▄▅▆▇█"
ASCII = "_.-=+*%#"  # for terminals that know no blocks

NAMES = ("orders", "paid", "rejected", "units", "revenue")
LONGEST_LABEL = 24
NARROWEST_PICTURE = 8
WIDEST_PICTURE = 60

# What is there beside skus and periods: the head, two headings, all orders, and two blank lines.
FIXED_LINES = 6

Trend = dict[datetime, Sums]


@dataclass(frozen=True, slots=True)
class Screen:
    """How much there is room for, and what pictures are drawn with, from the least to the most."""

    columns: int = 100
    lines: int = 10_000
    bars: str = BLOCKS


def as_json(figures: Iterable[Figure]) -> str:
    """One object a line."""
    return "\n".join(json.dumps(facts(figure)) for figure in figures)


def view(figures: Iterable[Figure], periods: Sequence[datetime], by: str, screen: Screen) -> list[str]:
    """Skus, the strongest first, and periods, the latest first, as far as there are lines for them."""
    head = f"{periods[0]:%Y-%m-%d %H:%M} to {periods[-1] + LENGTHS[by]:%Y-%m-%d %H:%M} UTC, by {by}"
    trends: defaultdict[str | None, Trend] = defaultdict(dict)
    for figure in figures:
        trends[figure.sku][figure.period] = figure.sums
    shop = trends.pop(None, {})
    if not shop:
        return [head[: screen.columns], "", "no orders"]

    sku_lines, period_lines = shares(screen.lines - FIXED_LINES, len(trends), len(shop))
    skus = [("all", shop), *strongest({sku or "": trend for sku, trend in trends.items()}, sku_lines)]
    latest = sorted(shop, reverse=True)[:period_lines]
    laid = columns(
        [
            ("sku", *NAMES),
            *(_cells(label, total(trend.values())) for label, trend in skus),
            (by, *NAMES),
            *(_cells(_moment(one, by), shop[one]) for one in latest),
        ]
    )
    room = min(WIDEST_PICTURE, screen.columns - len(laid[0]) - 2)
    if room >= NARROWEST_PICTURE:
        trend_pictures = [sparkline(gathered(_revenue(trend, periods), room), screen.bars) for _, trend in skus]
        pictures = ["", *trend_pictures, "", *bars(_revenue(shop, latest), room, screen.bars)]
        laid = [f"{line}  {picture}" for line, picture in zip_longest(laid, pictures, fillvalue="")]
    middle = 1 + len(skus)
    return [line[: screen.columns].rstrip() for line in (head, "", *laid[:middle], "", *laid[middle:])]


def shares(lines: int, skus: int, periods: int) -> tuple[int, int]:
    """How many lines skus and periods have of all: half of them, or what the others leave."""
    lines = max(2, lines)
    sku_lines = min(skus, max(lines // 2, lines - periods))
    return sku_lines, min(periods, lines - sku_lines)


def strongest(trends: dict[str, Trend], most: int) -> list[tuple[str, Trend]]:
    """The skus with the highest revenue; those for which there is no line are one together."""
    revenue = {sku: total(trend.values()).revenue_cents for sku, trend in trends.items()}
    ordered = sorted(trends, key=lambda sku: (-revenue[sku], sku))
    if len(ordered) <= most:
        return [(_cut(sku), trends[sku]) for sku in ordered]
    named, rest = ordered[: most - 1], ordered[most - 1 :]
    others: defaultdict[datetime, Sums] = defaultdict(Sums)
    for sku in rest:
        for period, sums in trends[sku].items():
            others[period] += sums
    return [*((_cut(sku), trends[sku]) for sku in named), (f"{len(rest)} others", others)]


def gathered(values: Sequence[int], most: int) -> list[int]:
    """The values as at most so many sums of neighbours; the latest sum is always of whole length.

    gathered([1, 2, 3, 4, 5], 3)  ->  [1, 5, 9]
    """
    each = -(-len(values) // most)
    padded = [0] * (-len(values) % each) + list(values)
    return [sum(padded[start : start + each]) for start in range(0, len(padded), each)]


def sparkline(values: Sequence[int], levels: str = BLOCKS) -> str:
    """A character for each value, the highest of the levels for the highest; what is not above 0 is left blank.

    sparkline([0, 1, 4, 8])  ->  " ▁▄█"
    """
    highest = max(values)
    return "".join(levels[_share(value, highest, len(levels)) - 1] if value > 0 else " " for value in values)


def bars(values: Sequence[int], longest: int, levels: str = BLOCKS) -> list[str]:
    """A bar for each value, the longest for the highest; what is above 0 is seen."""
    highest = max(values, default=0)
    return [levels[-1] * _share(value, highest, longest) if value > 0 else "" for value in values]


def _share(value: int, highest: int, of: int) -> int:
    """From 1 to `of`, rounded up."""
    return -(-value * of // highest)


def _revenue(trend: Trend, periods: Iterable[datetime]) -> list[int]:
    return [trend[period].revenue_cents if period in trend else 0 for period in periods]


def _cells(label: str, sums: Sums) -> tuple[str, ...]:
    counts = (sums.orders, sums.paid_orders, sums.rejected_orders, sums.units)
    return (label, *(f"{count:,}" for count in counts), money(sums.revenue_cents))


def _moment(period: datetime, by: str) -> str:
    return f"{period:%Y-%m-%d}" if by == "day" else f"{period:%m-%d %H:%M}"


def _cut(sku: str) -> str:
    return sku if len(sku) <= LONGEST_LABEL else f"{sku[: LONGEST_LABEL - 3]}..."
