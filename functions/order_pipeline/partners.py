"""The payment gateway and the carrier: asked with an idempotency key, so that asking again is harmless.

    approved    2xx with the partner's id for the matter
    refused     402 or 422: the answer is no, and will be no again
    trouble     everything else: nobody knows whether it was done, so it is asked again with the same key
    resting     not asked at all: the breaker is open

409 is trouble: gateways answer it while the first request with a key is still being worked on, and that one may yet go
through. So are 401 and 404: a wrong token or address is no reason to turn customers away. An order whose payment is
unclear is therefore never rejected: it stays where it is until the gateway has told, under the order's own key, what
became of the money.

Trouble is the service's, and opens the breaker, if the next order would meet it as well. Any other 4xx is about the
one order that was sent: it says that the service works, and no breaker opens for everybody because of it.

A partner must keep its idempotency keys, refusals included, for as long as an order may wait. No credentials are sent:
an address may not hold any, and a partner that wants them is reached through a proxy which adds them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from domain.order import Order
from streamkit.breaker import Passage, Refusal
from streamkit.https import POST_ERRORS, Address, Answer, post

LONGEST_ID = 256
LONGEST_REASON = 200

REFUSALS = {402, 422}

# Of 4xx these are about who asks, where and how often, whichever order it is.
OF_THE_SERVICE = {401, 403, 404, 405, 407, 408, 425, 429}


@dataclass(frozen=True, slots=True)
class Approved:
    id: str  # empty where none is asked for


@dataclass(frozen=True, slots=True)
class Refused:
    reason: str


@dataclass(frozen=True, slots=True)
class Trouble:
    cause: str
    is_orders: bool = False  # the order's own: the service works
    wait_seconds: float = 0.0  # how long the breaker rests, if this trouble opened it or met it open


@dataclass(frozen=True, slots=True)
class Resting:
    wait_seconds: float


Reply = Approved | Refused | Trouble | Resting


class Breaker(Protocol):
    def ask(self) -> Passage | Refusal: ...
    def succeeded(self, passage: Passage) -> None: ...
    def failed(self, passage: Passage) -> Refusal | None: ...


class Gateway(Protocol):
    """Who takes money and gives it back."""

    def pay(self, order: Order) -> Reply: ...
    def refund(self, order: Order) -> Reply: ...


class Carrier(Protocol):
    """Who ships."""

    def ship(self, order: Order) -> Reply: ...


@dataclass(frozen=True, slots=True)
class Partner:
    """A service of someone else's, behind a breaker. Politely refusing is working."""

    address: Address
    seconds: float
    breaker: Breaker
    post: Callable[..., Answer] = post

    def ask(self, path: str, key: str, body: Mapping[str, Any], id_name: str | None) -> Reply:
        leave = self.breaker.ask()
        if isinstance(leave, Refusal):
            return Resting(leave.wait_seconds)
        reply = self._asked(path, key, body, id_name)
        if not isinstance(reply, Trouble) or reply.is_orders:
            self.breaker.succeeded(leave)
            return reply
        refusal = self.breaker.failed(leave)
        return replace(reply, wait_seconds=refusal.wait_seconds) if refusal else reply

    def _asked(self, path: str, key: str, body: Mapping[str, Any], id_name: str | None) -> Reply:
        headers = {"Content-Type": "application/json", "Accept": "application/json", "Idempotency-Key": key}
        try:
            return reply(self.post(self.address, path, json.dumps(body).encode(), headers, self.seconds), id_name)
        except POST_ERRORS as error:
            return Trouble(type(error).__name__)


@dataclass(frozen=True, slots=True)
class PaymentGateway:
    """A gateway reached over HTTPS."""

    partner: Partner

    def pay(self, order: Order) -> Reply:
        body = {"orderId": order.id, "amountCents": order.total_cents, "correlationId": order.correlation_id}
        return self.partner.ask("/payments", partner_key(order), body, "paymentId")

    def refund(self, order: Order) -> Reply:
        assert order.payment is not None
        body = {
            "orderId": order.id,
            "paymentId": order.payment.id,
            "amountCents": order.total_cents,
            "correlationId": order.correlation_id,
        }
        return self.partner.ask("/refunds", f"refund-{partner_key(order)}", body, None)


@dataclass(frozen=True, slots=True)
class ParcelCarrier:
    """A carrier reached over HTTPS."""

    partner: Partner

    def ship(self, order: Order) -> Reply:
        items = [{"sku": line.sku, "quantity": line.quantity} for line in order.items]
        body = {"orderId": order.id, "items": items, "correlationId": order.correlation_id}
        return self.partner.ask("/shipments", f"shipment-{partner_key(order)}", body, "shipmentId")


class BuiltIn:
    """Gateway and carrier of a shop that has none: everything is approved."""

    def pay(self, order: Order) -> Reply:
        return Approved(f"built-in-{order.id}")

    def refund(self, order: Order) -> Reply:
        return Approved(f"built-in-refund-{order.id}")

    def ship(self, order: Order) -> Reply:
        return Approved(f"built-in-shipment-{order.id}")


def partner_key(order: Order) -> str:
    """What a partner knows this one order by: once an order has expired, its id may be placed anew."""
    return f"{order.id}-{''.join(filter(str.isdigit, order.placed_at))}"


def reply(answer: Answer, id_name: str | None) -> Reply:
    """What the partner says; without `id_name` a status is enough."""
    said = _object(answer.body)
    if answer.status in REFUSALS:
        reason = said.get("reason")
        text = reason if isinstance(reason, str) and reason.strip() else f"refused with status {answer.status}"
        return Refused(ascii(text)[1:-1][:LONGEST_REASON])
    if not 200 <= answer.status < 300:
        return Trouble(f"status {answer.status}", 400 <= answer.status < 500 and answer.status not in OF_THE_SERVICE)
    if id_name is None:
        return Approved("")
    found = said.get(id_name)
    # An id is kept and sent back; JSON can say text that neither a table nor a request can carry.
    if not isinstance(found, str) or not 1 <= len(found) <= LONGEST_ID or not (found.isascii() and found.isprintable()):
        return Trouble(f"status {answer.status} without {id_name}")
    return Approved(found)


def _object(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
