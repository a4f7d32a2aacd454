"""A live line per mapping: on a terminal kept up to date in place, elsewhere a plain line now and then.

trips -> trips-trip-writer:live  1,200 records  4 shards  ..0002 is 0.4 s behind, at ..4218907394  2 in flight
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TextIO

from local.engine.live.queue_worker import QueueWorker
from local.engine.live.standing import standing
from local.engine.live.stream_worker import StreamWorker
from local.engine.live.wording import counted
from local.engine.live.workers import Worker

PLAIN_EVERY_SECONDS = 30.0


class Screen:
    """`tell` keeps the lines that stay above those that live."""

    def __init__(self, out: TextIO, clock: Callable[[], float] = time.time) -> None:
        self.out = out
        self.clock = clock
        self.is_terminal = out.isatty()
        self.shown = 0
        self.last: list[str] = []
        self.last_plain = clock()

    def tell(self, text: str) -> None:
        self._erase()
        self.out.write(text + "\n")
        self._draw(self.last)
        self.out.flush()

    def show(self, workers: Sequence[Worker]) -> None:
        lines = [line(worker, self.clock()) for worker in workers]
        if self.is_terminal:
            self._erase()
            self._draw(lines)
            self.out.flush()
        elif lines != self.last and self.clock() >= self.last_plain + PLAIN_EVERY_SECONDS:
            self.last_plain = self.clock()
            self.out.writelines(f"{each}\n" for each in lines)
            self.out.flush()
        else:
            return
        self.last = lines

    def _erase(self) -> None:
        if self.shown:
            self.out.write(f"\x1b[{self.shown}A\x1b[J")
            self.shown = 0

    def _draw(self, lines: Sequence[str]) -> None:
        if self.is_terminal:
            self.out.writelines(f"{each[:200]}\n" for each in lines)
            self.shown = len(lines)


def line(worker: Worker, now: float) -> str:
    """Where a mapping stands."""
    tally = worker.desk.tally
    parts = [
        counted(tally.records, "record"),
        *([] if isinstance(worker, QueueWorker) else _position(worker, now)),
        f"{tally.in_flight} in flight",
        counted(tally.failures, "failure"),
        *([f"{tally.discarded:,} discarded"] if tally.discarded else []),
        *([tally.trouble.upper()] if tally.trouble else []),
    ]
    return f"{worker.desk.name:<48} {'  '.join(parts)}"


def _position(worker: StreamWorker, now: float) -> list[str]:
    """Of the shard that is furthest behind; shards without anything to do say nothing of that."""
    stands = standing(worker.runners.values())
    at = "at the start" if stands.position is None else f"at ..{stands.position[-10:]}"
    if stands.since is not None:
        at = f"..{stands.shard_id[-4:]} is {max(0.0, now - stands.since):.1f} s behind, {at}"
    return [
        counted(len(worker.runners), "shard"),
        at,
        f"{stands.waiting:,} waiting",
        *([f"window {' '.join(stands.windows)}"] if stands.windows else []),
    ]
