"""The figures table. Effects and their markers are written in one transaction, as many of them as fit into it.

    put      order#o-1#2026-11-21T00:05:30.250Z paid/0      if it is not there
    put      order#o-2#2026-11-21T00:05:31.000Z placed/0    if it is not there
    add      minute#... all                                 orders 1, paidOrders 1, units 3, revenueCents 2750
    add      ...

Every order of a day adds to the same items. One by one, hundreds a second would refuse each other; together they are
one write. A marker that stands already cancels the transaction and is left out of the next: what it is of counts.
It says when its order was placed: another order under the same id counts for itself.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, Unpack

from botocore.exceptions import ClientError

from order_analytics.effects import Cell, Part, Sums
from streamkit.throttle import PASSING_REASONS, PROOF, Backoff, Placed, SecondsLeft, cancellation_reasons, place

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import (
        TransactWriteItemsInputTypeDef,
        TransactWriteItemsOutputTypeDef,
        TransactWriteItemTypeDef,
    )

MOST_ACTIONS = 100  # of a transaction
DAY_SECONDS = 86_400
STANDS = "ConditionalCheckFailed"


class Table(Protocol):
    """What the store needs of a DynamoDB client."""

    def transact_write_items(
        self, **request: Unpack[TransactWriteItemsInputTypeDef]
    ) -> TransactWriteItemsOutputTypeDef: ...


@dataclass(frozen=True, slots=True)
class Counted:
    """What came of `count`: the parts that count since this call, and those that counted before."""

    now: list[Part] = field(default_factory=list)
    before: list[Part] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class FiguresStore:
    """Figures by period, and the markers of what is in them."""

    table_name: str
    table: Table
    marker_days: int
    clock: Callable[[], float] = time.time
    backoff: Backoff = field(default_factory=Backoff)

    def count(self, parts: list[Part], seconds_left: SecondsLeft) -> tuple[Counted, Placed[Part]]:
        """Count each of them once; what is `left` does not count yet."""
        counted = Counted()
        placed = place(parts, lambda chunk: self._write(chunk, counted), chunks, self.backoff, seconds_left)
        return counted, placed

    def _write(self, chunk: list[Part], counted: Counted) -> list[Part]:
        """What of the chunk is to be asked for again."""
        try:
            answer = self.table.transact_write_items(
                TransactItems=[*map(self._mark, chunk), *(self._add(*cell) for cell in folded(chunk).items())],
                **PROOF,
            )
        except ClientError as error:
            reasons = cancellation_reasons(error)
            if STANDS not in reasons or not set(reasons) <= PASSING_REASONS | {STANDS}:
                raise
            # Only markers have a condition, and they come first.
            stands = [reason == STANDS for reason in reasons[: len(chunk)]]
            counted.before.extend(part for part, standing in zip(chunk, stands, strict=True) if standing)
            return [part for part, standing in zip(chunk, stands, strict=True) if not standing]
        if "ConsumedCapacity" not in answer:
            return chunk
        counted.now.extend(chunk)
        return []

    def _mark(self, part: Part) -> TransactWriteItemTypeDef:
        period, figure = part.marker
        expiry = int(self.clock()) + self.marker_days * DAY_SECONDS
        return {
            "Put": {
                "TableName": self.table_name,
                "Item": {"period": {"S": period}, "figure": {"S": figure}, "expiresAt": {"N": str(expiry)}},
                "ConditionExpression": "attribute_not_exists(#period)",
                "ExpressionAttributeNames": {"#period": "period"},
            }
        }

    def _add(self, cell: Cell, sums: Sums) -> TransactWriteItemTypeDef:
        period, figure = cell
        return {
            "Update": {
                "TableName": self.table_name,
                "Key": {"period": {"S": period}, "figure": {"S": figure}},
                "UpdateExpression": f"ADD {', '.join(f'#{name} :{name}' for name in sums)}",
                "ExpressionAttributeNames": {f"#{name}": name for name in sums},
                "ExpressionAttributeValues": {f":{name}": {"N": str(value)} for name, value in sums.items()},
            }
        }


def chunks(parts: list[Part]) -> Iterator[list[Part]]:
    """The parts in as few transactions as their order allows."""
    chunk: list[Part] = []
    cells: set[Cell] = set()
    for part in parts:
        if chunk and len(chunk) + 1 + len(cells | part.cells.keys()) > MOST_ACTIONS:
            yield chunk
            chunk, cells = [], set()
        chunk.append(part)
        cells |= part.cells.keys()
    if chunk:
        yield chunk


def folded(chunk: list[Part]) -> dict[Cell, Sums]:
    """What the parts add to each cell together."""
    sums: dict[Cell, Sums] = {}
    for part in chunk:
        for cell, added in part.cells.items():
            sums.setdefault(cell, Counter()).update(added)
    return sums
