"""One stream mapping at work: which of its shards are read, and when; every shard runs by itself.

A child shard is read when its parents are settled to their end; shards that come and go are noticed.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from functools import partial

from local.engine.lineage import Lineage, LineageError
from local.engine.live.checkpoints import Checkpoint
from local.engine.live.desk import Desk
from local.engine.live.reading import Reader, ShardFacts
from local.engine.live.resumption import Beginning, beginning, is_another
from local.engine.live.shard_runner import ShardRunner
from local.engine.live.source_trouble import SourceTrouble
from local.engine.live.troubles import AwsError, seconds_before_another_try
from local.engine.simulation import poll_seconds as default_poll_seconds

Listing = tuple[list[ShardFacts], float | None]


class StreamWorker:
    def __init__(
        self,
        desk: Desk,
        reader: Reader,
        saved: dict[str, Checkpoint],
        *,
        poll_seconds: float | None = None,
        close: Callable[[], None] = lambda: None,
    ) -> None:
        self.desk = desk
        self.source_trouble = SourceTrouble(desk)
        self.reader = reader
        self.saved = saved
        self.is_new_mapping = not saved
        self.poll_seconds = default_poll_seconds(desk.mapping) if poll_seconds is None else poll_seconds
        self.close = close
        self.runners: dict[str, ShardRunner] = {}
        self.facts: dict[str, ShardFacts] = {}
        self.retention_seconds: float | None = None
        self.began: dict[str, Beginning] = {}  # where the shards of a new mapping's first listing begin
        self.listing = False
        self.listed = False
        self.failures = 0

    @property
    def is_ready(self) -> bool:
        """Its shards are known and each that may be read has been asked once; or it was told why not."""
        if not self.listed:
            return self.failures > 0
        return all(
            runner.iterator is not None or runner.shard.ended or runner.failed_reads for runner in self.runners.values()
        )

    @property
    def busy(self) -> int:
        """Invocations and failure records on their way."""
        return self.desk.tally.in_flight + sum(runner.failure_records.under_way for runner in self.runners.values())

    def start(self) -> None:
        self.refresh(self.desk.loop.clock())

    def stop(self) -> None:
        """Begin nothing any more."""
        self.desk.stopping = True
        self.close()

    def finish(self) -> None:
        for runner in self.runners.values():
            runner.save_last()

    def refresh(self, _now: float) -> None:
        if not self.listing and not self.desk.stopping:
            self.listing = True
            self.desk.loop.work(self.desk.pools.reading, self._list, self._listed)

    def _list(self) -> Listing:
        """In a thread."""
        return self.reader.shards(), self.retention_seconds or self.reader.retention_seconds()

    def _listed(self, done: Future[Listing]) -> None:
        self.listing = False
        now = self.desk.loop.clock()
        try:
            facts, self.retention_seconds = done.result()
        except AwsError as error:
            self.failures += 1
            self.source_trouble.met(error)
            self.desk.loop.at(now + seconds_before_another_try(self.failures), self.refresh)
            return
        if self.failures:
            self.failures = 0
            self.source_trouble.over()
        self.facts = {each.shard_id: each for each in facts}
        for shard_id, runner in list(self.runners.items()):
            if shard_id not in self.facts or is_another(self.facts[shard_id], runner.saved):
                runner.vanish()
            else:
                runner.listed()
        if not self.listed and self.is_new_mapping:
            self._begin_everywhere(now)
        self.listed = True
        self._start_readable()

    def _begin_everywhere(self, now: float) -> None:
        """What is listed now begins now, though a child may be read much later: on disk before anything is read."""
        for facts in self.facts.values():
            begin = self.began[facts.shard_id] = beginning(self.desk.mapping, facts, None, now, is_new_mapping=True)
            save = partial(self.desk.checkpoints.save, self.desk.mapping.uuid, facts.shard_id, begin.checkpoint)
            self.desk.loop.work(self.desk.pools.keeping, save, partial(self._first_kept, facts.shard_id))

    def _first_kept(self, shard_id: str, done: Future[None]) -> None:
        try:
            done.result()
        except OSError as error:
            text = f"{self.desk.name}, {shard_id}: its checkpoint cannot be written: {error}"
            self.desk.voice.once(f"{self.desk.mapping.uuid} {shard_id} save", "failed", text)

    def _start_readable(self) -> None:
        if self.desk.stopping:
            return
        try:
            lineage = Lineage(
                {shard: [up for up in facts.parents if up in self.facts] for shard, facts in self.facts.items()}
            )
        except LineageError as error:
            self.desk.voice.once(f"{self.desk.mapping.uuid} lineage", "cycle", f"{self.desk.name}: {error}")
            return
        self._make_way()
        done = {shard_id for shard_id, saved in self.saved.items() if saved.done and self._is_same_shard(shard_id)}
        done |= {shard_id for shard_id, runner in self.runners.items() if runner.is_done}
        for shard_id, facts in self.facts.items():
            if shard_id not in self.runners and shard_id not in done and lineage.is_readable(shard_id, done):
                self.desk.loop.about(shard_id).act(partial(self._start, facts))

    def _make_way(self) -> None:
        """A shard of a stream that was made again is read once all of the one before it of its name is settled."""
        for shard_id, facts in self.facts.items():
            runner = self.runners.get(shard_id)
            if runner is not None and runner.saved.done and is_another(facts, runner.saved):
                self.saved[shard_id] = self.runners.pop(shard_id).saved
                self.began.pop(shard_id, None)
                self.source_trouble.over()

    def _is_same_shard(self, shard_id: str) -> bool:
        """Not one of the same name, of a stream that was deleted and made again."""
        facts = self.facts.get(shard_id)
        return facts is None or not is_another(facts, self.saved[shard_id])

    def _start(self, facts: ShardFacts) -> None:
        now = self.desk.loop.clock()
        begin = self.began.get(facts.shard_id) or beginning(
            self.desk.mapping, facts, self.saved.get(facts.shard_id), now, is_new_mapping=False
        )
        if begin.anew:
            self.desk.voice.tell(
                f"{self.desk.name}, {facts.shard_id}: is another shard than the one last read under this name; "
                "it is read from its first record"
            )
        runner = ShardRunner(
            self.desk,
            self.reader,
            facts,
            begin,
            poll_seconds=self.poll_seconds,
            retention_seconds=self.retention_seconds,
            on_change=self._changed,
            on_missing=partial(self.refresh, now),
            source_trouble=self.source_trouble,
        )
        self.runners[facts.shard_id] = runner
        runner.start()

    def _changed(self) -> None:
        """A shard is done: its children may be read, and there may be some not known yet."""
        self._start_readable()
        self.refresh(self.desk.loop.clock())
