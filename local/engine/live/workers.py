"""Who is at work: a worker for each mapping, made with its means, and let go when it is through."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from local.engine.live.access import Access
from local.engine.live.checkpoints import Checkpoint, CheckpointError, Checkpoints
from local.engine.live.clients import Clients
from local.engine.live.daemons import DaemonThreads
from local.engine.live.desk import Desk, Pools
from local.engine.live.fan_out import FanOutReader
from local.engine.live.inventory import Found
from local.engine.live.loop import Fate, GuardedLoop, Loop
from local.engine.live.queue_worker import QueueWorker
from local.engine.live.reading import KinesisReader, TableReader
from local.engine.live.readings import Readings
from local.engine.live.stream_worker import StreamWorker
from local.engine.live.voice import Voice
from local.engine.source import Kind

Worker = StreamWorker | QueueWorker
LOOK_AGAIN_SECONDS = 0.05


@dataclass(slots=True)
class Workers:
    """`by_uuid` are at work, `retiring` only finish; `closed`: nobody is employed any more.

    `died` are mappings that met a mistake of ours: they stay taken over and keep their checkpoints, and nothing else.
    """

    clients: Clients
    loop: Loop
    pools: Pools
    checkpoints: Checkpoints
    readings: Readings
    voice: Voice
    poll_seconds: float | None
    by_uuid: dict[str, Worker] = field(default_factory=dict)
    found: dict[str, Found] = field(default_factory=dict)
    retiring: list[Worker] = field(default_factory=list)
    died: list[str] = field(default_factory=list)
    closed: bool = False

    @property
    def are_ready(self) -> bool:
        return all(worker.desk.loop.died or worker.is_ready for worker in self.by_uuid.values())

    @property
    def busy(self) -> int:
        """Invocations, failure records and deletions on their way."""
        return sum(_busy(worker) for worker in self._all())

    def refresh(self, now: float) -> None:
        for worker in self.by_uuid.values():
            worker.desk.loop.act(partial(worker.refresh, now))

    def close(self) -> None:
        """Nothing is begun any more."""
        self.closed = True
        for worker in self._all():
            worker.desk.loop.act(worker.stop)

    def finish(self) -> None:
        for worker in self._all():
            worker.desk.loop.act(worker.finish)

    def employ(self, found: Found, saved: dict[str, Checkpoint]) -> None:
        uuid = found.mapping.uuid
        for warning in found.mapping.warnings:
            self.voice.once(f"{uuid} {warning}", "warning", f"mapping {uuid}: {warning}")
        for trouble in ("source", "invoke"):  # of the worker before this one
            self.voice.forget(f"{uuid} {trouble}")
        loop = GuardedLoop(self.loop, Fate(lambda shard_id, error: self._tell_death(worker, shard_id, error)))
        worker = self._worker(found, saved, loop)
        self.by_uuid[uuid], self.found[uuid] = worker, found
        loop.act(worker.start)

    def _tell_death(self, worker: Worker, shard_id: str | None, error: Exception) -> None:
        """Its mapping stays ours, so that nobody reads on in its place from elsewhere."""
        desk = worker.desk
        self.died.append(desk.mapping.uuid)
        desk.tally.trouble = "died"
        where = "" if shard_id is None else f", {shard_id}"
        place = traceback.extract_tb(error.__traceback__)[-1]
        raised = traceback.format_exception_only(error)[-1].strip()
        self.voice.tell(
            f"{desk.name}{where}: mapping {desk.mapping.uuid} is no longer run, the others are; its checkpoint stays: "
            f"{raised} ({Path(place.filename).name}:{place.lineno})"
        )
        worker.stop()

    def employ_when_loaded(self, found: Found) -> None:
        """Its checkpoints are read behind whatever was still to be written."""
        uuid = found.mapping.uuid

        def loaded(done: Future[dict[str, Checkpoint]]) -> None:
            try:
                saved = done.result()
            except CheckpointError as error:
                self.voice.tell(f"mapping {uuid} is not run: {error}")
                return
            if uuid not in self.by_uuid and not self.closed:
                self.employ(found, saved)

        self.loop.work(self.pools.keeping, partial(self.checkpoints.load, uuid), loaded)

    def dismiss(self, uuid: str, then: Callable[[], None] = lambda: None) -> None:
        """It begins nothing any more; once it is through, its checkpoints are written and `then` follows."""
        worker = self.by_uuid.pop(uuid)
        del self.found[uuid]
        worker.desk.loop.act(worker.stop)
        self.retiring.append(worker)
        self._look_whether_through(worker, then, self.loop.clock())

    def is_retiring(self, uuid: str) -> bool:
        """Something of it is still in flight: whoever began it anew now would run it twice."""
        return any(worker.desk.mapping.uuid == uuid for worker in self.retiring)

    def _look_whether_through(self, worker: Worker, then: Callable[[], None], now: float) -> None:
        if self.closed:
            return  # whoever closed waits for all of them
        if _busy(worker):
            self.loop.at(now + LOOK_AGAIN_SECONDS, partial(self._look_whether_through, worker, then))
            return
        worker.desk.loop.act(worker.finish)
        self.retiring.remove(worker)
        then()

    def _all(self) -> list[Worker]:
        return [*self.by_uuid.values(), *self.retiring]

    def _worker(self, found: Found, saved: dict[str, Checkpoint], loop: Loop) -> Worker:
        mapping, source = found.mapping, found.mapping.source

        def tell(text: str) -> None:  # from a thread
            self.loop.post(lambda: self.voice.once(f"{mapping.uuid} {text}", "told", text))

        desk = self._desk(found, loop, tell)
        access = desk.access
        match source.kind:
            case Kind.QUEUE | Kind.FIFO_QUEUE:
                return QueueWorker(desk, found.visibility_seconds)
            case Kind.TABLE:
                tables = TableReader(lambda: access.source_client("dynamodbstreams"), source)
                return StreamWorker(desk, tables, saved, poll_seconds=self.poll_seconds)
            case Kind.CONSUMER:
                consumer = FanOutReader(lambda: access.source_client("kinesis"), source, tell)
                return StreamWorker(desk, consumer, saved, close=consumer.close)
            case _:
                streams = KinesisReader(lambda: access.source_client("kinesis"), source)
                return StreamWorker(desk, streams, saved, poll_seconds=self.poll_seconds)

    def _desk(self, found: Found, loop: Loop, tell: Callable[[str], None]) -> Desk:
        mapping, pools = found.mapping, self.pools
        if mapping.source.kind is Kind.CONSUMER:
            pools = replace(pools, reading=DaemonThreads("subscription"))
        return Desk(
            mapping,
            found.function,
            Access(self.clients, mapping.source, found.function.role, tell),
            self.clients,
            loop,
            pools,
            self.checkpoints,
            self.readings,
            self.voice,
        )


def _busy(worker: Worker) -> int:
    return 0 if worker.desk.loop.died else worker.busy
