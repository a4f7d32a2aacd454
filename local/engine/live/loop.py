"""The one place where the live engine decides: actions at their time, and what came back from threads.

          at(time, action) ─┐
    work(pool, task, then) ─┼─> turn: one action after the other, in one thread
              post(action) ─┘

Threads only read, call and write; whatever follows from that is an action here. So nothing below needs a lock.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue
from typing import TypeVar

from local.engine.agenda import Agenda

T = TypeVar("T")
LONGEST_WAIT_SECONDS = 1.0
CORRECTION_SECONDS = 2.0  # a clock that goes back by less is only being corrected


class Loop:
    """`set_back`: by how much the machine's clock went back so far; the agenda is kept as if it never did."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.latest = clock()
        self.set_back = 0.0
        self.agenda = Agenda()
        self.posted: SimpleQueue[Callable[[], None]] = SimpleQueue()

    @property
    def died(self) -> bool:
        """Nothing acts in it any more."""
        return False

    def about(self, _shard_id: str) -> Loop:
        """The same loop, for what one shard of a mapping does in it."""
        return self

    def act(self, action: Callable[[], None]) -> None:
        """Do this at once, as part of what runs."""
        action()

    def at(self, time: float, action: Callable[[float], None]) -> None:
        """Do something at a time, or as soon after as may be; it is told what time it is then."""
        self.agenda.at(time + self.set_back, lambda _planned: action(self.clock()))

    def every(self, seconds: float, action: Callable[[float], None]) -> None:
        def again(now: float) -> None:
            action(now)
            self.at(now + seconds, again)

        self.at(self.clock() + seconds, again)

    def post(self, action: Callable[[], None]) -> None:
        """For threads: do this in the loop."""
        self.posted.put(action)

    def work(self, pool: Executor, task: Callable[[], T], then: Callable[[Future[T]], None]) -> Future[T]:
        """Do `task` in a thread, and `then` here with what became of it; nothing follows a cancelled one."""
        future = pool.submit(task)
        future.add_done_callback(lambda done: None if done.cancelled() else self.post(partial(then, done)))
        return future

    def run(self, until: Callable[[], bool]) -> None:
        while not until():
            self.catch_up()
            if until():
                return
            due = self.agenda.next_time
            wait = LONGEST_WAIT_SECONDS if due is None else min(due - self._now(), LONGEST_WAIT_SECONDS)
            try:
                self.posted.get(timeout=max(0.0, wait))()
            except Empty:
                continue

    def catch_up(self) -> None:
        """Do all that is due or came back, without waiting for more."""
        while True:
            due = self.agenda.next_time
            if due is not None and due <= self._now():
                self.agenda.act()
                continue
            try:
                action = self.posted.get_nowait()
            except Empty:
                return
            action()

    def _now(self) -> float:
        """The agenda's time: what was planned is waited for as long as it was, though the clock was set back."""
        now = self.clock()
        if now < self.latest - CORRECTION_SECONDS:
            self.set_back += self.latest - now
        self.latest = now
        return now + self.set_back


@dataclass(slots=True)
class Fate:
    """What the parts of one mapping's loop have in common; `told` hears the shard, if it was one, and what it met."""

    told: Callable[[str | None, Exception], None]
    died: bool = False


class GuardedLoop(Loop):
    """A loop as one mapping sees it: the first mistake in an action ends the mapping, and never the loop."""

    def __init__(self, loop: Loop, fate: Fate, shard_id: str | None = None) -> None:
        self.loop = loop
        self.clock, self.agenda, self.posted = loop.clock, loop.agenda, loop.posted
        self.fate = fate
        self.shard_id = shard_id

    @property
    def died(self) -> bool:
        return self.fate.died

    def about(self, shard_id: str) -> Loop:
        return GuardedLoop(self.loop, self.fate, shard_id)

    def at(self, time: float, action: Callable[[float], None]) -> None:
        self.loop.at(time, lambda now: self.act(partial(action, now)))

    def post(self, action: Callable[[], None]) -> None:
        self.loop.post(partial(self.act, action))

    def act(self, action: Callable[[], None]) -> None:
        if self.fate.died:
            return  # its state is not to be trusted
        try:
            action()
        except Exception as error:  # noqa: BLE001  whatever it is: the other mappings have no part in it
            self.fate.died = True
            self.fate.told(self.shard_id, error)
