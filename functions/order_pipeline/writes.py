"""DynamoDB's actions for an order's next version and for the stock that moves with it.

Every write of an order is on condition of the version and the status it leaves, so whoever comes second changes
nothing. Only what differs is written: attributes that a newer deployment added stay.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from domain.order import Order, image
from streamkit.attributes import attribute, attributes

Action = dict[str, Any]

# A transaction takes 100 actions: one is the order's, one the reservation's. No order has as many lines.
MOST_SKUS = 98


def units(order: Order) -> dict[str, int]:
    """How many of each sku: a sku in two lines is one action, for a transaction touches no item twice."""
    found: Counter[str] = Counter()
    for line in order.items:
        found[line.sku] += line.quantity
    return dict(found)


def transition(table_name: str, order: Order, then: Order) -> Action:
    """The update that makes `order` into `then`, if it still is what it was."""
    before, after = image(order), image(then)
    changed = {name: value for name, value in after.items() if before.get(name) != value}
    removed = sorted(before.keys() - after.keys())
    names = {"#version": "version", "#status": "status", **{f"#{name}": name for name in [*changed, *removed]}}
    values = {f":{name}": value for name, value in changed.items()}
    left = {":versionLeft": order.version, ":statusLeft": order.status}
    return {
        "TableName": table_name,
        "Key": {"id": attribute(order.id)},
        "UpdateExpression": "SET " + ", ".join(f"#{name} = :{name}" for name in changed) + _removal(removed),
        "ConditionExpression": "#version = :versionLeft AND #status = :statusLeft",
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": attributes(values | left),
    }


def _removal(names: list[str]) -> str:
    return " REMOVE " + ", ".join(f"#{name}" for name in names) if names else ""


def take(table_name: str, sku: str, quantity: int) -> Action:
    """So many units out of the stock, if they are there."""
    return _stock_moved(table_name, sku, quantity, "#available = #available - :quantity", "#available >= :quantity")


def give_back(table_name: str, sku: str, quantity: int) -> Action:
    """So many units back into the stock, if it still has the sku."""
    return _stock_moved(
        table_name, sku, quantity, "#available = #available + :quantity", "attribute_exists(#available)"
    )


def reserve(table_name: str, order: Order, at: str) -> Action:
    """The reservation, which must not be there yet."""
    return {
        "TableName": table_name,
        "Item": attributes({"sku": reservation_key(order.id), "items": units(order), "at": at}),
        "ConditionExpression": "attribute_not_exists(#sku)",
        "ExpressionAttributeNames": {"#sku": "sku"},
    }


def release(table_name: str, order: Order) -> Action:
    """The reservation's end; it must be there."""
    return {
        "TableName": table_name,
        "Key": {"sku": attribute(reservation_key(order.id))},
        "ConditionExpression": "attribute_exists(#sku)",
        "ExpressionAttributeNames": {"#sku": "sku"},
    }


def reservation_key(order_id: str) -> str:
    """Its place in the stock table; no sku holds a #."""
    return f"reservation#{order_id}"


def _stock_moved(table_name: str, sku: str, quantity: int, change: str, condition: str) -> Action:
    return {
        "TableName": table_name,
        "Key": {"sku": attribute(sku)},
        "UpdateExpression": f"SET {change}",
        "ConditionExpression": condition,
        "ExpressionAttributeNames": {"#available": "available"},
        "ExpressionAttributeValues": {":quantity": attribute(quantity)},
    }
