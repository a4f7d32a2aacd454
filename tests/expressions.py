"""DynamoDB's condition and update expressions, as far as the functions use them; what else is written fails the test.

condition    alternatives of conjunctions without brackets: attribute_exists(#a) AND #b >= :c OR #d = :e
update       SET #a = :b, #c = #c - :d, #e = if_not_exists(#e, :f) + :g REMOVE #h ADD #i :j
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from copy import deepcopy
from typing import Any

Item = dict[str, Any]

COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}

_EXISTS = re.compile(r"attribute_(not_)?exists\((#\w+)\)")
_COMPARED = re.compile(r"(#\w+) (=|<>|<=|>=|<|>) (:\w+)")
_DEFAULTED = re.compile(r"if_not_exists\((#\w+), (:\w+)\)")


class ExpressionError(AssertionError):
    """DynamoDB would refuse the call, or this double does not know the expression."""


def demand(holds: bool, rule: str) -> None:
    if not holds:
        raise ExpressionError(rule)


def holds(action: Item, item: Item | None) -> bool:
    """Whether the action's condition, if it has one, holds for the item."""
    condition = action.get("ConditionExpression")
    _demand_all_used(action)
    if condition is None:
        return True
    return any(
        all(_term(term, action, item or {}) for term in alternative.split(" AND "))
        for alternative in condition.split(" OR ")
    )


def update(item: Item, action: Item, key: tuple[str, ...]) -> None:
    """Do to the item what the action's update expression says; values are read before any is written."""
    before = deepcopy(item)
    clauses = re.split(r"\b(SET|ADD|REMOVE) ", action["UpdateExpression"])
    for verb, clause in zip(clauses[1::2], clauses[2::2], strict=True):
        for piece in re.split(r", (?=#)", clause.strip()):
            placeholder, _, value = piece.replace(" = ", " ", 1).partition(" ")
            name = _name(placeholder, action)
            demand(name not in key, "a key cannot be updated")
            match verb:
                case "SET":
                    item[name] = _value(value, before, action)
                case "REMOVE":
                    item.pop(name, None)
                case "ADD":
                    item[name] = _sum(before.get(name, {"N": "0"}), 1, _operand(value, before, action))


def plain(value: Item) -> Any:
    """A value that can be compared: numbers as numbers."""
    ((kind, content),) = value.items()
    return int(content) if kind == "N" and re.fullmatch(r"-?\d+", content) else content


def _term(term: str, action: Item, item: Item) -> bool:
    if found := _EXISTS.fullmatch(term):
        return (_name(found[2], action) in item) is not bool(found[1])
    found = _COMPARED.fullmatch(term)
    demand(found is not None, f"no condition: {term}")
    assert found
    name, value = _name(found[1], action), action["ExpressionAttributeValues"][found[3]]
    if name not in item:
        return found[2] == "<>"
    if item[name].keys() != value.keys():  # of another type: neither equal nor in any order
        return found[2] == "<>"
    return COMPARISONS[found[2]](plain(item[name]), plain(value))


def _value(text: str, item: Item, action: Item) -> Any:
    for sign, factor in ((" + ", 1), (" - ", -1)):
        left, found, right = text.partition(sign)
        if found:
            return _sum(_operand(left, item, action), factor, _operand(right, item, action))
    return _operand(text, item, action)


def _operand(text: str, item: Item, action: Item) -> Any:
    values = action.get("ExpressionAttributeValues", {})
    if text.startswith(":"):
        return deepcopy(values[text])
    if found := _DEFAULTED.fullmatch(text):
        return deepcopy(item.get(_name(found[1], action), values[found[2]]))
    demand(text.startswith("#"), f"no operand: {text}")
    name = _name(text, action)
    demand(name in item, f"an update reads {name}, which the item lacks")
    return deepcopy(item[name])


def _sum(left: Item, factor: int, right: Item) -> Item:
    total = int(left["N"]) + factor * int(right["N"])
    demand(abs(total) < 10**38, "a number has 38 digits")
    return {"N": str(total)}


def _demand_all_used(action: Item) -> None:
    """DynamoDB refuses placeholders that no expression uses, and those that nothing defines."""
    text = f"{action.get('ConditionExpression', '')} {action.get('UpdateExpression', '')}"
    given = {*action.get("ExpressionAttributeNames", {}), *action.get("ExpressionAttributeValues", {})}
    demand(given == set(re.findall(r"[#:]\w+", text)), f"placeholders and expressions differ: {given} in {text}")


def _name(placeholder: str, action: Item) -> str:
    name: str = action["ExpressionAttributeNames"][placeholder]
    return name
