"""The stock by hand: what there is of each sku, at what price, and what is reserved.

    sku   priceCents  available      and for each order on its way    sku               items
    tea   250         40                                              reservation#o-1   {"tea": 2}

`available` is what can still be sold. The pipeline takes from it while this runs, so what came in is added, not set.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, Unpack

from botocore.exceptions import ClientError

from domain.order import MOST_CENTS, NAME, NAME_RULE
from ops.columns import money
from ops.pages import items

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import (
        ScanInputTypeDef,
        ScanOutputTypeDef,
        UpdateItemInputTypeDef,
        UpdateItemOutputTypeDef,
    )

RESERVATION = "reservation#"  # no sku holds a #
MOST_UNITS = 10**12

HEADING = ("sku", "price", "available", "reserved")


class StockError(ValueError):
    """What cannot be done to the stock, and why."""


class Table(Protocol):
    """What is needed of a DynamoDB client."""

    def scan(self, **request: Unpack[ScanInputTypeDef]) -> ScanOutputTypeDef: ...
    def update_item(self, **request: Unpack[UpdateItemInputTypeDef]) -> UpdateItemOutputTypeDef: ...


@dataclass(frozen=True, slots=True)
class Article:
    """One sku. What is reserved is no longer available, and not shipped yet."""

    sku: str
    price_cents: int
    available: int
    reserved: int

    def facts(self) -> dict[str, Any]:
        return {
            "sku": self.sku,
            "priceCents": self.price_cents,
            "available": self.available,
            "reserved": self.reserved,
        }


def read(table: Table, name: str) -> list[Article]:
    """Every sku by name. While orders flow the numbers are of slightly different moments: a scan is no snapshot."""
    found = list(items(table.scan, TableName=name, ConsistentRead=True))
    reserved: Counter[str] = Counter()
    for one in found:
        if one["sku"].startswith(RESERVATION):
            reserved.update(one["items"])
    return [
        Article(one["sku"], one["priceCents"], one["available"], reserved[one["sku"]])
        for one in sorted(found, key=lambda one: str(one["sku"]))
        if not one["sku"].startswith(RESERVATION)
    ]


def put(table: Table, name: str, sku: str, price_cents: int | None, available: int | None) -> None:
    """Set what is given; a sku that is new needs both."""
    given = {"priceCents": price_cents, "available": available}
    values = {attribute: value for attribute, value in given.items() if value is not None}
    _demand(bool(values), f"{sku} must be given a price or an available number; got neither")
    _demand(
        price_cents is None or 0 <= price_cents <= MOST_CENTS,
        f"a price must be 0 to {MOST_CENTS} cents; got {price_cents}",
    )
    _demand(available is None or 0 <= available <= MOST_UNITS, f"available must be 0 to {MOST_UNITS}; got {available}")
    request: dict[str, Any] = {
        "UpdateExpression": "SET " + ", ".join(f"#{attribute} = :{attribute}" for attribute in values),
        "ExpressionAttributeNames": {f"#{attribute}": attribute for attribute in values},
        "ExpressionAttributeValues": {f":{attribute}": {"N": str(value)} for attribute, value in values.items()},
    }
    if values.keys() != given.keys():
        request["ConditionExpression"] = "attribute_exists(#sku)"
        request["ExpressionAttributeNames"]["#sku"] = "sku"
    _update(table, name, sku, request, f"{sku} must be in stock already, or be given both a price and a number")


def add(table: Table, name: str, sku: str, units: int) -> None:
    """So many units more, or fewer where it is below 0; never fewer than none."""
    _demand(0 < abs(units) <= MOST_UNITS, f"units must be an integer other than 0, up to {MOST_UNITS}; got {units}")
    request = {
        "UpdateExpression": "SET #available = #available + :units",
        "ConditionExpression": "#available >= :least",
        "ExpressionAttributeNames": {"#available": "available"},
        "ExpressionAttributeValues": {":units": {"N": str(units)}, ":least": {"N": str(max(0, -units))}},
    }
    least = f" with at least {-units} units available" if units < 0 else ""
    _update(table, name, sku, request, f"{sku} must be in stock{least}")


def as_json(articles: Iterable[Article]) -> str:
    """One object a line."""
    return "\n".join(json.dumps(article.facts()) for article in articles)


def rows(articles: Iterable[Article]) -> list[tuple[str, ...]]:
    """What the table says, its heading first."""
    return [
        HEADING,
        *((one.sku, money(one.price_cents), f"{one.available:,}", f"{one.reserved:,}") for one in articles),
    ]


def _update(table: Table, name: str, sku: str, request: dict[str, Any], rule: str) -> None:
    _demand(re.fullmatch(NAME, sku) is not None, f"a sku must be {NAME_RULE}; got {json.dumps(sku)}")
    try:
        table.update_item(TableName=name, Key={"sku": {"S": sku}}, **request)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        raise StockError(f"{rule}; it is not") from error


def _demand(holds: bool, rule: str) -> None:
    if not holds:
        raise StockError(rule)
