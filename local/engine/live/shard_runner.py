"""One shard at work: pages are read ahead, its lanes say what to invoke, what they settled goes to disk.

read ─> Shard.receive ─> Lane.next ─> invoke ─> Lane.finish ─> checkpoint
  ^                                                  │
  └───────────────── as long as there is room <──────┘
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import partial

from local.engine import rulings
from local.engine.delivery import Commit, Discard, Failed, FailedAt, Outcome, TooLarge
from local.engine.entries import Entry, Stamp
from local.engine.function import TOO_LARGE
from local.engine.lane import Invoke, Lane, Wait
from local.engine.live.checkpoints import Checkpoint
from local.engine.live.desk import Desk
from local.engine.live.failure_records import FailureRecords
from local.engine.live.invoking import Reply
from local.engine.live.keeping import Keeper
from local.engine.live.payloads import payload
from local.engine.live.reading import HORIZON, Page, Position, Reader, ShardFacts
from local.engine.live.resumption import Beginning, open_window, ours, positions, resume_window, unsettled
from local.engine.live.source_trouble import SourceTrouble
from local.engine.live.troubles import AwsError, Trouble, seconds_before_another_try, trouble
from local.engine.live.wording import told_call
from local.engine.responses import outcome
from local.engine.shard import Shard


class ShardRunner:
    """`on_change` is called when the shard is done, `on_missing` when a read found no stream: then `listed` must say
    that the shard is still this one before it is read on, for the next stream of its name has shards of the same names.
    """

    def __init__(
        self,
        desk: Desk,
        reader: Reader,
        facts: ShardFacts,
        begin: Beginning,
        *,
        poll_seconds: float,
        retention_seconds: float | None,
        on_change: Callable[[], None],
        on_missing: Callable[[], None],
        source_trouble: SourceTrouble,
    ) -> None:
        self.desk = desk
        self.loop = desk.loop.about(facts.shard_id)
        self.reader = reader
        self.facts = facts
        self.poll_seconds = poll_seconds
        self.on_change = on_change
        self.on_missing = on_missing
        self.source_trouble = source_trouble
        self.position: Position = begin.position
        self.iterator: str | None = None
        stamp = Stamp.of(facts.shard_id, desk.mapping.source, desk.function.role)
        self.shard = Shard(
            desk.mapping, stamp, desk.new_id, hash_range=facts.hash_range, retention_seconds=retention_seconds
        )
        if told := resume_window(self.shard, begin.checkpoint.window, self.loop.clock()):
            desk.voice.tell(f"{self._name} (mapping {desk.mapping.uuid}): {told}")
        self.reading = False
        self.read_began = 0.0
        self.planned_read: float | None = None
        self.failed_reads = 0
        self.wakes: list[float | None] = [None] * len(self.shard.lanes)
        self.failure_records = FailureRecords(desk, facts.shard_id, self._delivered)
        self.keeper = Keeper(desk, facts.shard_id, begin.checkpoint, self._settled)
        self.missing = False
        self.gone = False

    @property
    def is_done(self) -> bool:
        return self.shard.is_done

    @property
    def saved(self) -> Checkpoint:
        return self.keeper.saved

    def start(self) -> None:
        self.keeper.save()
        self._drive(self.loop.clock())
        self._read()

    def listed(self) -> None:
        """The service lists the shard, and it is this one."""
        if self.missing:
            self.missing = False
            self._plan_read(self.loop.clock() + seconds_before_another_try(self.failed_reads))

    def vanish(self) -> None:
        """The service no longer lists the shard: what was read is still delivered, more will not come."""
        if not self.gone and not self.shard.ended:
            self.gone = True
            self._end(self.loop.clock(), "is no longer listed; what was not read of it is lost")

    # reading

    def _read(self) -> None:
        self.planned_read = None
        if self.reading or self.shard.ended or self.desk.stopping:
            return
        room = min(self.shard.room, rulings.RECORDS_PER_POLL)
        if room <= 0:
            return  # a settled batch asks again
        self.reading = True
        self.read_began = self.desk.loop.clock()
        task = partial(self.reader.read, self.shard.stamp, self.position, self.iterator, room)
        self.loop.work(self.desk.pools.reading, task, self._read_came_back)

    def _plan_read(self, time: float) -> None:
        if self.planned_read is None or time < self.planned_read:
            self.planned_read = time
            self.loop.at(time, lambda _now: self._read() if self.planned_read == time else None)

    def _read_came_back(self, done: Future[Page]) -> None:
        self.reading = False
        now = self.loop.clock()
        if self.desk.stopping or self.gone:
            return
        try:
            page = done.result()
        except AwsError as error:
            self._read_failed(error, now)
            return
        if self.failed_reads:
            self.failed_reads = 0
            self.source_trouble.over()
        self.received(page, now)

    def received(self, page: Page, now: float) -> None:
        """Records that were read, or pushed by a subscription."""
        self.iterator = page.iterator
        if page.entries:
            self.position = Position.after(page.entries[-1].sequence_number)
            self._take(page.entries, now)
        elif page.dry:
            self.shard.found_nothing(self.read_began)
        if page.iterator is None:
            self._end(now, "is closed and read to its end")
        else:
            self._plan_read(now if page.behind else now + self.poll_seconds)
        self._drive(now)

    def _take(self, entries: Sequence[Entry], now: float) -> None:
        fresh = unsettled(ours(entries, self.saved.since), self.shard, self.saved.positions)
        if not fresh:
            return
        sifted = self.shard.receive(fresh, now)
        self.desk.readings.add(self.desk.meter.read(now, len(fresh), len(sifted.filtered)))
        self.desk.voice.follow(lambda: f"{self._name}: read {len(fresh)}, {len(sifted.filtered)} of them filtered out")
        if sifted.foreign:
            self.desk.voice.tell(
                f"{self._name}: {len(sifted.foreign)} user records dropped: their keys are not this shard's, "
                "and fan-out loses such records"
            )
        if sifted.filtered:
            self.keeper.touch()

    def _read_failed(self, error: BaseException, now: float) -> None:
        self.failed_reads += 1
        self.iterator = None
        if trouble(error) is Trouble.LOST_PLACE and self.position.kind == "AFTER_SEQUENCE_NUMBER":
            self.desk.voice.tell(
                f"{self._name}: the stream no longer has {self.position.value}, read from its oldest record: {error}"
            )
            self.position = HORIZON
        else:
            self.source_trouble.met(error)
        if trouble(error) is Trouble.GONE:
            self.missing = True
            self.on_missing()
            return
        self._plan_read(now + seconds_before_another_try(self.failed_reads))

    def _end(self, now: float, what: str) -> None:
        if not self.shard.ended:
            self.desk.voice.follow(lambda: f"{self._name}: {what}")
            self.shard.end()
            self.keeper.touch()
            self._drive(now)

    # invoking

    def _drive(self, now: float) -> None:
        for index, lane in enumerate(self.shard.lanes):
            self._drive_lane(index, lane, now)
        if self.is_done and not self.saved.done:
            self.keeper.save()
            self.on_change()

    def _drive_lane(self, index: int, lane: Lane, now: float) -> None:
        while not self.desk.stopping and (step := lane.next(now)) is not None:
            match step:
                case Discard():
                    self._discard(step, now)
                case Wait(until):
                    planned = self.wakes[index]
                    if planned is None or until < planned:
                        self.wakes[index] = until
                        self.loop.at(until, partial(self._wake, index, until))
                    return
                case Invoke():
                    self._invoke(lane, step, now)

    def _wake(self, index: int, planned: float, now: float) -> None:
        if self.wakes[index] == planned:
            self.wakes[index] = None
        self._drive(now)

    def _invoke(self, lane: Lane, step: Invoke, now: float) -> None:
        desk, batch = self.desk, step.batch
        if step.too_large:
            self.loop.post(lambda: self._finish(lane, step, now, Reply(TOO_LARGE)))
            return
        last = batch.entries[-1].arrived if batch.entries else None
        desk.readings.add(desk.meter.sent(now, len(batch.entries)))
        desk.readings.add(desk.meter.iterator_age(now, last))
        desk.tally.in_flight += 1
        desk.tally.invocations += 1
        task = partial(desk.invoke, partial(payload, batch.entries, lane.stamp, step.windowed))
        self.loop.work(desk.pools.calling, task, lambda done: self._answered(lane, step, now, done))

    def _answered(self, lane: Lane, step: Invoke, sent: float, done: Future[Reply | None]) -> None:
        self.desk.tally.in_flight -= 1
        reply = done.result()
        if reply is None:
            return  # never sent: the batch stays unsettled, the next start reads it again
        self.desk.told(reply)
        self._finish(lane, step, sent, reply)

    def _finish(self, lane: Lane, step: Invoke, sent: float, reply: Reply) -> None:
        desk, now = self.desk, self.loop.clock()
        result = outcome(reply.answer, step.batch, desk.mapping)
        steps = lane.finish(result, now)
        self._measure(result, reply, sent, now)
        undone = sum(len(each.batch.entries) for each in steps if not isinstance(each, Commit))
        if isinstance(result, Failed | FailedAt | TooLarge):
            desk.tally.failures += 1
            desk.readings.add(desk.meter.failed(now, undone))
        desk.tally.records += len(step.batch.entries) - undone
        desk.voice.follow(lambda: told_call(self._name, step, result, undone, now - sent, reply.refusal))
        for each in steps:
            if isinstance(each, Discard):
                self._discard(each, now)
        self.keeper.touch()
        if self.shard.room > 0 and not self.reading and self.planned_read is None:
            self._plan_read(now)
        self._drive(now)

    def _measure(self, result: Outcome, reply: Reply, sent: float, now: float) -> None:
        meter = self.desk.meter
        if reply.answer.throttled:
            if reply.refusal is None:
                self.desk.readings.add(meter.throttled(now))
        elif not isinstance(result, TooLarge):
            self.desk.readings.add(meter.finished(now, now - sent, error=reply.answer.error is not None))

    def _discard(self, discard: Discard, now: float) -> None:
        self.failure_records.send(discard, self.shard.stamp, now)
        self.keeper.touch()

    def _delivered(self) -> None:
        self.keeper.touch()
        self._drive(self.loop.clock())

    # checkpoints

    def save_last(self) -> None:
        """At the end: whatever is settled and not yet on disk."""
        self.keeper.save_last()

    def _settled(self) -> Checkpoint | None:
        """What to keep of the shard as it is now; nothing yet, while a kill would lose a failure record."""
        if not self.failure_records.all_delivered:
            return None
        return replace(
            self.saved,
            positions=positions(self.shard, self.saved.positions),
            window=open_window(self.shard),
            done=self.is_done,
        )

    @property
    def _name(self) -> str:
        return f"{self.desk.name}, {self.facts.shard_id}"
