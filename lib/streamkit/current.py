"""An item as it stands now, for those who were told of a change without its images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, Unpack

from streamkit.changes import Item, item
from streamkit.throttle import PROOF, Backoff, SecondsLeft, persist, proof

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import GetItemInputTypeDef, GetItemOutputTypeDef


class Table(Protocol):
    """What it takes of a DynamoDB client."""

    def get_item(self, **request: Unpack[GetItemInputTypeDef]) -> GetItemOutputTypeDef: ...


@dataclass(frozen=True, slots=True)
class CurrentItems:
    """The items of one table whose key is `key` alone."""

    table_name: str
    key: str
    table: Callable[[], Table]  # opened for the first item: most processes never need one
    backoff: Backoff = field(default_factory=Backoff)

    def get(self, name: str, seconds_left: SecondsLeft) -> Item | None:
        """The item as the last write left it, at the earliest the one that was told of; None once it is removed."""
        return persist(lambda: self._get(name), self.backoff, seconds_left)

    def _get(self, name: str) -> Item | None:
        answer = self.table().get_item(
            TableName=self.table_name,
            Key={self.key: {"S": name}},
            ConsistentRead=True,
            **PROOF,
        )
        proof(answer, "ConsumedCapacity")
        return item(answer["Item"]) if "Item" in answer else None
