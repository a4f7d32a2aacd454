"""Failure records of one shard on their way: no checkpoint passes a discarded batch before its record has arrived."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial

from local.engine.delivery import Discard
from local.engine.entries import Stamp
from local.engine.failures import failure_record, object_key
from local.engine.live.desk import Desk
from local.engine.live.destinations import deliver
from local.engine.live.troubles import AwsError, Trouble, seconds_before_another_try, trouble
from local.engine.live.wording import span

WORTH_ANOTHER_TRY = (Trouble.FAILED, Trouble.THROTTLED, Trouble.STALE)


@dataclass(frozen=True, slots=True)
class _Sending:
    """A failure record on its way; `what` was discarded, as a person is told once it is known what became of it."""

    deliver: Callable[[], None]
    what: str
    destination: str
    count: int


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
        what = f"{self.name}: {span(discard.batch.entries, discard.windowed)} discarded, {discard.condition}"
        if destination is None:
            desk.voice.tell(f"{what}; there is no on-failure destination")
            desk.readings.add(desk.meter.dropped(now, count, destination=False))
            return
        record = failure_record(discard, desk.mapping, stamp, now, desk.version)
        key = object_key(desk.mapping, self.shard_id, now, desk.new_id())
        self.under_way += 1
        self._try(_Sending(partial(deliver, desk.access, destination, record, key), what, destination, count), 1, now)

    def _try(self, sending: _Sending, attempt: int, _now: float) -> None:
        self.loop.work(self.desk.pools.reading, sending.deliver, partial(self._tried, sending, attempt))

    def _tried(self, sending: _Sending, attempt: int, done: Future[None]) -> None:
        desk, now = self.desk, self.loop.clock()
        try:
            done.result()
        except AwsError as error:
            if trouble(error) in WORTH_ANOTHER_TRY and not desk.stopping:
                self._try_later(sending, attempt, error, now)
                return
            self.under_way -= 1
            if desk.stopping:
                self.given_up = True
                return
            desk.voice.tell(f"{sending.what}; its failure record was refused and is lost, as on AWS: {error}")
            desk.readings.add(desk.meter.undelivered(now, sending.count))
        else:
            self.under_way -= 1
            desk.voice.tell(f"{sending.what}; told to {sending.destination}")
            desk.readings.add(desk.meter.dropped(now, sending.count, destination=True))
        self.on_arrival()

    def _try_later(self, sending: _Sending, attempt: int, error: BaseException, now: float) -> None:
        if trouble(error) is Trouble.STALE:
            self.desk.access.forget()
        about = f"{self.desk.mapping.uuid} {self.shard_id} failure"
        self.desk.voice.once(about, "retried", f"{sending.what}; its failure record is tried again: {error}")
        self.loop.at(now + seconds_before_another_try(attempt), partial(self._try, sending, attempt + 1))
