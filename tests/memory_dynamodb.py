"""DynamoDB in memory: keys, conditions, updates, transactions and changes as far as they are used, refusals included.

    MemoryDynamoDB(keys={"orders": ("id",), "stock": ("sku",)})
        .tables["orders"]["o-1"]     the item, in wire types; by a tuple where the key has two attributes
        .changes                     what was written since it was last emptied, in order

Checked against a real implementation of the API by the flow tests; here it fails where a script says, before a call
has done anything or after it has done everything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import wraps
from typing import Any

from tests.doubles import cancelled, refused
from tests.expressions import Item, demand, holds, plain, update

MOST_ITEM_BYTES = 400_000
MOST_TRANSACTION_BYTES = 4_000_000
TOTALS = {"totals": ("vendorId", "window")}


class HollowAnswer(Exception):  # noqa: N818  # no error to the caller: it gets an answer
    """Instead of an error: the call is answered with status 200 and a body in which botocore finds nothing."""


@dataclass(frozen=True, slots=True)
class Failing:
    """What becomes of a call: it raises or is answered with nothing, before or `after` it was done."""

    error: Exception
    after: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """One item as it was before a write and after it; None where there was or is none."""

    table: str
    key: Item
    before: Item | None
    after: Item | None


def answered(operation: Callable[..., Any]) -> Callable[..., Any]:
    """The operation, whose answer a script may make hollow."""

    @wraps(operation)
    def answer(*args: Any, **request: Any) -> Any:
        try:
            return operation(*args, **request)
        except HollowAnswer:
            return {"ResponseMetadata": {"HTTPStatusCode": 200}}

    return answer


class MemoryDynamoDB:
    """A client with some tables, given by their keys. The script holds a fate for each call in turn."""

    def __init__(self, script: Iterable[Failing | None] = (), keys: Mapping[str, tuple[str, ...]] = TOTALS) -> None:
        self.script: Iterator[Failing | None] = iter(script)
        self.keys = keys
        self.tables: dict[str, dict[Any, Item]] = {name: {} for name in keys}
        self.calls: list[str] = []
        self.changes: list[Written] = []

    @property
    def items(self) -> dict[Any, Item]:
        """The items of the only table."""
        (items,) = self.tables.values()
        return items

    @answered
    def get_item(self, **request: Any) -> Any:
        with_item = self._called("GetItem", lambda: self._item(request["TableName"], request["Key"]))
        return _capacity(request) | ({"Item": deepcopy(with_item)} if with_item else {})

    @answered
    def batch_get_item(self, **request: Any) -> Any:
        ((name, wanted),) = request["RequestItems"].items()
        keys = [self._key(name, key) for key in wanted["Keys"]]
        demand(1 <= len(keys) <= 100 and len(set(keys)) == len(keys), "BatchGetItem takes 1 to 100 different keys")
        items = self.tables[name]
        found = self._called("BatchGetItem", lambda: [items[key] for key in keys if key in items])
        return {"Responses": {name: deepcopy(found)}, "UnprocessedKeys": {}}

    @answered
    def query(self, **request: Any) -> Any:
        values = request["ExpressionAttributeValues"]
        vendor, low, high = int(values[":zero"]["N"]), values[":low"]["S"], values[":high"]["S"]
        start = request.get("ExclusiveStartKey")
        below = start["window"]["S"] if start else "\uffff"
        names = sorted(name for owner, name in self.items if owner == vendor and low <= name <= high and name < below)
        page = list(reversed(names))[: request["Limit"]]
        found = self._called("Query", lambda: [self.items[vendor, name] for name in page])
        answer: dict[str, Any] = {"Items": deepcopy(found)}
        if len(page) == request["Limit"]:
            answer["LastEvaluatedKey"] = {"vendorId": {"N": str(vendor)}, "window": {"S": page[-1]}}
        return answer

    @answered
    def batch_write_item(self, **request: Any) -> Any:
        ((name, writes),) = request["RequestItems"].items()
        puts = [write["PutRequest"]["Item"] for write in writes]
        keys = {self._key(name, item) for item in puts}
        demand(1 <= len(puts) <= 25 and len(keys) == len(puts), "BatchWriteItem takes 1 to 25 different items")

        def write() -> None:
            for item in puts:
                self._apply("Put", {"TableName": name, "Item": item})

        self._called("BatchWriteItem", write)
        return {"UnprocessedItems": {}}

    @answered
    def put_item(self, **request: Any) -> Any:
        return self._write("Put", request)

    @answered
    def update_item(self, **request: Any) -> Any:
        return self._write("Update", request)

    @answered
    def delete_item(self, **request: Any) -> Any:
        return self._write("Delete", request)

    @answered
    def transact_write_items(self, **request: Any) -> Any:
        actions = [next(iter(action.items())) for action in request["TransactItems"]]
        items = {(action["TableName"], self._key(action["TableName"], _named(action))) for _, action in actions}
        demand(1 <= len(actions) <= 100 and len(items) == len(actions), "a transaction takes 1 to 100 different items")
        demand(len(repr(actions)) < 2 * MOST_TRANSACTION_BYTES, "a transaction takes 4 MB")

        def write() -> None:
            held = [holds(action, self._item(action["TableName"], _named(action))) for _, action in actions]
            if not all(held):
                raise cancelled(*("None" if condition else "ConditionalCheckFailed" for condition in held))
            for kind, action in actions:
                self._apply(kind, action)

        self._called("TransactWriteItems", write)
        return _capacity(request)

    def _write(self, kind: str, request: Item) -> Any:
        def write() -> None:
            standing = self._item(request["TableName"], _named(request))
            if not holds(request, standing):
                error = refused("ConditionalCheckFailedException", operation=f"{kind}Item")
                if standing and request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD":
                    answer: Any = error.response
                    answer["Item"] = deepcopy(standing)
                raise error
            self._apply(kind, request)

        self._called(f"{kind}Item", write)
        return _capacity(request)

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
        name = action["TableName"]
        items, key = self.tables[name], self._key(name, _named(action))
        before = deepcopy(items.get(key))
        match kind:
            case "Put":
                items[key] = deepcopy(action["Item"])
            case "Delete":
                items.pop(key, None)
            case "Update":
                update(items.setdefault(key, deepcopy(action["Key"])), action, self.keys[name])
            case _:
                demand(kind == "ConditionCheck", f"no action: {kind}")
        after = items.get(key)
        demand(after is None or _bytes(after) <= MOST_ITEM_BYTES, "an item takes 400 KB")
        if after != before:  # a write that changes nothing leaves no trace in the stream
            wired = {attribute: _named(action)[attribute] for attribute in self.keys[name]}
            self.changes.append(Written(name, wired, before, deepcopy(after)))

    def _item(self, name: str, item: Item) -> Item | None:
        return self.tables[name].get(self._key(name, item))

    def _key(self, name: str, item: Item) -> Any:
        demand(name in self.tables, f"there is no table {name}")
        values = tuple(plain(item[attribute]) for attribute in self.keys[name])
        return values if len(values) > 1 else values[0]


def _capacity(request: Item) -> Item:
    return {"ConsumedCapacity": {"CapacityUnits": 1.0}} if "ReturnConsumedCapacity" in request else {}


def _named(action: Item) -> Item:
    """What names the item of an action: its key, or the item itself."""
    named: Item = action["Key"] if "Key" in action else action["Item"]
    return named


def _bytes(item: Item) -> int:
    return sum(len(name) + _value_bytes(value) for name, value in item.items())


def _value_bytes(value: Item) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "M":
            return _bytes(content)
        case "L":
            return sum(map(_value_bytes, content))
        case "BOOL" | "NULL":
            return 1
        case _:
            return len(content)
