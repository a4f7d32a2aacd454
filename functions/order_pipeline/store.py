"""The orders table and the stock table.

What repetition mends, above all conflicts of transactions at a sku that everyone wants, is asked again with full jitter
while there is time; then it rises as it is, and the step is in trouble.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, Unpack

from domain.order import Order, order_of
from order_pipeline import writes
from streamkit.changes import Item, item
from streamkit.throttle import (
    CALL_ERRORS,
    PROOF,
    Backoff,
    SecondsLeft,
    UnprovenError,
    cancellation_reasons,
    error_name,
    persist,
    proof,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import (
        BatchGetItemInputTypeDef,
        BatchGetItemOutputTypeDef,
        GetItemInputTypeDef,
        GetItemOutputTypeDef,
        TransactWriteItemsInputTypeDef,
        TransactWriteItemsOutputTypeDef,
        UpdateItemInputTypeDef,
        UpdateItemOutputTypeDef,
    )

REFUSED = "ConditionalCheckFailed"


class Tables(Protocol):
    """What the store needs of a DynamoDB client."""

    def get_item(self, **request: Unpack[GetItemInputTypeDef]) -> GetItemOutputTypeDef: ...
    def batch_get_item(self, **request: Unpack[BatchGetItemInputTypeDef]) -> BatchGetItemOutputTypeDef: ...
    def update_item(self, **request: Unpack[UpdateItemInputTypeDef]) -> UpdateItemOutputTypeDef: ...
    def transact_write_items(
        self, **request: Unpack[TransactWriteItemsInputTypeDef]
    ) -> TransactWriteItemsOutputTypeDef: ...


@dataclass(frozen=True, slots=True)
class Written:
    """The order is in its next version."""


@dataclass(frozen=True, slots=True)
class Overtaken:
    """The order is not what it was: someone else has moved it on, or this very write did and its answer was lost."""


@dataclass(frozen=True, slots=True)
class Short:
    """Nothing was written: there are too few of these skus, or none at all any more."""

    skus: list[str]


@dataclass(frozen=True, slots=True)
class Contradicted:
    """Nothing was written: the reservation is not there, or there already, and the order says otherwise."""


Verdict = Written | Overtaken | Short | Contradicted


@dataclass(frozen=True, slots=True)
class OrderStore:
    """Orders by id, stock by sku, and the reservations beside it."""

    orders_table: str
    stock_table: str
    tables: Tables
    backoff: Backoff = field(default_factory=Backoff)

    def order(self, order_id: str, seconds_left: SecondsLeft) -> Order | None:
        """The order as it stands; None if it is gone."""
        request: Any = {"TableName": self.orders_table, "Key": {"id": {"S": order_id}}, "ConsistentRead": True}
        found = persist(partial(self._found, request), self.backoff, seconds_left)
        return order_of(item(found)) if found else None

    def prices(self, skus: list[str], seconds_left: SecondsLeft) -> dict[str, int]:
        """The price in cents of each sku that is in the stock."""
        stock = self._stock(skus, seconds_left)
        return {one["sku"]: one["priceCents"] for one in stock if isinstance(one.get("priceCents"), int)}

    def move(self, order: Order, then: Order, seconds_left: SecondsLeft) -> Verdict:
        """`order` becomes `then`."""
        request: Any = writes.transition(self.orders_table, order, then)

        def attempt() -> Verdict:
            try:
                proof(self.tables.update_item(**request, **PROOF), "ConsumedCapacity")
            except CALL_ERRORS as error:
                if error_name(error) != f"{REFUSED}Exception":
                    raise
                return Overtaken()
            return Written()

        return persist(attempt, self.backoff, seconds_left)

    def reserve(self, order: Order, then: Order, seconds_left: SecondsLeft) -> Verdict:
        """`order` becomes `then` and its units leave the stock, or neither."""
        units = writes.units(order)
        reservation = {"Put": writes.reserve(self.stock_table, order, then.updated_at)}
        moves = {sku: {"Update": writes.take(self.stock_table, sku, units[sku])} for sku in units}
        return self._together(order, then, reservation, moves, seconds_left)

    def ship(self, order: Order, then: Order, seconds_left: SecondsLeft) -> Verdict:
        """`order` becomes `then` and its reservation goes: its units are never to come back."""
        reservation = {"Delete": writes.release(self.stock_table, order)}
        return self._together(order, then, reservation, {}, seconds_left)

    def release(self, order: Order, then: Order, gone: list[str], seconds_left: SecondsLeft) -> Verdict:
        """`order` becomes `then` and its units are back in the stock, but for those whose sku is `gone` from it."""
        units = writes.units(order)
        reservation = {"Delete": writes.release(self.stock_table, order)}
        moves = {sku: {"Update": writes.give_back(self.stock_table, sku, units[sku])} for sku in units.keys() - gone}
        return self._together(order, then, reservation, moves, seconds_left)

    def _together(
        self, order: Order, then: Order, reservation: Any, moves: dict[str, Any], seconds_left: SecondsLeft
    ) -> Verdict:
        actions: list[Any] = [{"Update": writes.transition(self.orders_table, order, then)}, reservation]
        actions += moves.values()

        def attempt() -> Verdict:
            try:
                proof(self.tables.transact_write_items(TransactItems=actions, **PROOF), "ConsumedCapacity")
            except CALL_ERRORS as error:
                reasons = cancellation_reasons(error)
                if REFUSED not in reasons:
                    raise
                return _verdict(reasons, list(moves))
            return Written()

        return persist(attempt, self.backoff, seconds_left)

    def _found(self, request: Any) -> Item | None:
        answer = self.tables.get_item(**request, **PROOF)
        proof(answer, "ConsumedCapacity")  # without it nothing says that there is no item
        return answer.get("Item")

    def _stock(self, skus: list[str], seconds_left: SecondsLeft) -> list[Item]:
        """The rows of the stock; an order has fewer skus than one call takes keys."""
        found: list[Item] = []
        keys = [{"sku": {"S": sku}} for sku in skus]
        wanted: dict[str, Any] = {self.stock_table: {"Keys": keys, "ConsistentRead": True}}

        def attempt() -> list[Item]:
            nonlocal wanted
            answer = self.tables.batch_get_item(RequestItems=wanted)
            found.extend(item(one) for one in proof(answer, "Responses").get(self.stock_table, []))
            wanted = answer.get("UnprocessedKeys", {})
            if wanted:
                raise UnprovenError("keys are left that DynamoDB had no capacity to read")
            return found

        return persist(attempt, self.backoff, seconds_left)


def _verdict(reasons: list[str], skus: list[str]) -> Verdict:
    """What a cancelled transaction says: of the order first, of its reservation second, then of each sku."""
    if reasons[0] == REFUSED:
        return Overtaken()
    if reasons[1] == REFUSED:
        return Contradicted()
    return Short([sku for sku, reason in zip(skus, reasons[2:], strict=True) if reason == REFUSED])
