"""What a caller is told, and how API Gateway wants to hear it.

    202 {"id", "status": "PLACED"}                  the order is written down
    200 the order                                   as it stands
    4xx, 5xx {"error": {"code", "message", "field"?}}

Nothing of the inside is in an answer: no name of a table, no stack trace, no text of an exception.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

from domain.order import Status
from order_api.standing import Marks, Standing

# Where a retry finds better times: throttles and conflicts of one item last well below a second.
RETRY_AFTER_SECONDS = 1


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer, and what only the log is told: the figure it counts in, the order, the table's refusal."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)
    metric: str | None = None
    order: Marks | None = None
    refusal: str | None = None

    @property
    def code(self) -> str | None:
        """The error's code; None where there is none."""
        code: str | None = self.body["error"]["code"] if "error" in self.body else None
        return code

    def payload(self, correlation_id: str) -> dict[str, Any]:
        """The answer in payload format 2.0."""
        headers = {
            "content-type": "application/json",
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
            "x-correlation-id": correlation_id,
        }
        return {
            "statusCode": self.status,
            "headers": headers | self.headers,
            # Of what is no order's anything may come out of the table: it is shown as text.
            "body": json.dumps(self.body, separators=(",", ":"), default=str),
            "isBase64Encoded": False,
        }


def accepted(order: Marks, location: str, is_repeat: bool) -> Answer:
    """The order is written down. A repeat is told the same, whatever became of the order since."""
    return Answer(
        202,
        {"id": order.id, "status": Status.PLACED},
        {"location": location},
        metric="OrdersRepeated" if is_repeat else "OrdersAccepted",
        order=order,
    )


def shown(order: Standing) -> Answer:
    return Answer(200, order.public, order=order.marks)


def refused(status: int, code: str, message: str, field: str | None = None) -> Answer:
    """An order that is not taken, for a reason of its own."""
    return _error(status, code, message, field, metric="OrdersRefused")


def key_reused() -> Answer:
    message = "Idempotency-Key must be new for another order; it came with another body before; send it with a new key"
    return refused(422, "key_reused", message, "Idempotency-Key")


def not_found(message: str) -> Answer:
    return _error(404, "not_found", message)


def no_subject() -> Answer:
    """Placed with such a token an order would be nobody's, and by that everybody's."""
    message = "the token must name its subject in the claim sub; got one without; ask its issuer for one that has it"
    return _error(403, "no_subject", message)


def method_not_allowed(method: str, allowed: str) -> Answer:
    return _error(405, "method_not_allowed", f"the method must be {allowed}; got {method}", headers={"allow": allowed})


def unknown_event() -> Answer:
    message = "the event must be an HTTP API's, in payload format 2.0; set payload_format_version of the integration"
    return _error(400, "unknown_event", message)


def being_written(refusal: str) -> Answer:
    """409 where it is true: the order of this key exists, and at this moment something else writes to it."""
    return _come_back(409, "being_written", "the order of this Idempotency-Key is being written; try again", refusal)


def unavailable(refusal: str) -> Answer:
    """Nothing was written."""
    return _come_back(503, "unavailable", "orders cannot be reached for a moment; try again", refusal)


def undecided(location: str, refusal: str) -> Answer:
    """Nobody knows whether the order was written: with a key a repeat finds out, without one the location does."""
    message = (
        "whether the order was placed is not known; repeat it with the same Idempotency-Key, "
        f"or look for it at {location} if it had none"
    )
    return _come_back(503, "undecided", message, refusal)


def failed() -> Answer:
    return _error(500, "internal", "the service failed; its log tells why, by the correlation id of this answer")


def _come_back(status: int, code: str, message: str, refusal: str) -> Answer:
    later = _error(status, code, message, headers={"retry-after": str(RETRY_AFTER_SECONDS)})
    return replace(later, refusal=refusal)


def _error(
    status: int,
    code: str,
    message: str,
    field: str | None = None,
    headers: dict[str, str] | None = None,
    metric: str | None = None,
) -> Answer:
    error = {"code": code, "message": message} | ({"field": field} if field is not None else {})
    return Answer(status, {"error": error}, headers or {}, metric)
