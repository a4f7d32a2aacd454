"""Plain Python values in DynamoDB's wire types; changes.py goes the other way.

{"id": "o-1", "items": [{"quantity": 2}]}   plain
{"id": {"S": "o-1"}, "items": {"L": [{"M": {"quantity": {"N": "2"}}}]}}   the wire
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef


def attributes(item: Mapping[str, Any]) -> dict[str, AttributeValueTypeDef]:
    """The item in wire types."""
    return {name: attribute(value) for name, value in item.items()}


def attribute(value: object) -> AttributeValueTypeDef:
    """One value in its wire type; a float has none, for it would not come back as it went."""
    match value:
        case str():
            return {"S": str(value)}
        case bool():
            return {"BOOL": value}
        case int() | Decimal():
            return {"N": str(value)}
        case None:
            return {"NULL": True}
        case bytes():
            return {"B": value}
        case Mapping():
            return {"M": attributes(value)}
        case list() | tuple():
            return {"L": [attribute(one) for one in value]}
    raise TypeError(
        f"an attribute must be a str, int, Decimal, bool, None, bytes, mapping or list; got {type(value).__name__}"
    )
