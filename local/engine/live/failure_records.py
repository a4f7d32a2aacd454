"""Failure records of one shard on their way: no checkpoint passes a discarded batch before its record has arrived."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from functools import partial

from local.engine.delivery import Discard
from local.engine.entries import Stamp
from local.engine.failures import failure_record, object_key
from local.engine.live.desk import Desk
from local.engine.live.destinations import deliver
from local.engine.live.troubles import AwsError, Trouble, seconds_before_another_try, trouble
from local.engine.live.wording import span

WORTH_ANOTHER_TRY = (Trouble.FAILED, Trouble.THROTTLED, Trouble.STALE)


class FailureRecords:
    """`under_way` counts records that did not arrive yet; `on_arrival` follows each that did, or never will."""

    def __init__(self, desk: Desk, shard_id: str, on_arrival: Callable[[], None]) -> None:
        self.desk = desk
        self.loop = desk.loop.about(shard_id)
        self.name = f"{desk.name}, {shard_id}"
        self.shard_id = shard_id
        self.on_arrival = on_arrival
        self.under_way = 0
        self.given_up = False  # at the end of the engine: the batch will be read, and discarded, again

    @property
    def all_delivered(self) -> bool:
        return not self.under_way and not self.given_up

    def send(self, discard: Discard, stamp: Stamp, now: float) -> None:
        desk, count = self.desk, len(discard.batch.entries)
        destination = desk.mapping.on_failure
        desk.tally.discarded += count
        where = "there is no on-failure destination" if destination is None else f"told to {destination}"
        what = span(discard.batch.entries, discard.windowed)
        desk.voice.tell(f"{self.name}: {what} discarded, {discard.condition}; {where}")
        if destination is None:
            desk.readings.add(desk.meter.dropped(now, count, destination=False))
            return
        record = failure_record(discard, desk.mapping, stamp, now, desk.version)
        key = object_key(desk.mapping, self.shard_id, now, desk.new_id())
        self.under_way += 1
        self._try(partial(deliver, desk.access, destination, record, key), count, 1, now)

    def _try(self, task: Callable[[], None], count: int, attempt: int, _now: float) -> None:
        self.loop.work(self.desk.pools.reading, task, lambda done: self._tried(task, count, attempt, done))

    def _tried(self, task: Callable[[], None], count: int, attempt: int, done: Future[None]) -> None:
        desk, now = self.desk, self.loop.clock()
        try:
            done.result()
        except AwsError as error:
            if trouble(error) in WORTH_ANOTHER_TRY and not desk.stopping:
                self._try_later(task, count, attempt, error, now)
                return
            self.under_way -= 1
            if desk.stopping:
                self.given_up = True
                return
            desk.voice.tell(f"{self.name}: the failure record was refused and is lost, as on AWS: {error}")
            desk.readings.add(desk.meter.undelivered(now, count))
        else:
            self.under_way -= 1
            desk.readings.add(desk.meter.dropped(now, count, destination=True))
        self.on_arrival()

    def _try_later(self, task: Callable[[], None], count: int, attempt: int, error: BaseException, now: float) -> None:
        if trouble(error) is Trouble.STALE:
            self.desk.access.forget()
        about = f"{self.desk.mapping.uuid} {self.shard_id} failure"
        self.desk.voice.once(about, "retried", f"{self.name}: a failure record is tried again: {error}")
        self.loop.at(now + seconds_before_another_try(attempt), partial(self._try, task, count, attempt + 1))
