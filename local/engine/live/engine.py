"""The live engine: takes the mappings of an endpoint over from its pollers, runs them, and gives them back.

start    read and check everything  ─>  pollers off  ─>  workers         nothing is half started
run      every few seconds: mappings, functions and shards that came, changed or went
end      finish what is in flight  ─>  checkpoints  ─>  pollers on       also on SIGTERM, Ctrl-C and errors
"""

from __future__ import annotations

import fcntl
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from local.engine.live import inventory
from local.engine.live.checkpoints import CheckpointError, Checkpoints
from local.engine.live.clients import Clients
from local.engine.live.desk import Pools
from local.engine.live.inventory import Inventory
from local.engine.live.loop import Loop
from local.engine.live.outlet import Outlet
from local.engine.live.readings import Readings
from local.engine.live.rounds import Rounds
from local.engine.live.takeover import TakeOver
from local.engine.live.terraform_state import StateError
from local.engine.live.troubles import AwsError, seconds_before_another_try
from local.engine.live.voice import Voice
from local.engine.live.wording import counted
from local.engine.live.workers import Workers

ROOT = Path(__file__).resolve().parents[3]
CALLS_AT_ONCE = 8  # the local AWS is at its best with four to eight
READS_AT_ONCE = 16


class EngineError(RuntimeError):
    """The engine cannot start, or cannot go on; the message says what to do."""


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@dataclass(frozen=True, slots=True)
class Habits:
    """How the engine goes about its work; `poll_seconds` None is AWS's own rate for each kind of stream."""

    refresh_seconds: float = 10.0
    poll_seconds: float | None = None
    metric_seconds: float = 10.0
    drain_seconds: float = 60.0
    follow: bool = False


def home_of(endpoint: str) -> Path:
    """Where the engine of an endpoint keeps what it must not forget."""
    return ROOT / ".local" / "engine" / endpoint.split("//")[-1].strip("/").replace(":", "-").replace("/", "-")


class Engine:
    """Runs in the thread that calls `run`; `stop` may be called from any, and from signal handlers."""

    def __init__(
        self,
        endpoint: str,
        state: Path | None = None,
        *,
        home: Path | None = None,
        checkpoints: Path | None = None,
        habits: Habits | None = None,
        tell: Callable[[str], None] = _say,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        self.clients = Clients(endpoint)
        self.state = state
        self.home = home or home_of(endpoint)
        self.habits = habits or Habits()
        self.voice = Voice(tell, follows=self.habits.follow)
        self.loop = Loop(clock)
        self.checkpoints = Checkpoints(checkpoints or self.home / "checkpoints")
        self.readings = Readings(self.home)
        self.ready = threading.Event()
        self.stop_requested = threading.Event()
        self.sleep = sleep or self.stop_requested.wait
        self.control: Executor = ThreadPoolExecutor(1, "control")
        self.outlet = Outlet(
            self.readings, lambda: self.clients.client("cloudwatch"), self.loop, self.control, self.voice
        )
        self.pools = Pools(
            ThreadPoolExecutor(READS_AT_ONCE, "read"),
            ThreadPoolExecutor(CALLS_AT_ONCE, "call"),
            ThreadPoolExecutor(1, "keep"),
        )
        self.workers = Workers(
            self.clients,
            self.loop,
            self.pools,
            self.checkpoints,
            self.readings,
            self.voice,
            self.habits.poll_seconds,
        )

    def stop(self) -> None:
        self.stop_requested.set()
        self.loop.post(lambda: None)  # wakes it

    def run(self) -> None:
        """Until `stop`; whatever happens, the emulator's pollers are given back."""
        with self._lock():
            self.takeover = TakeOver(self.clients.client("lambda"), self.home, self.sleep, self.voice.tell)
            self.rounds = Rounds(
                self._inventory, self.clients.endpoint, self.takeover, self.workers, self.control, self.voice
            )
            try:
                self._start()
                self.loop.run(self.stop_requested.is_set)
                self._drain()
            finally:
                self._end()
            if self.workers.died:
                raise EngineError(
                    f"mappings died of a mistake of the engine's: {', '.join(self.workers.died)}; "
                    "what was told then says where, and a restart goes on from their checkpoints"
                )

    # start

    def _start(self) -> None:
        first = self._first_inventory()
        if first is None:
            return
        if first.refused:
            raise EngineError("\n".join(["nothing was started:", *first.refused.values()]))
        self.rounds.tell_missing(first)
        try:
            self.checkpoints.prepare()
            saved = {found.mapping.uuid: self.checkpoints.load(found.mapping.uuid) for found in first.found}
        except CheckpointError as error:
            raise EngineError(f"nothing was started: {error}") from error
        on = self.rounds.on(first)
        try:
            self.takeover.take(found.mapping.uuid for found in on)
        except AwsError as error:
            raise EngineError(f"nothing was started: the pollers could not be switched off: {error}") from error
        self.voice.tell(f"{counted(len(on), 'mapping')} taken over from the pollers of {self.clients.endpoint}")
        for found in on:
            self.workers.employ(found, saved[found.mapping.uuid])
        self.loop.every(self.habits.refresh_seconds, self.rounds.begin)
        self.loop.every(self.habits.metric_seconds, self.outlet.flush)
        self._look_whether_ready(self.loop.clock())

    def _first_inventory(self) -> Inventory | None:
        """Waits for the endpoint, if need be; None if it was told to stop before."""
        failures = 0
        while not self.stop_requested.is_set():
            try:
                return self._inventory()
            except StateError as error:
                raise EngineError(f"nothing was started: {error}") from error
            except AwsError as error:
                failures += 1
                wait = seconds_before_another_try(failures)
                self.voice.tell(f"{self.clients.endpoint}: {error}; asked again in {wait:.0f} s")
                self.sleep(wait)
        return None

    def _inventory(self) -> Inventory:
        return inventory.take(self.clients, self.state)

    def _look_whether_ready(self, now: float) -> None:
        if self.workers.are_ready:
            self.ready.set()
        else:
            self.loop.at(now + 0.02, self._look_whether_ready)

    # end

    def _drain(self) -> None:
        """No invocation that was begun is left alone, as long as that is bearable."""
        self.workers.close()
        if self.workers.busy:
            self.voice.tell(f"finishing {self.workers.busy} invocations and failure records")
        deadline = self.loop.clock() + self.habits.drain_seconds
        self.loop.at(deadline, lambda _now: None)
        self.loop.run(lambda: not self.workers.busy or self.loop.clock() >= deadline)
        self.workers.finish()
        self.outlet.flush(self.loop.clock())

    def _end(self) -> None:
        self.control.shutdown(wait=True)
        for pool in (self.pools.reading, self.pools.calling):
            pool.shutdown(wait=False, cancel_futures=True)
        self.pools.keeping.shutdown(wait=True)
        if self.takeover.ours:
            count = len(self.takeover.ours)
            if self.takeover.give_back():
                self.voice.tell(f"{counted(count, 'mapping')} given back to the pollers of {self.clients.endpoint}")

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """One engine at a time for what is kept in `home`; the lock ends with the process."""
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            lock: TextIO = self.home.joinpath("lock").open("w")
        except OSError as error:
            raise EngineError(f"{self.home} must be a folder we may write to: {error}") from error
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise EngineError(
                    f"another engine runs for {self.clients.endpoint} ({self.home}); end it first"
                ) from error
            yield
