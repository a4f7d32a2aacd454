"""A queue mapping in virtual time: one thin loop between a queue, the batches it fills and the function."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from local.engine import rulings
from local.engine.agenda import Agenda
from local.engine.explanation import times
from local.engine.feed import Feed
from local.engine.function import Answer
from local.engine.identity import Identity, message_place
from local.engine.intake import Intake, Sending
from local.engine.mapping import Mapping
from local.engine.messages import Receipt
from local.engine.metrics import Meter
from local.engine.queue import Queue, QueueSettings
from local.engine.receiving import Concurrency, admit, sort_receipts, visibility_seconds
from local.engine.records import QueueMessage
from local.engine.remainder import Running, remainder
from local.engine.setting import Setting
from local.engine.source import Kind, Source
from local.engine.timeline import Happening, Invocation, Queued, Timeline, Told


class QueueSimulation:
    def __init__(self, mapping: Mapping, records: Iterable[object], settings: QueueSettings, setting: Setting) -> None:
        self.mapping = mapping
        self.setting = setting
        self.feed = Feed(records, QueueMessage, None, "sent")
        call_seconds = setting.call_seconds(settings.visibility_seconds)
        hidden_seconds = visibility_seconds(mapping, settings.visibility_seconds, call_seconds)
        self.queue = Queue(settings, hidden_seconds, fifo=mapping.source.kind is Kind.FIFO_QUEUE)
        self.concurrency = Concurrency(mapping)
        self.agenda = Agenda()
        self.identity = Identity()
        self.meter = Meter(mapping)
        self.running: dict[str, Running] = {}  # by request id
        self.intake: Intake[Receipt] = Intake(mapping, call_seconds)
        self.planned: set[float] = set()
        self.timeline = Timeline(place_of=message_place)

    def run(self, until: float | None) -> Timeline:
        while (time := self._next_time()) is not None and (until is None or time <= until):
            readable_at = self.feed.readable_at
            if readable_at is not None and readable_at <= time:
                for _, place, message in self.feed.until(time):
                    self._send(place, message)
                self._pump(time)
            else:
                self.agenda.act()
        if until is not None:
            self._tell_what_is_left(until)
        return self.told()

    def told(self) -> Timeline:
        self.timeline.records = self.feed.known
        return self.timeline

    def _send(self, place: int, message: QueueMessage) -> None:
        sent = self.queue.send(place, message)
        if sent.group:
            self.timeline.queued[sent.id] = Queued(sent.sent, sent.group)

    def _tell_what_is_left(self, now: float) -> None:
        for text, names in remainder(self.queue, self.intake, self.running.values(), now, self.timeline.place_of):
            self.timeline.happenings.append(Happening(now, self.mapping.source.name, text, names))

    def _next_time(self) -> float | None:
        times = [time for time in (self.feed.readable_at, self.agenda.next_time) if time is not None]
        return min(times) if times else None

    def _plan(self, time: float | None) -> None:
        if time is not None and time not in self.planned:
            self.planned.add(time)
            self.agenda.at(time, self._wake)

    def _wake(self, now: float) -> None:
        self.planned.discard(now)
        self._pump(now)

    def _pump(self, now: float) -> None:
        """Fill batches and send them, as long as a slot is free and a message is there."""
        self.queue.release(now)
        self._give_back(self.intake.outwaited(now), "waited so long that no call of it would be over in time", now)
        while len(self.running) < self.concurrency.limit(now):
            if not self._fill(now):
                break
        else:
            if self.queue.has_available or self.intake.overflow:
                self._plan(self.concurrency.saturated(now))
        if not self.queue.has_available and not self.running and self.intake.gathering is None:
            self.concurrency.idle()
        elif not self.queue.has_available and len(self.running) < self.concurrency.limit(now):
            self.concurrency.relieved(now)
        self._plan(self.queue.next_visible_at)

    def _fill(self, now: float) -> bool:
        """Whether a batch was sent; without one there is nothing to do until something happens."""
        while (room := self.intake.gather(now)) and self._receive(room, now):
            pass
        sending = self.intake.send(now)
        if sending is None:
            self._plan(self.intake.due_at)
            return False
        self._invoke(sending, self.identity.request_id(), now)
        return True

    def _receive(self, most: int, now: float) -> bool:
        """Whether the queue had a message to offer."""
        received = self.queue.receive(now, most)
        self._tell_departures(now)
        if received:
            self.intake.take(self._admit(received, now))
        return bool(received)

    def _admit(self, received: Sequence[Receipt], now: float) -> list[Receipt]:
        """What passes the filters; the rest is deleted from the queue."""
        admitted, refused = admit(received, self.mapping.filters)
        self.timeline.happenings.append(
            Happening(
                now, self.mapping.source.name, "received", [receipt.message_id for receipt in received], Told.READ
            )
        )
        if refused:
            names = [receipt.message_id for receipt in refused]
            self.timeline.filtered.extend(names)
            self.timeline.happenings.append(
                Happening(now, self.mapping.source.name, "filtered out, deleted from the queue:", names)
            )
            self._delete(refused)
        self.timeline.metrics += self.meter.read(now, len(received), len(refused))
        return admitted

    def _delete(self, receipts: Sequence[Receipt]) -> list[str]:
        return [receipt.message_id for receipt in receipts if self.queue.delete(receipt)]

    def _invoke(self, sending: Sending[Receipt], request_id: str, now: float) -> None:
        receipts = sending.messages
        build = partial(queue_event, receipts, self.mapping.source)
        answer, seconds = self.setting.run(build(), request_id, self.mapping.function, now)
        invocation = Invocation(
            at=now,
            ended=now + seconds,
            request_id=request_id,
            shard_id=self.mapping.source.name,
            attempt=sending.attempt,
            cut_from="",
            names=[receipt.message_id for receipt in receipts],
            windowed=None,
            answer=answer,
            build=build,
        )
        self.running[request_id] = sending, invocation
        self.timeline.invocations.append(invocation)
        self.timeline.happenings.append(invocation)
        self.timeline.metrics += self.meter.sent(now, len(receipts))
        self.agenda.at(now + seconds, partial(self._finish, sending, invocation, answer))

    def _finish(self, sending: Sending[Receipt], invocation: Invocation, answer: Answer, now: float) -> None:
        if answer.throttled:
            self._throttled(sending, invocation, now)
            return
        del self.running[invocation.request_id]
        result = sort_receipts(sending.messages, answer, self.mapping)
        if result.failed and not self.mapping.report_item_failures:
            self.concurrency.back_off(now)
        deleted = self._delete(result.delete)
        self.timeline.deleted.extend(deleted)
        invocation.verdict = "Succeeded" if not result.keep else "FailedAt" if result.delete else "Failed"
        invocation.reason = result.reason
        if result.keep:
            names = [receipt.message_id for receipt in result.keep]
            back = max(receipt.visible_at for receipt in result.keep)
            text = f"back in the queue, visible again in {max(0.0, back - now):g} s:"
            self.timeline.happenings.append(Happening(now, self.mapping.source.name, text, names, Told.RETURNED))
        self._go_on_behind(sending, result.keep, now)
        self.timeline.metrics += self.meter.finished(now, now - invocation.at, error=answer.error is not None)
        self.timeline.metrics += self.meter.failed(now, len(result.keep))
        self.timeline.metrics += self.meter.deleted(now, len(deleted))
        self._pump(now)

    def _go_on_behind(self, sending: Sending[Receipt], kept: Sequence[Receipt], now: float) -> None:
        back = self.intake.release(sending, kept, now)
        self._give_back(back, "did not fit into the event with what failed of their groups", now)

    def _give_back(self, receipts: Sequence[Receipt], why: str, now: float) -> None:
        """Received and not to be sent: the queue offers them at once, in their place."""
        if names := self.queue.give_back(receipts):
            self.timeline.happenings.append(
                Happening(now, self.mapping.source.name, f"{why}, back in the queue:", names)
            )

    def _throttled(self, sending: Sending[Receipt], invocation: Invocation, now: float) -> None:
        """Try again while the messages are invisible; after that the queue offers them anew."""
        invocation.verdict = "Throttled"
        self.timeline.metrics += self.meter.throttled(now)
        self.concurrency.back_off(now)
        again = now + rulings.QUEUE_THROTTLE_RETRY_SECONDS
        if again < min(receipt.visible_at for receipt in sending.messages):
            self.agenda.at(again, partial(self._invoke, sending.again(), invocation.request_id))
            return
        del self.running[invocation.request_id]
        self._go_on_behind(sending, sending.messages, now)
        self._pump(now)

    def _tell_departures(self, now: float) -> None:
        """What left the queue without being deleted."""
        for message in self.queue.dead:
            self.timeline.dead_letters.append(message.id)
            text = f"received {times(message.receives)}, moved to the dead-letter queue:"
            self.timeline.happenings.append(Happening(now, self.mapping.source.name, text, [message.id]))
        for message in self.queue.expired:
            self.timeline.expired.append(message.id)
            text = "older than the queue keeps its messages, gone:"
            self.timeline.happenings.append(Happening(now, self.mapping.source.name, text, [message.id]))
        self.queue.dead.clear()
        self.queue.expired.clear()


def queue_event(receipts: Sequence[Receipt], source: Source) -> dict[str, Any]:
    return {"Records": [receipt.as_event(source) for receipt in receipts]}
