"""One run: events at their pace into a producer, every fate into the report."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from math import ceil
from typing import TextIO

from producer.bounds import demand
from producer.entry import PutError, Stored
from producer.expectation import Expectation
from producer.pace import MOST_SECONDS, Pace
from producer.producer import FullError, Producer, StoppedError
from producer.progress import Progress
from producer.report import Report
from producer.traffic import Event, Traffic, events
from streamkit.instants import second

PATIENCE_SECONDS = 0.1  # how soon a request to stop is heard
CATCH_UP_SECONDS = 1.0  # so long after its time a run still makes what was due in it
MOST_RECORDS = 10**12

# Trips are picked up before they are sent, and their instants have four digits for the year.
EARLIEST, LATEST = 0, 221_845_392_000


@dataclass(frozen=True, slots=True)
class Run:
    """What to put, how fast and for how long: until `seconds` are over or `records` are made."""

    traffic: Traffic
    seed: int
    pace: Pace | None  # None: as fast as it goes
    seconds: float | None
    records: int | None = None
    window_seconds: int = 60
    start: float | None = None  # epoch seconds of the first event; now, where it is not given

    def __post_init__(self) -> None:
        if self.seconds is not None:
            demand("seconds", self.seconds, 0.001, MOST_SECONDS)
        if self.records is not None:
            demand("records", self.records, 1, MOST_RECORDS)
        demand("window_seconds", self.window_seconds, 1, 86_400)
        if self.start is not None and not EARLIEST <= self.start <= LATEST:
            raise ValueError(f"start must be 1970-01-01 to 9000-01-01; got {second(self.start)}.")

    @property
    def due(self) -> float | None:
        """How many records are due in its time; None where there is no telling."""
        if self.seconds is None or self.pace is None:
            return None
        due = self.pace.made_by(self.seconds)
        return due if self.records is None else min(due, self.records)


@dataclass(frozen=True, slots=True)
class Interruption:
    """Asked for by Ctrl-C: once to make no more, twice to wait no more."""

    make_no_more: threading.Event
    wait_no_more: threading.Event


@dataclass(frozen=True, slots=True)
class Time:
    """The clocks of a run."""

    clock: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


class _Course:
    """A run on its way."""

    def __init__(self, run: Run, producer: Producer, interruption: Interruption, time: Time, out: TextIO) -> None:
        self.expectation = Expectation(run.window_seconds)
        self.made_repeated = 0
        self._run = run
        self._cut_short = False  # there was more to make when the time was over
        self._producer = producer
        self._interruption = interruption
        self._time = time
        self._progress = Progress(out, time.clock)
        self._begun = time.clock()
        self._lock = threading.Lock()  # futures are told from several threads

    @property
    def elapsed(self) -> float:
        return self._time.clock() - self._begun

    @property
    def not_made(self) -> int:
        """How many were due, for which there was no time."""
        if not self._cut_short or self._run.due is None:
            return 0
        return max(0, ceil(self._run.due) - self._producer.counts().made)

    def make(self) -> None:
        """Put every event when it is due, until the end or until nobody wants more."""
        for event in events(self._run.traffic, self._run.seed, self._moments()):
            if not self._put(event):
                return

    def drain(self) -> None:
        """Wait until everything has its fate, or nobody wants to wait."""
        while not self._producer.flush(PATIENCE_SECONDS):
            self._tell()
            if self._interruption.wait_no_more.is_set():
                self._producer.abandon()
        self._progress.end()

    def _moments(self) -> Iterator[float]:
        """The moment of each event, in epoch seconds, given out when it is due.

        A run that cannot keep its pace ends all the same: its time is the clock's.
        """
        run = self._run
        start = self._time.wall() if run.start is None else run.start
        for number, offset in enumerate(run.pace.offsets() if run.pace else self._now()):
            over = run.seconds is not None and offset >= run.seconds
            if over or number == run.records or not self._wait_until(offset):
                return
            yield start + offset

    def _now(self) -> Iterator[float]:
        while True:
            yield self.elapsed

    def _wait_until(self, offset: float) -> bool:
        """Whether the time came before somebody stopped the run."""
        while (left := offset - self.elapsed) > 0 and not self._over():
            self._time.sleep(min(left, PATIENCE_SECONDS))
            self._tell()
        return not self._over()

    def _over(self) -> bool:
        if self._run.seconds is not None and self.elapsed >= self._run.seconds + CATCH_UP_SECONDS:
            self._cut_short = True
        return self._cut_short or self._interruption.make_no_more.is_set() or self._producer.stopped is not None

    def _put(self, event: Event) -> bool:
        while not self._over():
            self._tell()
            try:
                fate = self._producer.put(event.data, event.key, PATIENCE_SECONDS)
            except FullError:
                continue
            except StoppedError:
                return False
            self.made_repeated += event.repeated
            fate.add_done_callback(lambda fate: self._learn(event, fate))
            return True
        return False

    def _learn(self, event: Event, fate: Future[Stored]) -> None:
        error = fate.exception()
        with self._lock:
            if error is None:
                self.expectation.stored(event, fate.result().unanswered)
            elif isinstance(error, PutError):
                self.expectation.lost(event, error.unanswered)

    def _tell(self) -> None:
        self._progress.tell(self._producer.counts, self._share)

    def _share(self) -> float | None:
        run = self._run
        if run.records is not None:
            return self._producer.counts().made / run.records
        return self.elapsed / run.seconds if run.seconds else None


def carry_out(run: Run, producer: Producer, interruption: Interruption, time: Time, out: TextIO) -> Report:
    """The report of the whole run; `out` is told of its progress."""
    with producer:
        begun = time.wall()
        course = _Course(run, producer, interruption, time, out)
        course.make()
        course.drain()
        seconds = course.elapsed
    return Report(
        stream=producer.stream,
        seed=run.seed,
        seconds=seconds,
        counts=producer.counts(),
        expectation=course.expectation,
        made_repeated=course.made_repeated,
        begun=begun,
        not_made=course.not_made,
        stopped=producer.stopped,
        interrupted=interruption.make_no_more.is_set(),
    )
