"""The orders table, as far as the API goes: one conditional put, one read.

The put is the idempotency. An order stands under the id that its key stands for, or it does not: there is no second
table that could say otherwise, and no moment between two writes in which a crash makes two orders of one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, Unpack

from botocore.exceptions import ClientError

from domain.order import Order, image
from order_api.standing import Standing, standing
from streamkit.attributes import attributes
from streamkit.changes import item
from streamkit.throttle import (
    CALL_ERRORS,
    CONFLICTS,
    PROOF,
    Backoff,
    SecondsLeft,
    UnprovenError,
    error_name,
    is_passing,
    proof,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import (
        GetItemInputTypeDef,
        GetItemOutputTypeDef,
        PutItemInputTypeDef,
        PutItemOutputTypeDef,
    )

T = TypeVar("T")


class Table(Protocol):
    """What the store needs of a DynamoDB client."""

    def get_item(self, **request: Unpack[GetItemInputTypeDef]) -> GetItemOutputTypeDef: ...
    def put_item(self, **request: Unpack[PutItemInputTypeDef]) -> PutItemOutputTypeDef: ...


@dataclass(frozen=True, slots=True)
class Unreached:
    """The table did not answer in time. Unless it refused every call, one may have had its effect all the same."""

    refusal: str
    is_refused: bool

    @property
    def is_conflict(self) -> bool:
        """Whether another write of the same item was in the way at the last attempt."""
        return self.refusal in CONFLICTS


@dataclass(frozen=True, slots=True)
class OrderStore:
    """Orders by id."""

    table_name: str
    table: Table
    backoff: Backoff = field(default_factory=Backoff)

    def place(self, order: Order, seconds_left: SecondsLeft) -> Standing | Unreached:
        """The order that stands under this id now; put again, it finds itself."""
        return self._patiently(lambda: self._put(order), seconds_left)

    def find(self, order_id: str, seconds_left: SecondsLeft) -> Standing | Unreached | None:
        """The order as its last write left it: whoever was told 202 finds it."""
        return self._patiently(lambda: self._get(order_id), seconds_left)

    def _put(self, order: Order) -> Standing:
        try:
            answer = self.table.put_item(
                TableName=self.table_name,
                Item=attributes(image(order)),
                ConditionExpression="attribute_not_exists(#id)",
                ExpressionAttributeNames={"#id": "id"},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **PROOF,
            )
        except ClientError as error:
            if error_name(error) != "ConditionalCheckFailedException":
                raise
            response: Any = error.response
            return standing(item(response["Item"]))
        proof(answer, "ConsumedCapacity")
        return standing(image(order))

    def _get(self, order_id: str) -> Standing | None:
        answer = self.table.get_item(
            TableName=self.table_name,
            Key={"id": {"S": order_id}},
            ConsistentRead=True,
            **PROOF,
        )
        proof(answer, "ConsumedCapacity")
        return standing(item(answer["Item"])) if "Item" in answer else None

    def _patiently(self, attempt: Callable[[], T], seconds_left: SecondsLeft) -> T | Unreached:
        """What `attempt` returns, once the table answers. What no repetition mends rises."""
        refusal, is_refused = "", True
        for _ in self.backoff.attempts(seconds_left):
            try:
                return attempt()
            except (*CALL_ERRORS, UnprovenError) as error:
                if not is_passing(error):
                    raise
                refusal, is_refused = error_name(error), is_refused and _is_refusal(error)
        return Unreached(refusal, is_refused)


def _is_refusal(error: Exception) -> bool:
    """Whether the service says that it did not do it; a broken connection or a 5xx says nothing."""
    return isinstance(error, ClientError) and error.response["ResponseMetadata"].get("HTTPStatusCode", 500) < 500
