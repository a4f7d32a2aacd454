"""A DynamoDB table in memory: keys, conditions, updates and transactions as far as they are used, refusals included.

Checked against a real implementation of the API by the flow tests; here it fails where a script says, before a call
has done anything or after it has done everything.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from tests.doubles import cancelled, refused

MOST_ITEM_BYTES = 400_000
MOST_TRANSACTION_BYTES = 4_000_000
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Failing:
    """What becomes of a call: it raises, before or `after` it was done."""

    error: Exception
    after: bool = False


class MemoryDynamoDB:
    """A client with one table, whose key is `vendorId` and `window`. The script holds a fate for each call in turn."""

    def __init__(self, script: Iterable[Failing | None] = ()) -> None:
        self.script: Iterator[Failing | None] = iter(script)
        self.items: dict[tuple[int, str], Item] = {}
        self.calls: list[str] = []

    def get_item(self, **request: Any) -> Any:
        with_item = self._called("GetItem", lambda: self.items.get(_key(request["Key"])))
        return {"Item": deepcopy(with_item)} if with_item else {}

    def batch_get_item(self, **request: Any) -> Any:
        ((name, wanted),) = request["RequestItems"].items()
        keys = [_key(key) for key in wanted["Keys"]]
        _demand(1 <= len(keys) <= 100 and len(set(keys)) == len(keys), "BatchGetItem takes 1 to 100 different keys")
        found = self._called("BatchGetItem", lambda: [self.items[key] for key in keys if key in self.items])
        return {"Responses": {name: deepcopy(found)}, "UnprocessedKeys": {}}

    def query(self, **request: Any) -> Any:
        values = request["ExpressionAttributeValues"]
        vendor, low, high = int(values[":zero"]["N"]), values[":low"]["S"], values[":high"]["S"]
        start = request.get("ExclusiveStartKey")
        below = _key(start)[1] if start else "\uffff"
        names = sorted(name for owner, name in self.items if owner == vendor and low <= name <= high and name < below)
        page = list(reversed(names))[: request["Limit"]]
        found = self._called("Query", lambda: [self.items[vendor, name] for name in page])
        answer: dict[str, Any] = {"Items": deepcopy(found)}
        if len(page) == request["Limit"]:
            answer["LastEvaluatedKey"] = {"vendorId": {"N": str(vendor)}, "window": {"S": page[-1]}}
        return answer

    def batch_write_item(self, **request: Any) -> Any:
        ((_, writes),) = request["RequestItems"].items()
        puts = [write["PutRequest"]["Item"] for write in writes]
        keys = {_key(item) for item in puts}
        _demand(1 <= len(puts) <= 25 and len(keys) == len(puts), "BatchWriteItem takes 1 to 25 different items")
        self._called("BatchWriteItem", lambda: self.items.update({_key(item): deepcopy(item) for item in puts}))
        return {"UnprocessedItems": {}}

    def update_item(self, **request: Any) -> Any:
        def update() -> None:
            if not _holds(request, self.items.get(_key(request["Key"]))):
                raise refused("ConditionalCheckFailedException", operation="UpdateItem")
            self._apply("Update", request)

        self._called("UpdateItem", update)
        return {}

    def transact_write_items(self, **request: Any) -> Any:
        actions = [next(iter(action.items())) for action in request["TransactItems"]]
        keys = [_key(action.get("Key") or action["Item"]) for _, action in actions]
        _demand(
            1 <= len(actions) <= 100 and len(set(keys)) == len(keys), "a transaction takes 1 to 100 different items"
        )
        _demand(len(repr(actions)) < 2 * MOST_TRANSACTION_BYTES, "a transaction takes 4 MB")

        def write() -> None:
            held = [_holds(action, self.items.get(key)) for key, (_, action) in zip(keys, actions, strict=True)]
            if not all(held):
                raise cancelled(*("None" if holds else "ConditionalCheckFailed" for holds in held))
            for kind, action in actions:
                self._apply(kind, action)

        self._called("TransactWriteItems", write)
        return {}

    def _called(self, operation: str, do: Callable[[], Any]) -> Any:
        self.calls.append(operation)
        fate = next(self.script, None)
        if fate and not fate.after:
            raise fate.error
        done = do()
        if fate:
            raise fate.error
        return done

    def _apply(self, kind: str, action: Item) -> None:
        match kind:
            case "Put":
                self.items[_key(action["Item"])] = deepcopy(action["Item"])
            case "Delete":
                self.items.pop(_key(action["Key"]), None)
            case "Update":
                item = self.items.setdefault(_key(action["Key"]), deepcopy(action["Key"]))
                _update(item, action)
        written = self.items.get(_key(action.get("Key") or action["Item"]))
        _demand(written is None or _bytes(written) <= MOST_ITEM_BYTES, "an item takes 400 KB")


def _key(item: Item) -> tuple[int, str]:
    return int(item["vendorId"]["N"]), item["window"]["S"]


def _holds(action: Item, item: Item | None) -> bool:
    """Whether the condition, alternatives of conjunctions without brackets, holds for the item."""
    condition = action.get("ConditionExpression")
    _demand_all_used(action)
    if condition is None:
        return True
    return any(
        all(_term(term, action, item or {}) for term in alternative.split(" AND "))
        for alternative in condition.split(" OR ")
    )


def _term(term: str, action: Item, item: Item) -> bool:
    if found := re.fullmatch(r"attribute_(not_)?exists\((#\w+)\)", term):
        return (_name(found[2], action) in item) is not bool(found[1])
    found = re.fullmatch(r"(#\w+) (=|<=|>=|<|>) (:\w+)", term)
    _demand(found is not None, f"no condition: {term}")
    assert found
    name, value = _name(found[1], action), action["ExpressionAttributeValues"][found[3]]
    return name in item and COMPARISONS[found[2]](_plain(item[name]), _plain(value))


def _update(item: Item, action: Item) -> None:
    clauses = re.split(r"\b(SET|ADD|REMOVE) ", action["UpdateExpression"])
    for verb, clause in zip(clauses[1::2], clauses[2::2], strict=True):
        for piece in clause.strip().split(", "):
            name, *value = piece.replace(" = ", " ").split(" ")
            name = _name(name, action)
            _demand(name not in ("vendorId", "window"), "a key cannot be updated")
            match verb:
                case "SET":
                    item[name] = deepcopy(action["ExpressionAttributeValues"][value[0]])
                case "REMOVE":
                    item.pop(name, None)
                case "ADD":
                    standing = int(item.get(name, {"N": "0"})["N"])
                    added = standing + int(action["ExpressionAttributeValues"][value[0]]["N"])
                    _demand(abs(added) < 10**38, "a number has 38 digits")
                    item[name] = {"N": str(added)}


def _demand_all_used(action: Item) -> None:
    """DynamoDB refuses placeholders that no expression uses."""
    text = f"{action.get('ConditionExpression', '')} {action.get('UpdateExpression', '')}"
    given = {*action.get("ExpressionAttributeNames", {}), *action.get("ExpressionAttributeValues", {})}
    _demand(given == set(re.findall(r"[#:]\w+", text)), f"placeholders and expressions differ: {given} in {text}")


def _name(placeholder: str, action: Item) -> str:
    name: str = action["ExpressionAttributeNames"][placeholder]
    return name


def _plain(value: Item) -> Any:
    return int(value["N"]) if "N" in value else value["S"]


def _bytes(item: Item) -> int:
    return sum(
        len(name) + len(next(iter(value.values())) if "BOOL" not in value else "x") for name, value in item.items()
    )


def _demand(holds: bool, rule: str) -> None:
    if not holds:
        error = refused("ValidationException")
        error.response["Error"]["Message"] = rule
        raise AssertionError(rule) from error
