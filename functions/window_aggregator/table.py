"""The totals table as its client reads and writes it: what stands, and writes that happen whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, Unpack

from streamkit.throttle import CALL_ERRORS, PROOF, cancellation_reasons, error_name, proof
from window_aggregator import items
from window_aggregator.coverage import Span
from window_aggregator.items import Item, Mark, Meaning
from window_aggregator.parts import Part

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import (
        BatchGetItemInputTypeDef,
        BatchGetItemOutputTypeDef,
        BatchWriteItemInputTypeDef,
        BatchWriteItemOutputTypeDef,
        GetItemInputTypeDef,
        GetItemOutputTypeDef,
        QueryInputTypeDef,
        QueryOutputTypeDef,
        TransactWriteItemsInputTypeDef,
        TransactWriteItemsOutputTypeDef,
        UpdateItemInputTypeDef,
        UpdateItemOutputTypeDef,
    )


class Client(Protocol):
    """What is needed of a DynamoDB client."""

    def get_item(self, **request: Unpack[GetItemInputTypeDef]) -> GetItemOutputTypeDef: ...
    def query(self, **request: Unpack[QueryInputTypeDef]) -> QueryOutputTypeDef: ...
    def batch_get_item(self, **request: Unpack[BatchGetItemInputTypeDef]) -> BatchGetItemOutputTypeDef: ...
    def batch_write_item(self, **request: Unpack[BatchWriteItemInputTypeDef]) -> BatchWriteItemOutputTypeDef: ...
    def update_item(self, **request: Unpack[UpdateItemInputTypeDef]) -> UpdateItemOutputTypeDef: ...
    def transact_write_items(
        self, **request: Unpack[TransactWriteItemsInputTypeDef]
    ) -> TransactWriteItemsOutputTypeDef: ...


@dataclass(slots=True)
class Tally:
    """What was written since the table was opened."""

    parts: int = 0
    conflicts: int = 0


@dataclass(frozen=True, slots=True)
class TotalsTable:
    """The table called `name`. An answer that does not say what was asked for is an `UnprovenError`."""

    name: str
    client: Client
    tally: Tally = field(default_factory=Tally)

    def mark(self, shard_id: str) -> Mark:
        return items.mark_of(self._item(items.mark_key(shard_id)))

    def journal(self, span: str, pieces: int) -> bytes | None:
        """What a claim wrote down; None once any of it is gone."""
        found = [self._item(items.journal_key(span, number)) for number in range(pieces)]
        packed = [bytes(item["packed"]["B"]) for item in found if item]
        return b"".join(packed) if len(packed) == pieces else None

    def spans(self, shard_id: str, first: int, last: int) -> list[Span]:
        """The spans with records between `first` and `last`."""
        found: list[Span] = []
        for item in self._names_downwards(items.span_name(shard_id, 0), items.span_name(shard_id, last)):
            span = items.span_of(item)
            if span.last >= first:
                found.append(span)
            # Windows follow each other: before one that begins no later there is none that matters.
            if span.first <= first and not span.redriven:
                break
        return found

    def standing(self, parts: list[Part]) -> dict[Part, Part | None]:
        """What stands under the name of each."""
        found = {_name(item): items.part_of(item) for item in self.read([items.part_key(part) for part in parts])}
        return {part: found.get(_name(items.part_key(part))) for part in parts}

    def totals(self, keys: dict[Part, Item]) -> dict[Part, Item]:
        """The total of each part as it stands; empty where there is none."""
        found = {_name(item): item for item in self.read(list(keys.values()))}
        return {part: found.get(_name(key), {}) for part, key in keys.items()}

    def read(self, keys: list[Item]) -> list[Item]:
        """The items that exist, as they stand."""
        found: list[Item] = []
        wanted: dict[str, Any] = {self.name: {"Keys": keys, "ConsistentRead": True}}
        while wanted:
            answer = self.client.batch_get_item(RequestItems=wanted)
            found += proof(answer, "Responses").get(self.name, [])
            wanted = answer.get("UnprocessedKeys", {})
        return found

    def put(self, entries: list[Item]) -> list[Item]:
        """Puts them, and returns those that the service left."""
        writes: list[Any] = [{"PutRequest": {"Item": item}} for item in entries]
        answer = self.client.batch_write_item(RequestItems={self.name: writes})
        unprocessed: Any = proof(answer, "UnprocessedItems").get(self.name, [])
        return [request["PutRequest"]["Item"] for request in unprocessed]

    def transact(self, actions: list[Any]) -> bool:
        """Whether the actions were done; False if a condition no longer held, and nothing was."""
        try:
            proof(self.client.transact_write_items(TransactItems=actions, **PROOF), "ConsumedCapacity")
        except CALL_ERRORS as error:
            reasons = cancellation_reasons(error)
            self.tally.conflicts += bool(reasons)
            if "ConditionalCheckFailed" in reasons:
                return False
            raise
        return True

    def move_bound(self, total: Item, name: str, value: int) -> None:
        self._update(items.move_bound(self.name, total, name, value))  # unless it has gone further already

    def meaning(self, ours: Meaning) -> Meaning:
        """What the totals are of: what was said first, by `ours` if by nobody before."""
        while (standing := self._item(items.meaning_key())) is None:
            self._update(items.mean(self.name, ours))
        return items.meaning_of(standing)

    def _update(self, request: Item) -> None:
        """The update, or nothing where its condition does not hold."""
        try:
            proof(self.client.update_item(**request, **PROOF), "ConsumedCapacity")
        except CALL_ERRORS as error:
            if error_name(error) != "ConditionalCheckFailedException":
                raise

    def _item(self, key: Item) -> Item | None:
        answer = self.client.get_item(TableName=self.name, Key=key, ConsistentRead=True, **PROOF)
        proof(answer, "ConsumedCapacity")  # without it nothing says that there is no item
        return answer.get("Item")

    def _names_downwards(self, low: str, high: str) -> Iterator[Item]:
        request: dict[str, Any] = {
            "TableName": self.name,
            "KeyConditionExpression": "#vendorId = :zero AND #window BETWEEN :low AND :high",
            "ExpressionAttributeNames": {"#vendorId": "vendorId", "#window": "window"},
            "ExpressionAttributeValues": {":zero": {"N": "0"}, ":low": {"S": low}, ":high": {"S": high}},
            "ScanIndexForward": False,
            "ConsistentRead": True,
            "Limit": 20,
        }
        while True:
            answer = self.client.query(**request)
            yield from proof(answer, "Items")
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _name(item: Item) -> tuple[str, str]:
    return item["vendorId"]["N"], item["window"]["S"]
