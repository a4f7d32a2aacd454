"""Start the fulfilment of each order that is shipped; what fails comes back to the queue.

started    it runs
repeated   it was started before
passed     a change that starts nothing
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from aws_lambda_powertools.logging import Logger

from domain.order_event import OrderEventError, order_event
from order_workflow.settings import Settings
from order_workflow.sink import WorkflowSink
from order_workflow.start import start
from streamkit import clients, settings
from streamkit.invocation import Context, seconds_for_calls
from streamkit.logs import log, one_line
from streamkit.messages import Message, one_by_one


def handle(event: dict[str, Any], context: Context) -> dict[str, Any]:
    return begin(event, context, sink(), log())


def begin(event: dict[str, Any], context: Context, sink: WorkflowSink, log: Logger) -> dict[str, Any]:
    """Every order that `event` says is shipped has its execution, or its message comes back."""
    seconds_left = seconds_for_calls(context)

    def act(message: Message) -> str:
        starting = start(order_event(message.body))
        if starting is None:
            return "passed"
        return "started" if sink.start(starting, seconds_left) else "repeated"

    with one_line(log, context) as facts:
        return one_by_one(event, act, OrderEventError, facts, log, seconds_left)


@cache
def sink() -> WorkflowSink:
    return WorkflowSink(settings.read(Settings, os.environ).state_machine_arn, clients.stepfunctions())
