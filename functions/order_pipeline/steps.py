"""What is done with an order in each status, and what comes of it.

    PLACED      validate     skus and prices are those of the stock      VALIDATED or REJECTED
    VALIDATED   pay          the gateway takes the money                 PAID or REJECTED
    PAID        reserve      the units leave the stock                   RESERVED or REJECTED
    RESERVED    ship         the carrier takes the goods                 SHIPPED or REJECTED
    REJECTED    compensate   what was paid and reserved is given back    compensated
    SHIPPED     nothing

A step looks at the order as it stands and moves it by one conditional write, the last thing it does. Repeated after a
crash at any point it finds either the order moved, and does nothing, or the order as it was, and asks the partners
again with the same idempotency keys.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from domain.order import Order, Receipt, Status, UnreadableOrderError, moment, moved, noted
from order_pipeline.partners import Approved, Carrier, Gateway, Refused, Reply, Resting, Trouble
from order_pipeline.store import Contradicted, OrderStore, Overtaken, Short, Verdict, Written
from order_pipeline.tasks import Task
from order_pipeline.writes import MOST_SKUS, units
from streamkit.throttle import CALL_ERRORS, SecondsLeft, UnprovenError, error_name, is_passing


@dataclass(frozen=True, slots=True)
class Moved:
    """The order is one step further."""

    order: Order


@dataclass(frozen=True, slots=True)
class Idle:
    """Nothing is to be done: the order is finished, gone, or has moved on since."""


@dataclass(frozen=True, slots=True)
class Deferred:
    """A partner is given a rest; the order stays where it is until then."""

    wait_seconds: float


@dataclass(frozen=True, slots=True)
class Unserved:
    """A partner was asked and did not say yes or no; it may later."""

    cause: str
    wait_seconds: float = 0.0  # how long its breaker rests now


@dataclass(frozen=True, slots=True)
class Troubled:
    """The tables did not answer as they do on a good day; the same step may succeed later."""

    cause: str


@dataclass(frozen=True, slots=True)
class Stuck:
    """Repetition alone will not help: the order needs a newer deployment, or a person."""

    reason: str


Outcome = Moved | Idle | Deferred | Unserved | Troubled | Stuck


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What it takes to move an order on."""

    store: OrderStore
    gateway: Gateway
    carrier: Carrier
    clock: Callable[[], datetime]
    order_days: int | None = None

    def advance(self, task: Task, seconds_left: SecondsLeft) -> Outcome:
        """One step of the task's order, if it is the task's to make. What repetition cannot mend, a denial, rises."""
        try:
            order = self.store.order(task.order_id, seconds_left)
            if order is None:
                return Idle()
            if _was_unpaid(task, order):
                return self.pay_late(order, seconds_left)
            if task.version is not None and task.version < order.version:
                return Idle()
            step = STEPS[order.status]
            return step(self, order, seconds_left) if step else Idle()
        except UnreadableOrderError as error:
            return Stuck(str(error))
        except (*CALL_ERRORS, UnprovenError) as error:
            if not is_passing(error):
                raise
            return Troubled(error_name(error))

    def validate(self, order: Order, seconds_left: SecondsLeft) -> Outcome:
        flaw = self._flaw(order, seconds_left)
        then = self._rejected(order, flaw) if flaw else moved(order, Status.VALIDATED, self._now(order))
        return _outcome(self.store.move(order, then, seconds_left), then)

    def pay(self, order: Order, seconds_left: SecondsLeft) -> Outcome:
        # Nothing to pay is no matter for a gateway, and some refuse to be asked.
        reply = self.gateway.pay(order) if order.total_cents else Approved("")
        match reply:
            case Approved(name):
                payment = Receipt(name, moment(self._now(order))) if name else None
                then = moved(order, Status.PAID, self._now(order), payment=payment)
                match self.store.move(order, then, seconds_left):
                    case Overtaken() if payment:
                        return self._paid_late(order.id, payment, seconds_left)
                    case verdict:
                        return _outcome(verdict, then)
            case Refused(reason):
                then = self._rejected(order, f"payment: {reason}")
                return _outcome(self.store.move(order, then, seconds_left), then)
            case _:
                return _put_off(reply)

    def pay_late(self, order: Order, seconds_left: SecondsLeft) -> Outcome:
        """Ask again for a refused payment: of two requests at once the gateway may have approved the other.

        Whoever was told so comes back if it could not write it down, and then the refusal stands here already.
        """
        reply = self.gateway.pay(order)
        match reply:
            case Approved(name) if name:
                return self._paid_late(order.id, Receipt(name, moment(self._now(order))), seconds_left)
            case Approved() | Refused():
                return Idle()
            case _:
                return _put_off(reply)

    def reserve(self, order: Order, seconds_left: SecondsLeft) -> Outcome:
        now = self._now(order)
        then = moved(order, Status.RESERVED, now, reserved_at=moment(now))
        verdict = self.store.reserve(order, then, seconds_left)
        if isinstance(verdict, Short):
            # Written down first, given back by the next step: a crash between the two forgets neither.
            wanted = ", ".join(f"{units(order)[sku]} of sku {sku}" for sku in verdict.skus[:5])
            then = self._rejected(order, f"out of stock: {wanted}")
            verdict = self.store.move(order, then, seconds_left)
        return _outcome(verdict, then)

    def ship(self, order: Order, seconds_left: SecondsLeft) -> Outcome:
        reply = self.carrier.ship(order)
        match reply:
            case Approved(name):
                now = self._now(order)
                shipment = Receipt(name, moment(now))
                then = moved(order, Status.SHIPPED, now, shipment=shipment, **self._finished(now))
                match self.store.ship(order, then, seconds_left):
                    case Overtaken():
                        return self._shipped_late(order.id, seconds_left)
                    case verdict:
                        return _outcome(verdict, then)
            case Refused(reason):
                then = self._rejected(order, f"shipment: {reason}")
                return _outcome(self.store.move(order, then, seconds_left), then)
            case _:
                return _put_off(reply)

    def compensate(self, order: Order, seconds_left: SecondsLeft) -> Outcome:
        if order.compensated:
            return Idle()
        if order.payment:
            reply = self.gateway.refund(order)
            match reply:
                case Refused(reason):
                    return Stuck(f"payment {order.payment.id} must be refunded; the gateway refused: {reason}")
                case Resting() | Trouble():
                    return _put_off(reply)
        now = self._now(order)
        then = noted(order, now, compensated=True, **self._finished(now))
        if not order.reserved_at:
            return _outcome(self.store.move(order, then, seconds_left), then)
        verdict = self.store.release(order, then, [], seconds_left)
        if isinstance(verdict, Short):
            verdict = self.store.release(order, then, verdict.skus, seconds_left)
        return _outcome(verdict, then)

    def _paid_late(self, order_id: str, payment: Receipt, seconds_left: SecondsLeft) -> Outcome:
        """What was paid while another instance moved the order on: if it was refused there, it is to be given back."""
        order = self.store.order(order_id, seconds_left)
        if order is None or order.status is not Status.REJECTED or order.payment:
            return Idle()
        # What owes money is not finished: it must not expire.
        then = noted(order, self._now(order), payment=payment, compensated=False, expires_at=None)
        match self.store.move(order, then, seconds_left):
            case Overtaken():  # a rejected order is written a few times at most, so this ends
                return self._paid_late(order_id, payment, seconds_left)
            case verdict:
                return _outcome(verdict, then)

    def _shipped_late(self, order_id: str, seconds_left: SecondsLeft) -> Outcome:
        """What was shipped while another instance moved the order on: a rejected order's goods nobody can call back."""
        order = self.store.order(order_id, seconds_left)
        if order is None or order.status is not Status.REJECTED:
            return Idle()
        return Stuck("the carrier took goods of an order that it had refused to another instance; stop the shipment")

    def _flaw(self, order: Order, seconds_left: SecondsLeft) -> str | None:
        """Why the order cannot be taken as it is."""
        skus = list(units(order))
        if len(skus) > MOST_SKUS:
            return f"an order may have {MOST_SKUS} different skus; it has {len(skus)}"
        prices = self.store.prices(skus, seconds_left)
        for line in order.items:
            if line.sku not in prices:
                return f"sku {line.sku} is unknown"
            if line.price_cents != prices[line.sku]:
                return f"sku {line.sku} costs {prices[line.sku]} cents; the order says {line.price_cents}"
        return None

    def _rejected(self, order: Order, reason: str) -> Order:
        """The order rejected; finished at once where there is nothing to give back."""
        now = self._now(order)
        owing = order.payment is not None or order.reserved_at is not None
        done: dict[str, Any] = {} if owing else {"compensated": True, **self._finished(now)}
        return moved(order, Status.REJECTED, now, reason=reason, **done)

    def _finished(self, now: datetime) -> dict[str, Any]:
        """What an order's last write adds."""
        if self.order_days is None:
            return {}
        return {"expires_at": int((now + timedelta(days=self.order_days)).timestamp())}

    def _now(self, order: Order) -> datetime:
        """Now, but never before what the order tells already: the clocks of instances differ a little."""
        return max(self.clock(), datetime.fromisoformat(order.updated_at))


