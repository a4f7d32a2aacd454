"""Puts records into a stream and knows what became of each.

    put ──> packing ──sealed──> backlog ──request──> senders ──> PutRecords
     ^                             ^                    │
     └── waits while it is full    └── only what failed ┘  after a full-jitter wait

Order: the records of one key keep theirs inside an aggregate and, with one request in flight and nothing refused,
altogether. With more in flight, or after a refusal, a later aggregate may be stored before an earlier one: Kinesis
promises no order within or between PutRecords calls either. What must be ordered carries its own order.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

from producer.backlog import Backlog
from producer.counts import Counts
from producer.entry import Entry, PutError, Stored
from producer.kinesis import Kinesis
from producer.limits import refusal
from producer.packing import Aggregation, Packing, Plain
from producer.settings import Settings
from producer.settlement import Hopeless, StoredAt, Verdict, maybe_stored, remedy, settled, verdict_of, verdicts
from producer.shard_listing import ShardListing

log = logging.getLogger("producer")

Failed = Callable[[str, bytes, PutError], None]  # key, data, and why


class StoppedError(RuntimeError):
    """The producer takes no more records: it was closed, or its stream refuses for good."""


class FullError(RuntimeError):
    """The buffer stayed full for as long as the caller would wait; the record was not taken."""


class Producer:
    """Takes records while its block runs; at its end everything taken is stored or failed.

        with Producer(client, "trips") as producer:
            fate = producer.put(b"{}", "vendor-7")
        fate.result().sequence_number

    The client must not repeat calls by itself, or copies would be made that nobody counts: see `producer.client`.
    `on_failure` is called, from a sender's thread, for each record that failed for good. It, and what is hung on a
    future, may put, but must not wait for room: the senders make it.
    """

    def __init__(
        self, client: Kinesis, stream: str, settings: Settings | None = None, on_failure: Failed | None = None
    ) -> None:
        if client.meta.config.retries.get("total_max_attempts") != 1:
            raise ValueError(
                "client must ask once: its own repetitions would make copies that nobody counts; make it with "
                'producer.client(), or Config(retries={"total_max_attempts": 1}).'
            )
        self.stream = stream
        self._client = client
        self._settings = settings or Settings()
        self._on_failure = on_failure
        self._clock = self._settings.clock
        self._listing = ShardListing(client, stream, self._settings.backoff, self._clock)
        self._packing: Packing = Plain()
        self._backlog = Backlog(self._settings.linger_seconds)
        self._counts = Counts()
        self._hurried = 0  # how many are in flush: then nothing lingers
        self._telling = 0  # how many are telling fates just now
        self._lock = threading.Lock()
        self._room = threading.Condition(self._lock)  # put waits here
        self._work = threading.Condition(self._lock)  # senders wait here
        self._settled = threading.Condition(self._lock)  # flush waits here
        self._closing = False
        self._stopped: str | None = None
        self._senders: list[threading.Thread] = []

    def __enter__(self) -> Producer:
        if self._settings.aggregate_bytes is not None:
            self._packing = Aggregation(self._listing.first(), self._settings.aggregate_bytes)
        self._senders = [
            threading.Thread(target=self._send_all, name=f"producer-{number}", daemon=True)
            for number in range(self._settings.requests_in_flight)
        ]
        for sender in self._senders:
            sender.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def put(self, data: bytes, key: str, wait_seconds: float | None = None) -> Future[Stored]:
        """The fate of this record: where it is stored, or PutError. Waits while the buffer is full."""
        if reason := refusal(data, key):
            raise ValueError(reason)
        with self._lock:
            if self._backlog.held_bytes > self._settings.buffer_bytes and not self._room.wait_for(
                self._may_take, wait_seconds
            ):
                raise FullError(f"{self._backlog.held_bytes} bytes are held, and {self.stream} takes none of them.")
            if self._stopped is not None or self._closing or not self._senders:
                raise StoppedError(self._stopped or f"the producer of {self.stream} is not open; put inside its block.")
            future, sealed, opened = self._packing.add(data, key, self._clock())
            self._counts.made += 1
            if sealed:
                self._backlog.add(sealed)
            if sealed or opened:
                self._work.notify()
        return future

    def flush(self, wait_seconds: float | None = None) -> bool:
        """Whether everything taken is stored or failed, and everybody told, before the time is over."""
        with self._lock:
            self._hurried += 1
            self._work.notify_all()
            try:
                return self._settled.wait_for(self._idle, wait_seconds)
            finally:
                self._hurried -= 1

    def abandon(self) -> None:
        """Nothing is put any more but what is on its way; the rest has failed."""
        self._stop(f"abandoned before {self.stream} had taken it")

    def close(self) -> None:
        """Everything taken is stored or failed. Interrupted, it abandons what is left."""
        with self._lock:
            self._closing = True
            self._room.notify_all()
        try:
            self.flush()
        except BaseException:
            self.abandon()
            raise
        finally:
            with self._lock:
                self._work.notify_all()
            for sender in self._senders:
                sender.join()

    def counts(self) -> Counts:
        """What became of everything so far."""
        with self._lock:
            return replace(self._counts, refusals=self._counts.refusals.copy())

    @property
    def stopped(self) -> str | None:
        """Why no more records are taken, where that is not by `close`."""
        return self._stopped

    def _idle(self) -> bool:
        return self._backlog.held == 0 and self._packing.oldest is None and self._telling == 0

    def _may_take(self) -> bool:
        full = self._backlog.held_bytes > self._settings.buffer_bytes
        return not full or self._closing or self._stopped is not None

    def _send_all(self) -> None:
        while request := self._next_request():
            try:
                told = verdicts(self._put_records(request), request)
            except Exception as error:  # noqa: BLE001  any error must become the fate of these records
                told = [verdict_of(error)] * len(request)
            self._follow_reshard(told)
            self._settle(request, told)

    def _put_records(self, request: Sequence[Entry]) -> Any:
        records: list[Any] = [
            {"Data": entry.data, "PartitionKey": entry.partition_key}
            | ({"ExplicitHashKey": entry.explicit_hash_key} if entry.explicit_hash_key is not None else {})
            for entry in request
        ]
        return self._client.put_records(StreamName=self.stream, Records=records)

    def _next_request(self) -> list[Entry]:
        """The next request as soon as there is one; empty when there will be none any more."""
        with self._lock:
            while True:
                now = self._clock()
                hurry = self._hurried > 0
                linger = float("-inf") if hurry else self._settings.linger_seconds
                self._backlog.add(self._packing.opened_before(now - linger))
                if request := self._backlog.take(now, hurry=hurry):
                    self._counts.requests += 1
                    self._counts.sent_again += sum(entry.user_records for entry in request if entry.puts)
                    return request
                if (self._closing or self._stopped is not None) and self._idle():
                    return []
                self._work.wait(self._wait_seconds(now))

    def _wait_seconds(self, now: float) -> float | None:
        opened = self._packing.oldest
        moments = [self._backlog.next_moment(), None if opened is None else opened + self._settings.linger_seconds]
        return min((max(0.0, moment - now) for moment in moments if moment is not None), default=None)

    def _settle(self, request: Sequence[Entry], told: Sequence[Verdict]) -> None:
        """Count what became of each, put again what must be, and tell those who wait."""
        stored: list[tuple[Entry, Stored]] = []
        failed: list[tuple[Entry, PutError]] = []
        again: list[Entry] = []
        with self._lock:
            now = self._clock()
            for entry, verdict in zip(request, told, strict=True):
                self._note(entry, verdict)
                match settled(entry, verdict, now - entry.opened_at, self._settings.give_up_seconds):
                    case Stored() as place:
                        stored.append((entry, place))
                    case PutError() as error:
                        failed.append((entry, error))
                    case Entry() as left if self._stopped is not None:
                        failed.append((entry, PutError(self._stopped, left.unanswered)))
                    case Entry() as left:
                        again.append(left)
            if again:
                # One wait for all of them, so that they leave together as they came.
                wait = self._settings.backoff.wait_seconds(max(entry.puts for entry in again) - 1)
                self._backlog.again(again, now + wait)
            self._finish(stored, failed)
        self._tell(stored, failed)
        if hopeless := next((verdict for verdict in told if isinstance(verdict, Hopeless)), None):
            self._stop(remedy(self.stream, hopeless))

    def _note(self, entry: Entry, verdict: Verdict) -> None:
        if isinstance(verdict, StoredAt):
            self._counts.stream_records += 1
            self._counts.bytes += entry.size
        else:
            self._counts.refusals[verdict.code] += 1
        if maybe_stored(verdict):
            self._counts.uncertain += entry.user_records

    def _finish(self, stored: Sequence[tuple[Entry, Stored]], failed: Sequence[tuple[Entry, PutError]]) -> None:
        self._counts.acknowledged += sum(entry.user_records for entry, _ in stored)
        self._counts.failed += sum(entry.user_records for entry, _ in failed)
        self._backlog.done(entry for entry, _ in (*stored, *failed))
        self._telling += 1
        self._room.notify_all()
        self._work.notify()

    def _tell(self, stored: Sequence[tuple[Entry, Stored]], failed: Sequence[tuple[Entry, PutError]]) -> None:
        """Without the lock: whoever is told may put."""
        for entry, place in stored:
            entry.future.set_result(place)
        for entry, error in failed:
            entry.future.set_exception(error)
            if self._on_failure is not None:
                for key, data in entry.records():
                    self._report(key, data, error)
        with self._lock:
            self._telling -= 1
            if self._idle():
                self._settled.notify_all()
                self._work.notify_all()

    def _report(self, key: str, data: bytes, error: PutError) -> None:
        try:
            assert self._on_failure is not None
            self._on_failure(key, data, error)
        except Exception:
            log.exception("on_failure raised for a record of %s; the record has failed all the same", self.stream)

    def _stop(self, reason: str) -> None:
        with self._lock:
            if self._stopped is None:
                self._stopped = reason
            self._backlog.add(self._packing.opened_before(float("inf")))
            failed = [(entry, PutError(self._stopped, entry.unanswered)) for entry in self._backlog.take_all()]
            self._finish([], failed)
            self._work.notify_all()
        self._tell([], failed)

    def _follow_reshard(self, told: Sequence[Verdict]) -> None:
        """A shard that the map does not know was made by a reshard: what is put from now on is packed by a new map."""
        packing = self._packing
        if not isinstance(packing, Aggregation):
            return
        if all(packing.knows(verdict.shard_id) for verdict in told if isinstance(verdict, StoredAt)):
            return
        if shards := self._listing.renewed():
            with self._lock:
                self._backlog.add(packing.resharded(shards))
                self._work.notify_all()
