"""What the shards of one mapping share while it runs, and what is told of it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from uuid import uuid4

from local.engine.live.access import Access
from local.engine.live.checkpoints import Checkpoints
from local.engine.live.clients import Clients
from local.engine.live.invoking import SLACK_SECONDS, FunctionFacts, Reply, call
from local.engine.live.loop import Loop
from local.engine.live.readings import Readings
from local.engine.live.voice import Voice
from local.engine.mapping import Mapping
from local.engine.metrics import Meter


@dataclass(frozen=True, slots=True)
class Pools:
    """Threads, each kind bounded: reads never wait for invocations, nor checkpoints for either."""

    reading: Executor
    calling: Executor
    keeping: Executor  # one thread: what is written later was later


@dataclass(slots=True)
class Tally:
    """What a person sees of a mapping while it runs."""

    records: int = 0
    invocations: int = 0
    in_flight: int = 0
    failures: int = 0
    discarded: int = 0
    trouble: str | None = None


@dataclass(slots=True)
class Desk:
    """One mapping at work: its settings, function and means. `stopping`: finish what is in flight, begin nothing."""

    mapping: Mapping
    function: FunctionFacts
    access: Access
    clients: Clients
    loop: Loop
    pools: Pools
    checkpoints: Checkpoints
    readings: Readings
    voice: Voice
    tally: Tally = field(default_factory=Tally)
    version: str = "$LATEST"
    stopping: bool = False
    new_id: Callable[[], str] = lambda: str(uuid4())
    meter: Meter = field(init=False)

    def __post_init__(self) -> None:
        self.meter = Meter(self.mapping)

    @property
    def name(self) -> str:
        """source -> function, as a person knows them."""
        return f"{self.mapping.source.name} -> {':'.join(self.mapping.function.split(':')[6:])}"

    def invoke(self, build: Callable[[], bytes]) -> Reply | None:
        """For threads: one call, waited for as long as the function may run; None if it is too late to begin."""
        if self.stopping:
            return None
        timeout = self.function.timeout_seconds
        region = self.mapping.function.split(":")[3]
        return call(
            lambda: self.clients.client("lambda", region, read_seconds=timeout + SLACK_SECONDS),
            self.mapping.function,
            build(),
            timeout,
        )

    def told(self, reply: Reply) -> None:
        """Says once why a function cannot be invoked, and when it can again."""
        about = f"{self.mapping.uuid} invoke"
        if reply.refusal is not None:
            self.tally.trouble = "cannot be invoked"
            self.voice.once(
                about, "refused", f"{self.name}: cannot be invoked, tried again, no retry is spent: {reply.refusal}"
            )
        elif not reply.answer.throttled:
            self.tally.trouble = None if self.tally.trouble == "cannot be invoked" else self.tally.trouble
            self.voice.over(about, f"{self.name}: is invoked again")
            self.version = reply.version
