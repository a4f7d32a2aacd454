"""The trips table.

A put is unconditional: a trip is a fact, every record of one `tripId` says the same, and writing it twice is writing
it once. Should they differ, the later one in the shard stands, also after a retry: what is delivered again is delivered
with all that followed it. A redrive of old records is outside that order and puts back what they said.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, Unpack

from streamkit.throttle import Backoff, Placed, SecondsLeft, place
from trip_writer.batch import Put

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import (
        AttributeValueTypeDef,
        BatchWriteItemInputTypeDef,
        BatchWriteItemOutputTypeDef,
    )

# BatchWriteItem takes 25 items and 16 MB; the longest trip is far below 3 KB.
MOST_ITEMS = 25


class Table(Protocol):
    """What the store needs of a DynamoDB client."""

    def batch_write_item(self, **request: Unpack[BatchWriteItemInputTypeDef]) -> BatchWriteItemOutputTypeDef: ...


@dataclass(frozen=True, slots=True)
class TripStore:
    """Clean trips by `tripId`."""

    table_name: str
    table: Table
    backoff: Backoff = field(default_factory=Backoff)

    def write(self, puts: list[Put], seconds_left: SecondsLeft) -> Placed[Put]:
        """Write them; what is `left` has not been written. What repetition cannot mend, such as a denial, rises."""
        return place(puts, self._send, calls, self.backoff, seconds_left)

    def _send(self, call: list[Put]) -> list[Put]:
        answer = self.table.batch_write_item(
            RequestItems={self.table_name: [{"PutRequest": {"Item": attributes(put.item)}} for put in call]}
        )
        if "UnprocessedItems" not in answer:  # status 200 and rubbish for a body: nothing says that it is written
            return call
        unprocessed = answer["UnprocessedItems"].get(self.table_name, [])
        keys = {request["PutRequest"]["Item"]["tripId"]["S"] for request in unprocessed}
        return [put for put in call if put.item["tripId"] in keys]


def attributes(item: dict[str, str | int]) -> dict[str, AttributeValueTypeDef]:
    """The item in DynamoDB's wire types."""
    return {name: {"S": value} if isinstance(value, str) else {"N": str(value)} for name, value in item.items()}


def calls(puts: list[Put]) -> Iterator[list[Put]]:
    """The puts in as few calls as DynamoDB allows, in order."""
    return (puts[start : start + MOST_ITEMS] for start in range(0, len(puts), MOST_ITEMS))
