"""What a queue simulation that is stopped leaves undone, and why: each message once, by the first that is true of it.

in flight | throttled | behind its group's batch | gathered | received | invisible | in the queue
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from local.engine.explanation import places
from local.engine.intake import Intake, Sending
from local.engine.messages import Receipt
from local.engine.queue import Message, Queue
from local.engine.timeline import Invocation

Running = tuple[Sending[Receipt], Invocation]
Left = tuple[str, Sequence[str]]
ENDS = "when the simulation ends"


def remainder(
    queue: Queue, intake: Intake[Receipt], running: Iterable[Running], now: float, place_of: Callable[[str], int]
) -> Iterator[Left]:
    """Text and ids of what is left."""
    told: set[str] = set()
    for text, names in (*_sent(running, place_of), *_received(intake, now), *_queued(queue, now, place_of)):
        if new := [name for name in names if name not in told]:
            told.update(new)
            yield text, new


def _sent(running: Iterable[Running], place_of: Callable[[str], int]) -> Iterator[Left]:
    for sending, invocation in running:
        names = _ids(sending.messages)
        state = "throttled, to be tried again" if invocation.verdict else "still in flight"
        yield f"{state} {ENDS}:", names
        yield f"still waiting behind {places(names, place_of)} {ENDS}:", _ids(sending.behind)


def _received(intake: Intake[Receipt], now: float) -> Iterator[Left]:
    if intake.gathering is not None:
        due = max(0.0, intake.gathering.due_at - now)
        text = f"gathered {ENDS}, the batching window is over in {due:g} s:"
        yield text, _ids(intake.gathering.receipts)
    yield f"received, still waiting for a free slot {ENDS}:", _ids(intake.overflow)


def _queued(queue: Queue, now: float, place_of: Callable[[str], int]) -> Iterator[Left]:
    left = [message for message in queue.messages.values() if not message.gone]
    hidden = [message for message in left if message.hidden]
    for time in sorted({message.visible_at for message in hidden}):
        names = [message.id for message in hidden if message.visible_at == time]
        yield f"not done, visible again in {time - now:g} s {ENDS}:", names
    free = [message for message in left if not message.hidden]
    for group in dict.fromkeys(message.group for message in free):
        names = [message.id for message in free if message.group == group]
        yield _why_queued(queue, [each for each in hidden if each.group == group], place_of), names


def _why_queued(queue: Queue, hidden: Sequence[Message], place_of: Callable[[str], int]) -> str:
    if queue.fifo and hidden:
        return f"still in the queue behind {places([message.id for message in hidden], place_of)} {ENDS}:"
    return f"still in the queue, every slot is taken {ENDS}:"


def _ids(receipts: Iterable[Receipt]) -> list[str]:
    return [receipt.message_id for receipt in receipts]
