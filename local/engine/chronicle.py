"""Writes a stream simulation down: what was read, sent, answered and given up, and the metrics of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from operator import attrgetter

from local.engine import rulings
from local.engine.delivery import Commit, Discard, Failed, FailedAt, Outcome, Step, Throttled, TooLarge
from local.engine.entries import Entry, KinesisEntry, Stamp
from local.engine.events import event
from local.engine.explanation import places
from local.engine.failures import failure_record, object_key
from local.engine.function import Answer
from local.engine.identity import Identity
from local.engine.lane import Invoke, Lane
from local.engine.mapping import Mapping
from local.engine.metrics import Meter
from local.engine.shard import Sifted
from local.engine.timeline import Discarded, Happening, Invocation, Timeline, Told
from local.engine.windows import Window

SEQUENCE_NUMBER = attrgetter("sequence_number")


class Chronicle:
    def __init__(self, mapping: Mapping, timeline: Timeline, identity: Identity) -> None:
        self.mapping = mapping
        self.timeline = timeline
        self.identity = identity
        self.meter = Meter(mapping)
        self.attempts: Counter[str] = Counter()  # by request id

    def tell(self, at: float, shard_id: str, text: str, names: Sequence[str] = ()) -> None:
        self.timeline.happenings.append(Happening(at, shard_id, text, names))

    def read(self, shard_id: str, entries: Sequence[Entry], sifted: Sifted, now: float) -> None:
        if not entries:
            return
        self.timeline.happenings.append(Happening(now, shard_id, "read", _names(entries), Told.READ))
        if sifted.filtered:
            names = _names(sifted.filtered)
            self.timeline.filtered.extend(names)
            self.tell(now, shard_id, "filtered out, counted as processed:", names)
        for entry in sifted.foreign:
            self._dropped(shard_id, entry, now)
        self.timeline.metrics += self.meter.read(now, len(entries), len(sifted.filtered))

    def left(self, shard_id: str, lane: Lane, now: float) -> None:
        """What a lane has not settled when the simulation is stopped, and why."""
        held = [batch.entries for batch in lane.held]
        if lane.in_flight is not None:
            front = lane.in_flight.batch.entries
            self.tell(now, shard_id, "still in flight when the simulation ends:", _names(front))
        elif held:
            front = held.pop(0)
            text = f"to be tried again in {max(0.0, lane.ready_at - now):g} s when the simulation ends:"
            self.tell(now, shard_id, text, _names(front))
        elif lane.waiting:
            due = max(0.0, lane.waiting.due_at - now)
            text = f"gathered when the simulation ends, the batching window is over in {due:g} s:"
            self.tell(now, shard_id, text, _names(lane.waiting.entries))
            return
        else:
            return
        behind = [entry for entries in (*held, lane.waiting.entries) for entry in entries]
        if behind:
            ahead = places(_names(front), self.timeline.place_of) or "the final call of a window"
            self.tell(now, shard_id, f"still waiting behind {ahead} when the simulation ends:", _names(behind))

    def _dropped(self, shard_id: str, entry: Entry, now: float) -> None:
        assert isinstance(entry, KinesisEntry)
        self.timeline.dropped.append((entry.sequence_number, entry.partition_key))
        text = (
            f"user record with key {entry.partition_key!r} dropped, its key is not this shard's and fan-out loses it:"
        )
        self.tell(now, shard_id, text, [entry.sequence_number])

    def sent(self, step: Invoke, stamp: Stamp, lane: int, answer: Answer, now: float, ended: float) -> Invocation:
        """The function is called, or, too large to be, would have been."""
        batch = step.batch
        self._tell_late(step, stamp.shard_id, now)
        self.attempts[batch.request_id] += 1
        invocation = Invocation(
            at=now,
            ended=ended,
            request_id=batch.request_id,
            shard_id=stamp.shard_id,
            attempt=self.attempts[batch.request_id],
            cut_from=batch.cut_from,
            names=_names(batch.entries),
            windowed=step.windowed,
            answer=answer,
            lane=lane,
            too_large=step.too_large,
            build=partial(event, batch.entries, stamp, step.windowed),
        )
        self.timeline.happenings.append(invocation)
        if not step.too_large:
            self.timeline.invocations.append(invocation)
            last = batch.entries[-1].arrived if batch.entries else None
            self.timeline.metrics += self.meter.sent(now, len(batch.entries))
            self.timeline.metrics += self.meter.iterator_age(now if rulings.ITERATOR_AGE_AT_SEND else ended, last)
        return invocation

    def _tell_late(self, step: Invoke, shard_id: str, now: float) -> None:
        if step.windowed is None or step.batch.invocations:
            return
        window, seconds = step.windowed.window, self.mapping.tumbling_window_seconds
        late = [entry for entry in step.batch.entries if Window.of(entry.arrived, seconds) < window]
        if late:
            text = f"older than the window {window} they are delivered in:"
            self.tell(now, shard_id, text, _names(late))

    def answered(self, invocation: Invocation, outcome: Outcome, steps: Sequence[Step], now: float) -> None:
        invocation.verdict = type(outcome).__name__
        invocation.steps = steps
        if isinstance(outcome, Failed):
            invocation.reason = outcome.reason
        metrics = self.timeline.metrics
        if isinstance(outcome, Throttled):
            metrics += self.meter.throttled(now)
        elif not isinstance(outcome, TooLarge):
            metrics += self.meter.finished(now, now - invocation.at, error=invocation.error is not None)
        if isinstance(outcome, Failed | FailedAt | TooLarge):
            undone = sum(len(step.batch.entries) for step in steps if not isinstance(step, Commit))
            metrics += self.meter.failed(now, undone)

    def discarded(self, discard: Discard, stamp: Stamp, lane: int, now: float) -> None:
        record = key = None
        if self.mapping.on_failure is not None:
            record = failure_record(discard, self.mapping, stamp, now, executed_version(self.mapping.function))
            if self.mapping.on_failure_is_bucket:
                key = object_key(self.mapping, stamp.shard_id, now, self.identity.object_uuid())
        batch = discard.batch
        names = _names(batch.entries)
        discarded = Discarded(
            now, stamp.shard_id, discard.condition, names, batch.request_id, discard.windowed, record, key, lane
        )
        self.timeline.discarded.append(discarded)
        self.timeline.happenings.append(discarded)
        self.timeline.metrics += self.meter.dropped(now, len(names), destination=record is not None)


def _names(entries: Iterable[Entry]) -> list[str]:
    return list(map(SEQUENCE_NUMBER, entries))


def executed_version(function_arn: str) -> str:
    """The version an ARN pins; an alias or none is told as $LATEST, which is all a simulation has."""
    qualifier = function_arn.split(":")[7:]
    return qualifier[0] if qualifier and qualifier[0].isdecimal() else "$LATEST"
