"""What the demo shows while it runs: lines that stay, and below them the totals as they grow.

2,513 trips of 10:04:10-10:04:20 counted: shard 0 closed its window, 9 totals grew
...
[######......] 31 s: 15,500 made, 15,450 acknowledged (498/s), 50 under way
counted 10,020   late 148   in quarantine 311   in open windows 4,971

minute          vendor 1          vendor 2          vendor 3
10:04   4,204  44,345.10  2,410  25,300.55  1,733  18,244.91
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TextIO

from local.demo.stores import Look, Window
from ops.columns import money
from ops.totals import Total
from producer import Counts
from producer.progress import line as progress
from producer.progress import terminal_columns

PLAIN_EVERY_SECONDS = 10.0
MINUTES_SHOWN = 4
CELL = 18  # with four vendors a line fits eighty columns


def closed(window: Window) -> str:
    shard = int(window.shard_id.rpartition("-")[2])
    return (
        f"{window.trips:,} trips of {window.start[11:19]}-{window.end[11:19]} counted: "
        f"shard {shard} closed its window, {window.totals} totals grew"
    )


def standing(look: Look, counts: Counts, elapsed: float, share: float) -> list[str]:
    """Where the run stands, in two lines."""
    counted = sum(total.trips for total in look.totals)
    on_their_way = max(0, counts.acknowledged - counted - look.late - look.quarantined)
    return [
        progress(counts, elapsed, share),
        f"counted {counted:,}   late {look.late:,}   in quarantine {look.quarantined:,}   "
        f"in open windows {on_their_way:,}",
    ]


def table(totals: Sequence[Total]) -> list[str]:
    """Trips and fares by minute and vendor, the latest minutes."""
    vendors = sorted({total.vendor for total in totals})
    minutes = sorted({total.bucket for total in totals})[-MINUTES_SHOWN:]
    cells = {(total.bucket, total.vendor): f"{total.trips:,}  {money(total.fare_cents)}" for total in totals}
    heading = "minute" + "".join(f"{f'vendor {vendor}':>{CELL}}" for vendor in vendors)
    rows = [
        f"{minute[11:16]} " + "".join(f"{cells.get((minute, vendor), '-'):>{CELL}}" for vendor in vendors)
        for minute in minutes
    ]
    return [heading, *rows] if rows else []


class Screen:
    """On a terminal the last lines are drawn again in place; elsewhere they are lines, now and then."""

    def __init__(self, out: TextIO, clock: Callable[[], float], columns: Callable[[], int] = terminal_columns) -> None:
        self.out = out
        self.clock = clock
        self.columns = columns
        self.is_terminal = out.isatty()
        self._drawn: list[str] = []
        self._shown = 0
        self._next = clock()

    def tell(self, text: str) -> None:
        self._erase()
        self.out.write(f"{text}\n")
        self._draw(self._drawn)

    def show(self, lines: Sequence[str], rest: Sequence[str]) -> None:
        """`rest` is for terminals alone."""
        if self.is_terminal:
            self._erase()
            self._draw([*lines, "", *rest])
        elif self.clock() >= self._next:
            self._next = self.clock() + PLAIN_EVERY_SECONDS
            self.out.writelines(f"{each}\n" for each in lines)
            self.out.flush()

    def end(self, rest: Sequence[str]) -> None:
        """What was drawn last stays; elsewhere than on a terminal `rest` is told now, once."""
        if not self.is_terminal:
            self.out.writelines(f"{each}\n" for each in ["", *rest])
        self._drawn, self._shown = [], 0

    def _erase(self) -> None:
        if self._shown:
            self.out.write(f"\x1b[{self._shown}A\x1b[J")
            self._shown = 0

    def _draw(self, lines: Sequence[str]) -> None:
        if self.is_terminal:
            self._drawn = list(lines)
            widest = self.columns() - 1  # a line that wraps is two, and only one would be drawn over
            self.out.writelines(f"{each[:widest]}\n" for each in lines)
            self._shown = len(lines)
        self.out.flush()
