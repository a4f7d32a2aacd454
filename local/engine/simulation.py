"""A stream mapping in virtual time: one thin loop over the shards and lanes that decide everything.

feed -> read on the poller's grid -> shard -> lane.next -> function -> lane.finish -> timeline
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from functools import partial
from math import ceil
from typing import Any

from local.engine import rulings
from local.engine.agenda import Agenda
from local.engine.chronicle import Chronicle
from local.engine.delivery import Discard, Outcome
from local.engine.entries import Entry, KinesisEntry, Stamp, table_entry
from local.engine.events import event
from local.engine.feed import Feed
from local.engine.function import TOO_LARGE
from local.engine.identity import Identity, kinesis_number, table_number
from local.engine.lane import Invoke, Lane, Wait
from local.engine.lineage import Lineage
from local.engine.mapping import Mapping as EventSourceMapping
from local.engine.records import KinesisRecord, TableChange
from local.engine.responses import outcome
from local.engine.setting import Setting
from local.engine.shard import WHOLE_RANGE, Shard
from local.engine.source import Kind
from local.engine.timeline import Invocation, Timeline


class Lap:
    """One shard of the simulation: what is still to be read, and when it is looked at next."""

    def __init__(self, shard: Shard) -> None:
        self.shard = shard
        self.upcoming: deque[tuple[float, int, Any]] = deque()
        self.begun = False  # a record of the starting position or behind it was there
        self.reading = False
        self.wakes: list[float | None] = [None] * len(shard.lanes)


class StreamSimulation:
    def __init__(
        self,
        mapping: EventSourceMapping,
        records: Iterable[object],
        lineage: Lineage,
        setting: Setting,
    ) -> None:
        self.mapping = mapping
        self.lineage = lineage
        self.setting = setting
        self.is_kinesis = mapping.source.is_kinesis
        kind, time = (KinesisRecord, "arrived") if self.is_kinesis else (TableChange, "created")
        self.feed = Feed(records, kind, "shard_id", time)
        self.number = kinesis_number if self.is_kinesis else table_number
        self.start = self.feed.readable_at or 0.0
        self.poll_seconds = poll_seconds(mapping)
        self.agenda = Agenda()
        self.identity = Identity()
        self.laps: dict[str, Lap] = {}
        self.done: set[str] = set()
        self.over: set[str] = set()  # a child of theirs had a record
        self.timeline = Timeline(place_of=self.number.place)
        self.chronicle = Chronicle(mapping, self.timeline, self.identity)

    def run(self, until: float | None) -> Timeline:
        for warning in self.mapping.warnings:
            self.chronicle.tell(self.start, self.mapping.source.name, warning)
        for shard_id in sorted(self.lineage.shards()):
            self._lap(shard_id)
        self.agenda.at(self.start, partial(self._look_for_ends, self.lineage.closed))
        while (time := self._next_time()) is not None and (until is None or time <= until):
            readable_at = self.feed.readable_at
            if readable_at is not None and readable_at <= time:
                self._admit(time)
            else:
                self.agenda.act()
        if until is not None:
            self._tell_what_is_left(until)
        for shard_id, lap in self.laps.items():
            if lap.shard.checkpoint is not None:
                self.timeline.checkpoints[shard_id] = lap.shard.checkpoint
        return self.told()

    def told(self) -> Timeline:
        self.timeline.records = self.feed.known
        return self.timeline

    def _tell_what_is_left(self, now: float) -> None:
        for shard_id, lap in sorted(self.laps.items()):
            for lane in lap.shard.lanes:
                self.chronicle.left(shard_id, lane, now)
            if lap.upcoming:
                why = (
                    ""
                    if self.lineage.is_readable(shard_id, self.done)
                    else ", its parents are not settled to their end"
                )
                self.chronicle.tell(now, shard_id, f"not read when the simulation ends{why}:", self._names(lap))

    def _names(self, lap: Lap) -> list[str]:
        return [self.number(place) for _, place, _ in lap.upcoming]

    def _next_time(self) -> float | None:
        readable_at, planned = self.feed.readable_at, self.agenda.next_time
        if readable_at is None or planned is None:
            return planned if readable_at is None else readable_at
        return min(readable_at, planned)

    def _lap(self, shard_id: str) -> Lap:
        if shard_id not in self.laps:
            stamp = Stamp.of(shard_id, self.mapping.source, self.setting.role)
            shard = Shard(
                self.mapping,
                stamp,
                self.identity.request_id,
                hash_range=self.setting.hash_ranges.get(shard_id, WHOLE_RANGE),
                retention_seconds=self.setting.retention_seconds,
            )
            self.laps[shard_id] = Lap(shard)
        return self.laps[shard_id]

    def _admit(self, time: float) -> None:
        """Put what became readable in front of its shard."""
        since = self.mapping.starting_timestamp
        quieter: set[str] = set()  # may have brought its last record, and is not read for it
        for item in self.feed.until(time):
            record = item[2]
            lap = self.laps.get(record.shard_id) or self._lap(record.shard_id)
            if record.shard_id in self.lineage.parents:
                quieter |= self._close_ancestors(record.shard_id)
            if since is not None and not lap.begun and self.feed.time_of(record) < since:
                self.chronicle.tell(item[0], record.shard_id, "before the starting position:", [self.number(item[1])])
                quieter.add(record.shard_id)
                continue
            lap.begun = True
            lap.upcoming.append(item)
            if not lap.reading:
                self._plan_read(record.shard_id, lap, item[0])
        self._look_for_ends(quieter if self.feed.readable_at is not None else self.lineage.closed, time)

    def _close_ancestors(self, shard_id: str) -> set[str]:
        """This shard has a record: nothing more can come of those it descends from."""
        ended = self.lineage.ancestors(shard_id, self.over)
        self.over |= ended
        self.feed.close(ended)
        return ended

    def _plan_read(self, shard_id: str, lap: Lap, time: float) -> None:
        if lap.upcoming and not lap.reading and self.lineage.is_readable(shard_id, self.done):
            lap.reading = True
            self.agenda.at(self._on_the_grid(max(time, lap.upcoming[0][0])), partial(self._read, shard_id, lap))

    def _plan_look(self, shard_id: str, lap: Lap, now: float) -> None:
        """Polls without records are left out, but for the one that an idle window waits for."""
        if not lap.reading and any(lane.look_from is not None and lane.look_from <= now for lane in lap.shard.lanes):
            lap.reading = True
            self.agenda.at(self._on_the_grid(now), partial(self._read, shard_id, lap))

    def _on_the_grid(self, time: float) -> float:
        if not self.poll_seconds:
            return time
        tick = self.start + ceil((time - self.start) / self.poll_seconds) * self.poll_seconds
        return max(tick, time)  # a tick must not lie a rounding error before the record it is for

    def _read(self, shard_id: str, lap: Lap, now: float) -> None:
        lap.reading = False
        most = min(rulings.RECORDS_PER_POLL, lap.shard.room)
        upcoming = lap.upcoming
        read: list[tuple[float, int, Any]] = []
        while upcoming and len(read) < most and upcoming[0][0] <= now:
            read.append(upcoming.popleft())
        if not read and most > 0:
            lap.shard.found_nothing(now)
        entries = self._entries(read, lap.shard.stamp)
        sifted = lap.shard.receive(entries, now)
        self.chronicle.read(shard_id, entries, sifted, now)
        if upcoming and lap.shard.room > 0:
            self._plan_read(shard_id, lap, now + self.poll_seconds if upcoming[0][0] <= now else upcoming[0][0])
        self._look_for_end(shard_id, lap, now)
        self._drive(shard_id, lap, now)

    def _entries(self, read: Sequence[tuple[float, int, Any]], stamp: Stamp) -> Sequence[Entry]:
        number, overhead = self.number, stamp.overhead
        if self.is_kinesis:
            return [
                KinesisEntry(
                    number(place), record.partition_key, record.data, round(float(record.arrived), 3), overhead
                )
                for _, place, record in read
            ]
        return [table_entry(number(place), record, self.setting.view_type, stamp) for _, place, record in read]

    def _look_for_ends(self, shard_ids: Iterable[str], now: float) -> None:
        for shard_id in sorted(shard_ids):
            self._look_for_end(shard_id, self.laps[shard_id], now)

    def _look_for_end(self, shard_id: str, lap: Lap, now: float) -> None:
        if shard_id not in self.lineage.closed or lap.shard.ended or lap.upcoming or lap.reading:
            return
        if self.feed.may_bring(shard_id) or not self.lineage.is_readable(shard_id, self.done):
            return
        lap.shard.end()
        self.chronicle.tell(now, shard_id, "read to its end, the shard is closed")
        self._drive(shard_id, lap, now)

    def _drive(self, shard_id: str, lap: Lap, now: float) -> None:
        for index, lane in enumerate(lap.shard.lanes):
            self._drive_lane(shard_id, lap, index, lane, now)
        self._plan_look(shard_id, lap, now)
        if lap.shard.is_done and shard_id not in self.done:
            self.done.add(shard_id)
            for child in self.lineage.children(shard_id):
                self.agenda.at(now, partial(self._let_go, child))  # not at once: generations may be any number

    def _let_go(self, shard_id: str, now: float) -> None:
        """A parent of this shard is settled to its end."""
        lap = self._lap(shard_id)
        if lap.upcoming and lap.upcoming[0][0] < now and self.lineage.is_readable(shard_id, self.done):
            text = "waited until its parents were settled to their end:"
            self.chronicle.tell(now, shard_id, text, self._names(lap))
        self._plan_read(shard_id, lap, now)
        self._look_for_end(shard_id, lap, now)

    def _drive_lane(self, shard_id: str, lap: Lap, index: int, lane: Lane, now: float) -> None:
        while (step := lane.next(now)) is not None:
            match step:
                case Discard():
                    self.chronicle.discarded(step, lane.stamp, index, now)
                case Wait(until):
                    planned = lap.wakes[index]
                    if planned is None or until < planned:
                        lap.wakes[index] = until
                        self.agenda.at(until, partial(self._wake, shard_id, lap, index))
                    return
                case Invoke():
                    self._invoke(shard_id, lap, index, lane, step, now)

    def _wake(self, shard_id: str, lap: Lap, index: int, now: float) -> None:
        if lap.wakes[index] == now:
            lap.wakes[index] = None
        self._drive(shard_id, lap, now)

    def _invoke(self, shard_id: str, lap: Lap, index: int, lane: Lane, step: Invoke, now: float) -> None:
        answer, seconds = TOO_LARGE, 0.0
        if not step.too_large:
            sent = event(step.batch.entries, lane.stamp, step.windowed)
            answer, seconds = self.setting.run(sent, step.batch.request_id, self.mapping.function, now)
        result = outcome(answer, step.batch, self.mapping)
        invocation = self.chronicle.sent(step, lane.stamp, index, answer, now, now + seconds)
        self.agenda.at(now + seconds, partial(self._finish, shard_id, lap, index, invocation, result))

    def _finish(self, shard_id: str, lap: Lap, index: int, invocation: Invocation, result: Outcome, now: float) -> None:
        lane = lap.shard.lanes[index]
        steps = lane.finish(result, now)
        self.chronicle.answered(invocation, result, steps, now)
        for step in steps:
            if isinstance(step, Discard):
                self.chronicle.discarded(step, lane.stamp, index, now)
        if lap.upcoming and not lap.reading:
            self._plan_read(shard_id, lap, now)
        self._drive(shard_id, lap, now)


def poll_seconds(mapping: EventSourceMapping) -> float:
    match mapping.source.kind:
        case Kind.CONSUMER:
            return rulings.FAN_OUT_POLL_SECONDS
        case Kind.STREAM:
            return rulings.KINESIS_POLL_SECONDS
        case _:
            return rulings.TABLE_STREAM_POLL_SECONDS
