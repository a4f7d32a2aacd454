"""One queue mapping at work: messages are received into batches, batches invoked side by side, what is done deleted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial

from local.engine import rulings
from local.engine.entries import compact
from local.engine.intake import Intake, Sending
from local.engine.live.desk import Desk
from local.engine.live.invoking import Reply
from local.engine.live.queue_calls import PER_CALL, QueueCalls
from local.engine.live.received import Received
from local.engine.live.source_trouble import SourceTrouble
from local.engine.live.troubles import AwsError, Trouble, seconds_before_another_try, trouble
from local.engine.receiving import Concurrency, admit, sort_receipts, visibility_seconds

LONG_POLL_SECONDS = 1  # a drain waits for it
GATHERING_POLL_SECONDS = 0.2  # while a batch waits for more, the queue is asked without waiting


class QueueWorker:
    def __init__(self, desk: Desk, queue_seconds: float) -> None:
        self.desk = desk
        self.source_trouble = SourceTrouble(desk)
        self.source = desk.mapping.source
        hidden_seconds = visibility_seconds(desk.mapping, queue_seconds, desk.function.timeout_seconds)
        self.queue = QueueCalls(desk.access, self.source, int(hidden_seconds), desk.loop.clock)
        self.concurrency = Concurrency(desk.mapping)
        self.intake: Intake[Received] = Intake(desk.mapping)
        self.running = 0
        self.receiving = False
        self.failures = 0
        self.is_ready = False
        self.changing = 0
        self.planned: float | None = None

    @property
    def busy(self) -> int:
        return self.desk.tally.in_flight + self.changing

    def start(self) -> None:
        self._pump(self.desk.loop.clock())

    def stop(self) -> None:
        """What was received and not sent goes back to the queue at once."""
        self.desk.stopping = True
        self._reveal(self.intake.leave())

    def finish(self) -> None:
        pass  # the queue itself keeps what is done

    def refresh(self, now: float) -> None:
        self._pump(now)

    # receiving

    def _pump(self, now: float) -> None:
        """Fill batches and send them, as long as a slot is free."""
        if self.desk.stopping:
            return
        while self.running < self.concurrency.limit(now):
            room = self.intake.gather(now)
            sending = self.intake.send(now)
            if sending is None:
                self._plan(self.intake.due_at)
                self._receive(room)
                return
            self.running += 1
            self._invoke(sending, now)
        if self.intake:
            self._plan(self.concurrency.saturated(now))

    def _plan(self, time: float | None) -> None:
        if time is not None and (self.planned is None or time < self.planned):
            self.planned = time
            self.desk.loop.at(time, self._wake)

    def _wake(self, now: float) -> None:
        self.planned = None
        self._pump(now)

    def _receive(self, room: int) -> None:
        if self.receiving:
            return
        self.receiving = True
        wait = 0 if self.intake else LONG_POLL_SECONDS
        task = partial(self.queue.receive, room, wait)
        self.desk.loop.work(self.desk.pools.reading, task, self._received)

    def _received(self, done: Future[list[Received]]) -> None:
        self.receiving = False
        now = self.desk.loop.clock()
        try:
            messages = done.result()
        except AwsError as error:
            self.is_ready = True
            self.failures += 1
            if trouble(error) is Trouble.GONE:
                self.queue.forget()
            self.source_trouble.met(error)
            self.desk.loop.at(now + seconds_before_another_try(self.failures), self._pump)
            return
        self.is_ready = True
        if self.failures:
            self.failures = 0
            self.source_trouble.over()
        if self.desk.stopping:
            self._reveal(messages)
            return
        self._admit(messages, now)
        if not messages and (due_at := self.intake.due_at) is not None:
            self._plan(min(due_at, now + GATHERING_POLL_SECONDS))
        else:
            self._pump(now)

    def _admit(self, messages: Sequence[Received], now: float) -> None:
        """What passes the filters waits for its batch; the rest is deleted from the queue."""
        admitted, refused = admit(messages, self.desk.mapping.filters)
        self.intake.take(admitted)
        if messages:
            self.desk.readings.add(self.desk.meter.read(now, len(messages), len(refused)))
            self.desk.voice.follow(lambda: f"{self.desk.name}: received {len(messages)}, {len(refused)} filtered out")
        elif not self.running:
            self.concurrency.idle()
        if refused:
            self._delete(refused)

    # invoking

    def _invoke(self, sending: Sending[Received], now: float) -> None:
        desk, messages = self.desk, sending.messages
        desk.tally.in_flight += 1
        desk.tally.invocations += 1
        desk.readings.add(desk.meter.sent(now, len(messages)))
        task = partial(
            desk.invoke, lambda: compact({"Records": [each.as_event(self.source) for each in messages]}).encode()
        )
        desk.loop.work(desk.pools.calling, task, partial(self._answered, sending, now))

    def _answered(self, sending: Sending[Received], sent: float, done: Future[Reply | None]) -> None:
        desk, now, messages = self.desk, self.desk.loop.clock(), sending.messages
        desk.tally.in_flight -= 1
        reply = done.result()
        if reply is None:
            self.running -= 1
            self._reveal([*messages, *sending.behind])
            return
        desk.told(reply)
        if reply.answer.throttled:
            self._throttled(sending, reply, now)
            return
        self.running -= 1
        result = sort_receipts(messages, reply.answer, desk.mapping)
        if result.failed and not desk.mapping.report_item_failures:
            self.concurrency.back_off(now)
        if result.keep:
            desk.tally.failures += 1
        self._go_on_behind(sending, result.keep, now)
        desk.tally.records += len(result.delete)
        desk.readings.add(desk.meter.finished(now, now - sent, error=reply.answer.error is not None))
        desk.readings.add(desk.meter.failed(now, len(result.keep)))
        desk.voice.follow(
            lambda: f"{desk.name}: {len(messages)} messages -> {len(result.keep)} kept in {(now - sent) * 1000:.0f} ms"
        )
        if result.delete:
            self._delete(result.delete)
        self._pump(now)

    def _throttled(self, sending: Sending[Received], reply: Reply, now: float) -> None:
        """Try again while the messages are invisible; after that the queue offers them anew."""
        if reply.refusal is None:
            self.desk.readings.add(self.desk.meter.throttled(now))
        self.concurrency.back_off(now)
        again = now + rulings.QUEUE_THROTTLE_RETRY_SECONDS
        if again < min(message.visible_at for message in sending.messages) and not self.desk.stopping:
            self.desk.loop.at(again, partial(self._invoke, sending.again()))
            return
        self.running -= 1
        self._go_on_behind(sending, sending.messages, now)
        self._pump(now)

    # the queue

    def _go_on_behind(self, sending: Sending[Received], kept: Sequence[Received], now: float) -> None:
        back = self.intake.release(sending, kept, now)
        self._reveal([*back, *self.intake.leave()] if self.desk.stopping else back)

    def _delete(self, messages: Sequence[Received]) -> None:
        for first in range(0, len(messages), PER_CALL):
            chunk = messages[first : first + PER_CALL]
            self._change(partial(self.queue.delete, chunk), "deleted and come again", counted=len(chunk))

    def _reveal(self, messages: Sequence[Received]) -> None:
        if messages:
            self._change(partial(self.queue.reveal, messages), "given back and come again when they are visible")

    def _change(self, task: Callable[[], None], what: str, counted: int = 0) -> None:
        self.changing += 1
        self.desk.loop.work(self.desk.pools.reading, task, partial(self._changed, what, counted))

    def _changed(self, what: str, counted: int, done: Future[None]) -> None:
        self.changing -= 1
        try:
            done.result()
        except AwsError as error:
            text = f"{self.desk.name}: messages could not be {what}: {error}"
            self.desk.voice.once(f"{self.desk.mapping.uuid} {what}", trouble(error).name, text)
            return
        if counted:
            self.desk.readings.add(self.desk.meter.deleted(self.desk.loop.clock(), counted))
