"""OpenSearch's `_bulk` in both directions: lines out of changes, and what became of each out of the answer.

    {"index": {"_id": "o-1", "version": 3, "version_type": "external"}}
    {"id": "o-1", "version": 3, "status": "PAID", ...}
    {"delete": {"_id": "o-2", "version": 6, "version_type": "external"}}

OpenSearch takes an external version only above the one it has: 409 says that this version or a later one is there,
which is as good. A delete of what is not there is one as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from domain.order_event import version_of

# AWS's smallest domains take 10 MiB at once.
MOST_CALL_BYTES = 5 * 1024 * 1024

# Made where it is missing. What is not named is kept and shown, but not searched: no order can fail by its fields.
INDEX: dict[str, Any] = {
    # OpenSearch forgets the version of a deleted document after this, and in a restart.
    "settings": {"index": {"gc_deletes": "1h"}},
    "mappings": {
        "dynamic": False,
        "properties": {
            **{name: {"type": "keyword"} for name in ("id", "status", "customerId", "correlationId")},
            **{name: {"type": "long"} for name in ("version", "totalCents")},
            **{name: {"type": "date"} for name in ("placedAt", "updatedAt")},
            "reason": {"type": "text"},
            "items": {
                "type": "nested",
                "properties": {
                    "sku": {"type": "keyword"},
                    "quantity": {"type": "integer"},
                    "priceCents": {"type": "long"},
                },
            },
        },
    },
}

_encode = msgspec.json.Encoder(decimal_format="number", order="deterministic").encode


@dataclass(frozen=True, slots=True)
class Action:
    """One change on its way into the index: `lines` is its part of the body."""

    order_id: str
    version: int
    lines: bytes
    is_delete: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """The index has this version; `late` if it had it, or a later one, before."""

    late: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """The index does not take it, now or, if `final`, ever."""

    reason: str
    final: bool


def index(order_id: str, image: dict[str, Any]) -> Action:
    version = version_of(image)
    return Action(order_id, version, _head("index", order_id, version) + _encode(image) + b"\n")


def delete(order_id: str, version: int) -> Action:
    return Action(order_id, version, _head("delete", order_id, version), is_delete=True)


def calls(actions: list[Action]) -> Iterator[list[Action]]:
    """The actions in as few calls as their bytes allow, in order."""
    call: list[Action] = []
    size = 0
    for action in actions:
        if call and size + len(action.lines) > MOST_CALL_BYTES:
            yield call
            call, size = [], 0
        call.append(action)
        size += len(action.lines)
    if call:
        yield call


def outcomes(answer: object, count: int) -> list[Done | Refused]:
    """What became of each of `count` actions, by an answer with status 200."""
    items = answer.get("items") if isinstance(answer, dict) else None
    if not isinstance(items, list) or len(items) != count:
        return [Refused("an answer without an item for each action", final=False)] * count
    return [_outcome(item) for item in items]


def _outcome(item: object) -> Done | Refused:
    operation, result = next(iter(item.items()), ("", None)) if isinstance(item, dict) else ("", None)
    status = result.get("status") if isinstance(result, dict) else None
    if not isinstance(status, int) or not isinstance(result, dict):
        return Refused("an item without a status", final=False)
    if status < 300:
        return Done(late=False)
    if status == 409 or (status == 404 and operation == "delete"):
        return Done(late=status == 409)
    return Refused(f"{status} {_reason(result.get('error'))}".rstrip(), final=status < 500 and status != 429)


def _reason(error: object) -> str:
    return f"{error.get('type')}: {error.get('reason')}" if isinstance(error, dict) else str(error or "")


def _head(operation: str, order_id: str, version: int) -> bytes:
    return _encode({operation: {"_id": order_id, "version": version, "version_type": "external"}}) + b"\n"