Step = Callable[[Pipeline, Order, SecondsLeft], Outcome]

STEPS: dict[Status, Step | None] = {
    Status.PLACED: Pipeline.validate,
    Status.VALIDATED: Pipeline.pay,
    Status.PAID: Pipeline.reserve,
    Status.RESERVED: Pipeline.ship,
    Status.SHIPPED: None,
    Status.REJECTED: Pipeline.compensate,
}


def _was_unpaid(task: Task, order: Order) -> bool:
    """Whether the task is a second look at an order whose payment was refused, and of which nothing is known since."""
    refused = [stage.status for stage in order.history[-2:]] == [Status.VALIDATED, Status.REJECTED]
    is_last = order.history[-1].version == order.version
    return refused and is_last and task.version in (None, order.history[-2].version)


def _outcome(verdict: Verdict, then: Order) -> Outcome:
    match verdict:
        case Written():
            return Moved(then)
        case Overtaken():
            return Idle()
        case Contradicted():
            return Stuck(
                f"order {then.id} and its reservation contradict each other on the way to {then.status}: one of the "
                "tables was changed or restored by hand; correct the reservation in the stock table"
            )
        case Short(skus):
            return Troubled(f"stock changed meanwhile: {', '.join(skus[:5])}")


def _put_off(reply: Reply) -> Outcome:
    match reply:
        case Resting(wait_seconds):
            return Deferred(wait_seconds)
        case Trouble(cause, _, wait_seconds):
            return Unserved(cause, wait_seconds)
        case _:
            raise AssertionError(f"{reply} is an answer")
