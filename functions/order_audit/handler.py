"""Write every version of an order to the audit trail; what fails comes back to the queue.

written    it stands now
repeated   it stood before
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from aws_lambda_powertools.logging import Logger

from domain.order_event import OrderEventError, order_event
from order_audit.line import line
from order_audit.settings import Settings
from order_audit.store import AuditConflictError, AuditStore
from streamkit import clients, settings
from streamkit.invocation import Context, seconds_for_calls
from streamkit.logs import log, one_line
from streamkit.messages import Message, one_by_one

# No retry mends either; the dead-letter queue keeps both for whoever looks into it.
UNUSABLE = (OrderEventError, AuditConflictError)


def handle(event: dict[str, Any], context: Context) -> dict[str, Any]:
    return audit(event, context, store(), log())


def audit(event: dict[str, Any], context: Context, store: AuditStore, log: Logger) -> dict[str, Any]:
    """Every change in `event` is in the trail, or its message comes back."""
    # A put that finds its object standing looks at it once more.
    seconds_left = seconds_for_calls(context, kept_calls=1)

    def act(message: Message) -> str:
        return "written" if store.write(line(order_event(message.body)), seconds_left) else "repeated"

    with one_line(log, context) as facts:
        return one_by_one(event, act, UNUSABLE, facts, log, seconds_left)


@cache
def store() -> AuditStore:
    return AuditStore(settings.read(Settings, os.environ).audit_bucket, clients.s3())
