"""Messages of a queue, each settled on its own: what fails comes back, and stops no other.

    messages   1 ok   2 unusable   3 ok   4 throttled
    answer     {"batchItemFailures": [2, 4]}      the queue counts how often each came back, then gives it up

Powertools catches what one message raises and names it in the answer. It would raise for a batch that failed whole;
we raise only where the world is at fault: then Lambda slows its polling down and the function's alarm is right to ring.
A batch of nothing but unusable messages is no failure of the function. The queue's dead letters tell of those.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from math import inf
from typing import Any, TypeVar

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from streamkit import metrics
from streamkit.logs import LONGEST_MESSAGE
from streamkit.throttle import CALL_ERRORS, SecondsLeft, UnprovenError, error_name

T = TypeVar("T")
Act = Callable[["Message"], str]  # says in one word what it came to; raises where it came to nothing

MOST_MESSAGE_LINES = 20  # per invocation; the dead-letter queue holds every one


class DeliveryError(ValueError):
    """The event is not what the mapping of a queue sends."""


class BatchFailedError(RuntimeError):
    """Not one message could be settled, and the messages are not to blame."""


class OutOfTimeError(RuntimeError):
    """The invocation's time ran out before this message's turn."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a queue; `id` is what the answer to Lambda names it by."""

    id: str
    body: str


@dataclass(slots=True)
class Tally:
    """What became of a batch: how many messages came to what, which are unusable, and the last refusal."""

    messages: int
    settled: Counter[str] = field(default_factory=Counter)
    unusable: dict[str, str] = field(default_factory=dict)
    failed: int = 0
    refusal: str | None = None

    def facts(self) -> dict[str, Any]:
        """What the invocation's log line tells."""
        return {
            "messages": self.messages,
            **self.settled,
            "unusable": len(self.unusable),
            "returned": self.failed + len(self.unusable),
            "refusal": self.refusal,
        }


def messages(event: Mapping[str, Any]) -> list[Message]:
    """The messages of `event`, in no order that means anything."""
    delivered = event.get("Records")
    if not isinstance(delivered, Sequence) or isinstance(delivered, str):
        raise DeliveryError(
            f"event must carry a list of messages under Records; got the keys {sorted(map(str, event))}; "
            "invoke this function through the mapping of a queue"
        )
    try:
        return [Message(record["messageId"], record["body"]) for record in delivered]
    except (KeyError, TypeError) as error:
        raise DeliveryError(
            f"every record must be a message with messageId and body; got one without {error}; "
            "invoke this function through the mapping of a queue"
        ) from error


def readable(
    event: Mapping[str, Any], read: Callable[[Message], T], unusable: tuple[type[Exception], ...]
) -> tuple[dict[str, T], dict[str, Exception]]:
    """What `read` makes of each message, and what it raised for the others: for those who act on a batch as a whole."""
    refusals: tuple[type[Exception], ...] = (*unusable, *CALL_ERRORS, UnprovenError)
    found: dict[str, T] = {}
    failures: dict[str, Exception] = {}
    for message in messages(event):
        try:
            found[message.id] = read(message)
        except refusals as error:
            failures[message.id] = error
    return found, failures


def one_by_one(
    event: Mapping[str, Any],
    act: Act,
    unusable: type[Exception] | tuple[type[Exception], ...],
    facts: dict[str, Any],
    log: Logger,
    seconds_left: SecondsLeft = lambda: inf,
) -> dict[str, Any]:
    """The answer to Lambda after `act` on every message; one for which it raises `unusable` is told and comes back.

    Where `act` only tells what was done for all of them together, no time needs to be left.
    """
    tally, turn = Tally(len(messages(event))), count()

    def settle(record: SQSRecord) -> None:
        # The first message is always tried: an invocation that is late from the start must still get on.
        if next(turn) and seconds_left() <= 0:
            raise OutOfTimeError("the invocation's time ran out; the message comes back")
        tally.settled[act(Message(record.message_id, record.body))] += 1

    processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
    with processor(list(event["Records"]), settle):
        processor.process()
    returned = [str(failure["itemIdentifier"]) for failure in processor.response()["batchItemFailures"]]
    for message_id, (_, error, _) in zip(returned, processor.exceptions, strict=True):
        if isinstance(error, unusable):
            tally.unusable[message_id] = str(error)
        elif isinstance(error, Exception):
            tally.failed += 1
            tally.refusal = f"{error_name(error)}: {error}"[:LONGEST_MESSAGE]
    _tell(tally, facts, log)
    if tally.failed and not tally.settled:
        raise BatchFailedError(
            f"a batch must get on; got {tally.messages} messages and settled none, the last of them: {tally.refusal}"
        )
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in returned]}


def _tell(tally: Tally, facts: dict[str, Any], log: Logger) -> None:
    facts |= tally.facts()
    # Under the words that the function has for it as well: MessagesNotified, MessagesRepeated.
    metrics.count(
        MessagesSettled=sum(tally.settled.values()),
        MessagesUnusable=len(tally.unusable),
        MessagesReturned=tally.failed,
        **{f"Messages{word.title().replace('_', '')}": times for word, times in tally.settled.items()},
    )
    for message_id, reason in list(tally.unusable.items())[:MOST_MESSAGE_LINES]:
        log.warning("message_unusable", extra={"message_id": message_id, "reason": reason[:LONGEST_MESSAGE]})
