"""When what is settled of a shard goes to disk: soon after it changed, and no more often than that."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from functools import partial

from local.engine.live.checkpoints import Checkpoint
from local.engine.live.desk import Desk

SAVE_SECONDS = 0.05  # at most this often: a kill repeats what was settled since


class Keeper:
    """`saved` is what is, or is about to be, on disk; `settled` says what to keep now, None for nothing yet."""

    def __init__(self, desk: Desk, shard_id: str, saved: Checkpoint, settled: Callable[[], Checkpoint | None]) -> None:
        self.desk = desk
        self.loop = desk.loop.about(shard_id)
        self.shard_id = shard_id
        self.saved = saved
        self.settled = settled
        self.planned = False
        self.touched = False

    def touch(self) -> None:
        """Something was settled."""
        self.touched = True
        if not self.planned:
            self.planned = True
            self.loop.at(self.loop.clock() + SAVE_SECONDS, self._save_as_planned)

    def _save_as_planned(self, _now: float) -> None:
        self.planned = False
        self.save_last()

    def save_last(self) -> None:
        """Whatever is settled and not yet on disk."""
        if self.touched:
            self.save()

    def save(self) -> None:
        checkpoint = self.settled()
        if checkpoint is None:
            return  # whoever waits for something asks again
        self.touched = False
        self.saved = checkpoint
        task = partial(self.desk.checkpoints.save, self.desk.mapping.uuid, self.shard_id, checkpoint)
        self.loop.work(self.desk.pools.keeping, task, self._was_saved)

    def _was_saved(self, done: Future[None]) -> None:
        try:
            done.result()
        except OSError as error:
            text = f"{self.desk.name}, {self.shard_id}: its checkpoint cannot be written: {error}"
            self.desk.voice.once(f"{self.desk.mapping.uuid} {self.shard_id} save", "failed", text)
            self.touch()
