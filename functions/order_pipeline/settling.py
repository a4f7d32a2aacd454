"""What becomes of a delivery: which tasks are done, which go to the retry queue, and which Lambda delivers again.

                       stream                                 queue
    moved, idle        acknowledged                           deleted
    deferred           to the retry queue, acknowledged       sent anew, deleted
    troubled           comes back, with all behind it         sent anew for later, deleted; in the end it fails
    stuck              to the retry queue, acknowledged       fails, and becomes a dead letter after some receives
    not reached        comes back                             sent anew, deleted

A shard waits for trouble, because it usually passes; the breaker ends that wait where it does not. It never waits for
one order that is stuck. Sent anew, a message is as fresh as its first day: a long outage makes no dead letters.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from order_pipeline.steps import Deferred, Idle, Moved, Outcome, Stuck, Troubled
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
        if delivery.in_order and isinstance(done[-1].outcome, Troubled):
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
        case Troubled() if not in_order and done.task.attempts < MOST_ATTEMPTS:
            wait = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2.0 ** min(done.task.attempts, 30))
            return Later(done.task.troubled(), wait)
        case Stuck() if in_order:
            return Later(done.task, STUCK_WAIT_SECONDS)
    return None


def _failed(done: Done, in_order: bool) -> bool:
    return not isinstance(done.outcome, Moved | Idle) and _later(done, in_order) is None


def answer(delivery: Delivery, returned: list[Task]) -> dict[str, list[dict[str, str]]]:
    """What Lambda is told: the earliest record of a stream, each message of a queue."""
    identifiers = {task.item_identifier for task in returned}
    failing = [task.item_identifier for task in delivery.tasks if task.item_identifier in identifiers]
    failing += [stray.item_identifier for stray in delivery.strays]
    return {"batchItemFailures": [{"itemIdentifier": one} for one in failing[: 1 if delivery.in_order else None]]}
