"""What order_analytics has counted, period by period, for the whole shop and for each sku.

    period                        figure     orders  paidOrders  rejectedOrders  units  revenueCents
    minute#2026-11-21T00:05:00Z   all        3       2           0               5      8500
    minute#2026-11-21T00:05:00Z   sku#tea    1       1           0               2      500

An order counts in the period it was placed in, whenever it is paid or rejected: figures of a minute go on moving for as
long as its orders do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol, Unpack

from ops.pages import items
from streamkit.instants import second

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef, QueryOutputTypeDef

LENGTHS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}

# In the order of the fields of Sums.
ATTRIBUTES = ("orders", "paidOrders", "rejectedOrders", "units", "revenueCents")

# Each period is a query of its own.
MOST_PERIODS = 1_500


class PeriodsError(ValueError):
    """A time that has no periods, or more than anybody would look at."""


class Table(Protocol):
    """What is needed of a DynamoDB client."""

    def query(self, **request: Unpack[QueryInputTypeDef]) -> QueryOutputTypeDef: ...


@dataclass(frozen=True, slots=True)
class Sums:
    """What was counted; revenue is what was paid and not given back."""

    orders: int = 0
    paid_orders: int = 0
    rejected_orders: int = 0
    units: int = 0
    revenue_cents: int = 0

    def __add__(self, other: Sums) -> Sums:
        return Sums(*map(sum, zip(astuple(self), astuple(other), strict=True)))


@dataclass(frozen=True, slots=True)
class Figure:
    """The sums of one period; of one sku, or where that is None of all orders."""

    period: datetime
    sku: str | None
    sums: Sums


def periods(by: str, since: datetime, until: datetime) -> list[datetime]:
    """The beginnings of all periods that hold a moment from `since` up to `until`, in UTC."""
    length = LENGTHS[by]
    first = since - (since - since.replace(hour=0, minute=0, second=0, microsecond=0)) % length
    count = (until - first) // length + 1
    if not 1 <= count <= MOST_PERIODS:
        raise PeriodsError(
            f"--since must be a moment of the last {MOST_PERIODS} {by}s; got {stamp(since)}; change it, or --by"
        )
    return [first + number * length for number in range(count)]


def read(table: Table, name: str, by: str, wanted: Iterable[datetime]) -> list[Figure]:
    """The figures of all `wanted` periods, oldest first; a period in which nothing was placed has none."""
    found: list[Figure] = []
    for period in wanted:
        counted = items(
            table.query,
            TableName=name,
            KeyConditionExpression="#period = :period",
            ExpressionAttributeNames={"#period": "period"},
            ExpressionAttributeValues={":period": {"S": key(by, period)}},
            ConsistentRead=True,
        )
        found += [figure(period, one) for one in counted]
    return found


def figure(period: datetime, counted: Mapping[str, Any]) -> Figure:
    """One item; what an effect did not add yet is 0."""
    name = str(counted["figure"])
    sums = Sums(*(counted.get(attribute, 0) for attribute in ATTRIBUTES))
    return Figure(period, None if name == "all" else name.removeprefix("sku#"), sums)


def total(counted: Iterable[Sums]) -> Sums:
    return sum(counted, Sums())


def key(by: str, period: datetime) -> str:
    return f"{by}#{stamp(period)}"


def stamp(period: datetime) -> str:
    return second(period)


def facts(figure: Figure) -> dict[str, Any]:
    """The figure as scripts read it; `sku` is null for all orders."""
    return {"period": stamp(figure.period), "sku": figure.sku} | dict(
        zip(ATTRIBUTES, astuple(figure.sums), strict=True)
    )
