"""Tell each status that an order comes to, once; what fails comes back to the queue.

notified        published and marked
repeated        it was published before
no_transition   a write that left the status as it was, or a removal: nobody needs to hear of it
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from typing import Any

from aws_lambda_powertools.logging import Logger

from domain.order_event import OrderEventError, order_event
from order_notifications.notice import notice
from order_notifications.settings import Settings
from order_notifications.sink import TopicSink
from order_notifications.store import Claim, NoticeStore
from streamkit import clients, settings
from streamkit.current import CurrentItems
from streamkit.invocation import Context, seconds_for_calls
from streamkit.logs import log, one_line
from streamkit.messages import Message, one_by_one

# What follows a claim at once: publishing and marking. None of the three begins without time for those after it.
PUBLISH, MARK = 1, 1


class NoticeInDoubtError(RuntimeError):
    """Another invocation has the notice in hands; whether it is out the queue's next delivery will find."""


@dataclass(frozen=True, slots=True)
class Notifier:
    """What it takes to tell."""

    notices: NoticeStore
    topic: TopicSink
    orders: CurrentItems
    log: Logger


def handle(event: dict[str, Any], context: Context) -> dict[str, Any]:
    return notify(event, context, notifier())


def notify(event: dict[str, Any], context: Context, to: Notifier) -> dict[str, Any]:
    """Every transition in `event` is told, or its message comes back."""

    def act(message: Message) -> str:
        return tell(message, context, to)

    with one_line(to.log, context) as facts:
        return one_by_one(event, act, OrderEventError, facts, to.log, seconds_for_calls(context, PUBLISH + MARK))


def tell(message: Message, context: Context, to: Notifier) -> str:
    """What became of one message."""
    event = order_event(message.body)
    if not event.is_transition:
        return "no_transition"
    seconds_to_claim = seconds_for_calls(context, PUBLISH + MARK)
    image = to.orders.get(event.order_id, seconds_to_claim) if event.trimmed else event.image
    one = notice(event, image)
    # No invocation outlives its time, and so no claim needs to.
    lease_seconds = context.get_remaining_time_in_millis() / 1000
    match to.notices.claim(one, f"{context.aws_request_id}/{message.id}", lease_seconds, seconds_to_claim):
        case Claim.SENT:
            return "repeated"
        case Claim.ANOTHERS:
            raise NoticeInDoubtError(f"notice {event.order_id}/{event.version} is in another invocation's hands")
    to.topic.publish(one, seconds_for_calls(context, MARK))
    to.notices.mark(one, seconds_for_calls(context))
    return "notified"


@cache
def notifier() -> Notifier:
    given = settings.read(Settings, os.environ)
    return Notifier(
        NoticeStore(given.notices_table, clients.dynamodb(), given.notice_days),
        TopicSink(given.topic_arn, clients.sns()),
        CurrentItems(given.orders_table, "id", clients.dynamodb),
        log(),
    )
