"""What becomes of a delivery: which tasks are done, which go to the retry queue, and which Lambda delivers again.

                       stream                                 queue
    moved, idle        acknowledged                           deleted
    deferred           to the retry queue, acknowledged       sent anew, deleted
    unserved, fresh    comes back, with all behind it         -
    unserved           to the retry queue, acknowledged       sent anew for later, deleted; in the end it fails
    troubled           comes back, with all behind it         sent anew for later, deleted; in the end it fails
    stuck              to the retry queue, acknowledged       fails, and becomes a dead letter after some receives
    not reached        comes back                             sent anew, deleted

A shard waits for a partner only while the record is fresh and the breaker closed: most trouble passes in a second, and
a shard that is late already does not wait at all. For the tables it waits, because without them nothing behind could
move either. It never waits for one order that is stuck. Deferred, a message is as fresh as on its first day:
waiting makes no dead letters. Only attempts count, which a breaker makes rare.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from order_pipeline.steps import Deferred, Idle, Moved, Outcome, Stuck, Troubled, Unserved
from order_pipeline.tasks import Delivery, Task
from streamkit.throttle import SecondsLeft

# With waits of up to fifteen minutes: a day of nothing but trouble.
MOST_ATTEMPTS = 100

FIRST_WAIT_SECONDS = 15.0
LONGEST_WAIT_SECONDS = 450.0

# What a stuck order is given before it is looked at again: the time a deployment takes.
STUCK_WAIT_SECONDS = 60.0

Advance = Callable[[Task, SecondsLeft], Outcome]


@dataclass(frozen=True, slots=True)
class Done:
    """A task and what came of it."""

    task: Task
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Later:
    """A task for the retry queue, and how long it is to wait at least."""

    task: Task
    wait_seconds: float


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a delivery has come: `unreached` ran out of time, or stand behind a failure in their shard."""

    done: list[Done]
    unreached: list[Task]


def advanced(delivery: Delivery, advance: Advance, seconds_left: SecondsLeft) -> Progress:
    """One step of each task in turn, as long as there is time and, in a stream, no trouble."""
    done: list[Done] = []
    for number, task in enumerate(delivery.tasks):
        # The first is always tried: an invocation that is late from the start must still get on.
        if number and seconds_left() <= 0:
            return Progress(done, delivery.tasks[number:])
        done.append(Done(task, advance(task, seconds_left)))
        if delivery.in_order and _failed(done[-1], in_order=True):
            return Progress(done, delivery.tasks[number + 1 :])
    return Progress(done, [])


def to_wait(progress: Progress, in_order: bool) -> list[Later]:
    """What goes to the retry queue."""
    waiting = [one for done in progress.done if (one := _later(done, in_order))]
    return waiting if in_order else waiting + [Later(task, 0.0) for task in progress.unreached]


def to_return(progress: Progress, in_order: bool) -> list[Task]:
    """What Lambda is to deliver again."""
    failed = [done.task for done in progress.done if _failed(done, in_order)]
    return failed + progress.unreached if in_order else failed


def _later(done: Done, in_order: bool) -> Later | None:
    match done.outcome:
        case Deferred(wait_seconds):
            return Later(done.task, wait_seconds)
        case Unserved(_, rest_seconds) if rest_seconds or not done.task.is_fresh:
            return _once_more(done.task, rest_seconds)
        case Troubled() if not in_order:
            return _once_more(done.task, 0.0)
        case Stuck() if in_order:
            return Later(done.task, STUCK_WAIT_SECONDS)
    return None


def _once_more(task: Task, rest_seconds: float) -> Later | None:
    """The task after a wait that doubles with its attempts, and no earlier than the partner's rest is over."""
    if task.attempts >= MOST_ATTEMPTS:
        return None
    wait = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2.0 ** min(task.attempts, 30))
    return Later(task.troubled(), max(wait, rest_seconds))


def _failed(done: Done, in_order: bool) -> bool:
    return not isinstance(done.outcome, Moved | Idle) and _later(done, in_order) is None


def answer(delivery: Delivery, returned: list[Task]) -> dict[str, list[dict[str, str]]]:
    """What Lambda is told: the earliest record of a stream, each message of a queue."""
    identifiers = {task.item_identifier for task in returned}
    failing = [task.item_identifier for task in delivery.tasks if task.item_identifier in identifiers]
    failing += [stray.item_identifier for stray in delivery.strays]
    return {"batchItemFailures": [{"itemIdentifier": one} for one in failing[: 1 if delivery.in_order else None]]}
