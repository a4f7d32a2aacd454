"""What a run tells while it goes on: a bar that is redrawn on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TextIO

from producer.counts import Counts

BAR = 12
REDRAWN_SECONDS = 0.25
TOLD_SECONDS = 5.0


def terminal_columns() -> int:
    return shutil.get_terminal_size().columns


def line(counts: Counts, elapsed: float, share: float | None) -> str:
    """How far it is: `share` of the run is over, where it has an end."""
    filled = round(BAR * min(1.0, share)) if share is not None else 0
    bar = "" if share is None else f"[{'#' * filled}{'.' * (BAR - filled)}] "
    rate = counts.acknowledged / elapsed if elapsed > 0 else 0.0
    uncertain = f", {counts.uncertain:,} uncertain" if counts.uncertain else ""
    failed = f", {counts.failed:,} failed" if counts.failed else ""
    return (
        f"{bar}{elapsed:.0f} s: {counts.made:,} made, {counts.acknowledged:,} acknowledged ({rate:,.0f}/s), "
        f"{counts.pending:,} under way{uncertain}{failed}"
    )


@dataclass(slots=True)
class Progress:
    """Tells `out` at most so often; asked for counts only when it does."""

    out: TextIO
    clock: Callable[[], float]
    columns: Callable[[], int] = terminal_columns
    _begun: float = field(init=False)
    _next: float = field(init=False)
    _drawn: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self._begun = self.clock()
        self._next = self._begun + (REDRAWN_SECONDS if self.out.isatty() else TOLD_SECONDS)

    def tell(self, counts: Callable[[], Counts], share: Callable[[], float | None]) -> None:
        now = self.clock()
        if now < self._next:
            return
        text = line(counts(), now - self._begun, share())
        if self.out.isatty():
            text = text[: self.columns() - 1]  # what wraps is not drawn over
            self._next = now + REDRAWN_SECONDS
            print(f"\r{text:<{self._drawn}}", end="", file=self.out, flush=True)
            self._drawn = len(text)
        else:
            self._next = now + TOLD_SECONDS
            print(text, file=self.out, flush=True)

    def end(self) -> None:
        if self._drawn:
            print(f"\r{'':<{self._drawn}}\r", end="", file=self.out, flush=True)
            self._drawn = 0
