"""What an invocation tells: one line and its metrics, and a line for each order that moved, waits or is stuck."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.logging import Logger

from domain.order import Order, Status
from order_pipeline.settling import Done, Progress
from order_pipeline.steps import Deferred, Idle, Moved, Stuck, Troubled, Unserved
from order_pipeline.tasks import Delivery, Task
from streamkit import metrics
from streamkit.breaker_store import Tally

MOVES = {
    Status.VALIDATED: "OrdersValidated",
    Status.PAID: "OrdersPaid",
    Status.RESERVED: "OrdersReserved",
    Status.SHIPPED: "OrdersShipped",
    Status.REJECTED: "OrdersRejected",
}

KINDS = {
    Moved: "moved",
    Idle: "idle",
    Deferred: "deferred",
    Unserved: "unserved",
    Troubled: "troubled",
    Stuck: "stuck",
}


def tell_delivery(log: Logger, facts: dict[str, Any], delivery: Delivery) -> None:
    """Note what came; log what no step can be made of."""
    facts |= {
        "source": "stream" if delivery.in_order else "queue",
        "records": delivery.records,
        "unreadable": len(delivery.strays),
    }
    for stray in delivery.strays:
        log.error("message_unreadable", extra={"message_id": stray.item_identifier, "reason": stray.reason})
    for change in delivery.removed:
        before = change.before or {}
        known = {"order_id": before.get("id"), "correlation_id": before.get("correlationId")}
        log.error("unfinished_order_removed", extra=known | {"status": before.get("status"), "expired": change.expired})


def tell_progress(log: Logger, facts: dict[str, Any], progress: Progress) -> None:
    """Log what came of each task that did not find its work done, and note how many of each kind there were."""
    facts |= dict.fromkeys(KINDS.values(), 0)
    for done in progress.done:
        facts[KINDS[type(done.outcome)]] += 1
        _tell(log, done)


def tell_figures(
    facts: dict[str, Any], delivery: Delivery, progress: Progress, deferred: int, returned: int, breakers: Tally
) -> None:
    """Count the steps made, put off and given back."""
    counts = dict.fromkeys([*MOVES.values(), "OrdersCompensated"], 0)
    for done in progress.done:
        if isinstance(done.outcome, Moved):
            for name in _figures(done.outcome.order):
                counts[name] += 1
    stuck = sum(isinstance(done.outcome, Stuck) for done in progress.done)
    facts |= {"sent": deferred, "returned": returned, "refused": breakers.refused}
    metrics.count(
        **counts,
        StepsDeferred=deferred,
        StepsReturned=returned,
        OrdersStuck=stuck,
        UnfinishedOrdersRemoved=len(delivery.removed),
        BreakerOpened=breakers.opened,
        BreakerClosed=breakers.closed,
        CallsRefused=breakers.refused,
    )


def _figures(order: Order) -> list[str]:
    """What a step that led to `order` counts as: a rejection that owes nothing is compensated at once."""
    is_transition = order.history[-1].version == order.version
    moves = [MOVES[order.status]] if is_transition else []
    return [*moves, "OrdersCompensated"] if order.compensated and not is_transition else moves


def _tell(log: Logger, done: Done) -> None:
    about = _about(done.task)
    match done.outcome:
        case Moved(order):
            about |= {"correlation_id": order.correlation_id, "status": order.status, "version": order.version}
            log.info("order_moved", extra=about | ({"reason": order.reason} if order.reason else {}))
        case Deferred(wait_seconds):
            log.info("step_deferred", extra=about | {"wait_seconds": round(wait_seconds, 3)})
        case Unserved(cause) | Troubled(cause):
            log.warning("step_troubled", extra=about | {"cause": cause})
        case Stuck(reason):
            log.error("order_stuck", extra=about | {"reason": reason})


def _about(task: Task) -> dict[str, Any]:
    return {"order_id": task.order_id, "correlation_id": task.correlation_id, "attempts": task.attempts}
