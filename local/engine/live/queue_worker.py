"""One queue mapping at work: messages are received into batches, batches invoked side by side, what is done deleted."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial

from local.engine import rulings
from local.engine.entries import compact
from local.engine.live.desk import Desk
from local.engine.live.invoking import Reply
from local.engine.live.queue_calls import PER_CALL, QueueCalls
from local.engine.live.received import Received
from local.engine.live.troubles import AwsError, Trouble, seconds_before_another_try, trouble
from local.engine.receiving import Concurrency, Gathering, admit, is_fifo, sort_receipts, visibility_seconds

LONG_POLL_SECONDS = 1  # a drain waits for it
GATHERING_POLL_SECONDS = 0.2  # while a batch waits for more, the queue is asked without waiting


class QueueWorker:
    def __init__(self, desk: Desk, queue_seconds: float) -> None:
        self.desk = desk
        self.source = desk.mapping.source
        hidden_seconds = visibility_seconds(desk.mapping, queue_seconds, desk.function.timeout_seconds)
        self.queue = QueueCalls(desk.access, self.source, int(hidden_seconds), desk.loop.clock)
        self.concurrency = Concurrency(desk.mapping)
        self.gathering: Gathering[Received] | None = None
        self.overflow: deque[Received] = deque()
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
        unsent = [*(self.gathering.receipts if self.gathering else ()), *self.overflow]
        self.gathering = None
        self.overflow.clear()
        self._reveal(unsent)

    def finish(self) -> None:
        pass  # the queue itself keeps what is done

    def refresh(self, now: float) -> None:
        self._pump(now)

    # receiving

    def _pump(self, now: float) -> None:
        """Fill batches and send them, as long as a slot is free."""
        if self.desk.stopping:
            return
        while self.running < self.concurrency.limit(now) and self._send_due(now):
            pass
        if self.running < self.concurrency.limit(now):
            self._receive()
        elif self.overflow or self.gathering is not None:
            self._plan(self.concurrency.saturated(now))

    def _plan(self, time: float | None) -> None:
        if time is not None and (self.planned is None or time < self.planned):
            self.planned = time
            self.desk.loop.at(time, self._wake)

    def _wake(self, now: float) -> None:
        self.planned = None
        self._pump(now)

    def _send_due(self, now: float) -> bool:
        mapping = self.desk.mapping
        gathering = self.gathering
        if self.running and self.overflow and is_fifo(mapping):
            return False  # what one batch could not hold may be of its groups: they go on when it is done
        while self.overflow and (gathering is None or gathering.room):
            if gathering is None:
                gathering = Gathering(self.source, mapping.batch_size, now + mapping.batching_window_seconds)
            message = self.overflow.popleft()
            if not gathering.add(message):
                self.overflow.appendleft(message)
                gathering.due_at = now
                break
        self.gathering = gathering
        if gathering is None:
            return False
        if not gathering.is_due(now):
            self._plan(gathering.due_at)
            return False
        self.gathering = None
        self.running += 1
        self._invoke(gathering.receipts, 1, now)
        return True

    def _receive(self) -> None:
        room = self.desk.mapping.batch_size if self.gathering is None else self.gathering.room
        if self.receiving or room <= len(self.overflow):
            return
        self.receiving = True
        wait = 0 if self.gathering is not None else LONG_POLL_SECONDS
        task = partial(self.queue.receive, room, wait)
        self.desk.loop.work(self.desk.pools.reading, task, self._received)

    def _received(self, done: Future[list[Received]]) -> None:
        self.receiving = False
        now = self.desk.loop.clock()
        try:
            messages = done.result()
        except AwsError as error:
            self.is_ready = True
            self._met(error)
            self.desk.loop.at(now + seconds_before_another_try(self.failures), self._pump)
            return
        self.is_ready = True
        if self.failures:
            self.failures = 0
            self.desk.tally.trouble = None
            self.desk.voice.over(f"{self.desk.mapping.uuid} source", f"{self.desk.name}: is received from again")
        if self.desk.stopping:
            self._reveal(messages)
            return
        self._admit(messages, now)
        if not messages and self.gathering is not None:
            self._plan(min(self.gathering.due_at, now + GATHERING_POLL_SECONDS))
        else:
            self._pump(now)

    def _admit(self, messages: Sequence[Received], now: float) -> None:
        """What passes the filters waits for its batch; the rest is deleted from the queue."""
        admitted, refused = admit(messages, self.desk.mapping.filters)
        self.overflow.extend(admitted)
        if messages:
            self.desk.readings.add(self.desk.meter.read(now, len(messages), len(refused)))
            self.desk.voice.follow(lambda: f"{self.desk.name}: received {len(messages)}, {len(refused)} filtered out")
        elif not self.running:
            self.concurrency.idle()
        if refused:
            self._delete(refused)

    def _met(self, error: BaseException) -> None:
        self.failures += 1
        kind, about, name = trouble(error), f"{self.desk.mapping.uuid} source", self.desk.name
        self.desk.tally.trouble = f"source {kind.value}"
        if kind is Trouble.STALE:
            self.desk.access.forget()
        elif kind is Trouble.DENIED:
            role = self.desk.access.role
            text = f"{name}: {role} may not read {self.source.arn}; grant it what is denied: {error}"
            self.desk.voice.once(about, kind.name, text)
        elif kind is Trouble.GONE:
            self.queue.forget()
            self.desk.voice.once(about, kind.name, f"{name}: {self.source.arn} is gone; looked for again")
        else:
            self.desk.voice.once(about, kind.name, f"{name}: cannot be received from, tried again: {error}")

    # invoking

    def _invoke(self, messages: Sequence[Received], attempt: int, now: float) -> None:
        desk = self.desk
        desk.tally.in_flight += 1
        desk.tally.invocations += 1
        desk.readings.add(desk.meter.sent(now, len(messages)))
        task = partial(
            desk.invoke, lambda: compact({"Records": [each.as_event(self.source) for each in messages]}).encode()
        )
        desk.loop.work(desk.pools.calling, task, partial(self._answered, messages, attempt, now))

    def _answered(self, messages: Sequence[Received], attempt: int, sent: float, done: Future[Reply | None]) -> None:
        desk, now = self.desk, self.desk.loop.clock()
        desk.tally.in_flight -= 1
        reply = done.result()
        if reply is None:
            self.running -= 1
            self._reveal(messages)
            return
        desk.told(reply)
        if reply.answer.throttled:
            self._throttled(messages, attempt, reply, now)
            return
        self.running -= 1
        result = sort_receipts(messages, reply.answer, desk.mapping)
        if result.failed and not desk.mapping.report_item_failures:
            self.concurrency.back_off(now)
        if result.keep:
            desk.tally.failures += 1
            self._give_back_behind(result.keep)
        desk.tally.records += len(result.delete)
        desk.readings.add(desk.meter.finished(now, now - sent, error=reply.answer.error is not None))
        desk.readings.add(desk.meter.failed(now, len(result.keep)))
        desk.voice.follow(
            lambda: f"{desk.name}: {len(messages)} messages -> {len(result.keep)} kept in {(now - sent) * 1000:.0f} ms"
        )
        if result.delete:
            self._delete(result.delete)
        self._pump(now)

    def _throttled(self, messages: Sequence[Received], attempt: int, reply: Reply, now: float) -> None:
        """Try again while the messages are invisible; after that the queue offers them anew."""
        if reply.refusal is None:
            self.desk.readings.add(self.desk.meter.throttled(now))
        self.concurrency.back_off(now)
        again = now + rulings.QUEUE_THROTTLE_RETRY_SECONDS
        if again < min(message.visible_at for message in messages) and not self.desk.stopping:
            self.desk.loop.at(again, partial(self._invoke, messages, attempt + 1))
            return
        self.running -= 1
        self._give_back_behind(messages)
        self._pump(now)

    # the queue

    def _give_back_behind(self, kept: Sequence[Received]) -> None:
        """What was received of a FIFO group waits in the queue, which offers none of it before what is not done."""
        groups = {message.group for message in kept} if is_fifo(self.desk.mapping) else set()
        behind = [message for message in self.overflow if message.group in groups]
        if behind:
            self.overflow = deque(message for message in self.overflow if message.group not in groups)
            self._reveal(behind)

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
