"""A live line per mapping: on a terminal kept up to date in place, elsewhere a plain line now and then.

trips -> sluice-dev-trips-trip-writer:live     1,200 records  age 0.4 s  2 in flight  window 10:04:00  0 failures
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TextIO

from local.engine.live.queue_worker import QueueWorker
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
        lines = [line(worker) for worker in workers]
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


def line(worker: Worker) -> str:
    """Where a mapping stands."""
    tally = worker.desk.tally
    age = "-" if tally.age_seconds is None else f"{tally.age_seconds:.1f} s"
    parts = [
        f"{tally.records:,} records",
        *_position(worker),
        f"age {age}",
        f"{tally.in_flight} in flight",
        f"{tally.failures} failures",
        *([f"{tally.discarded} discarded"] if tally.discarded else []),
        *([tally.trouble.upper()] if tally.trouble else []),
    ]
    return f"{worker.desk.name:<48} {'  '.join(parts)}"


def _position(worker: Worker) -> list[str]:
    if isinstance(worker, QueueWorker):
        return []
    waiting = sum(len(lane.waiting) for runner in worker.runners.values() for lane in runner.shard.lanes)
    settled = [runner.shard.checkpoint for runner in worker.runners.values()]
    furthest = max((position for position in settled if position), key=int, default=None)
    windows = {
        runner.shard.lanes[0].windowing.current.as_event()["start"][11:19]
        for runner in worker.runners.values()
        if runner.shard.lanes[0].windowing is not None and runner.shard.lanes[0].windowing.current is not None
    }
    return [
        f"{len(worker.runners)} shards",
        f"at ..{furthest[-10:]}" if furthest else "at the start",
        f"{waiting:,} waiting",
        *([f"window {' '.join(sorted(windows))}"] if windows else []),
    ]
