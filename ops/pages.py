"""Answers that DynamoDB gives in pages, as one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from streamkit.changes import item


def items(call: Callable[..., Any], **request: Any) -> Iterator[Mapping[str, Any]]:
    """Every item that a query or a scan finds, in plain Python."""
    while True:
        answer = call(**request)
        yield from map(item, answer["Items"])
        if "LastEvaluatedKey" not in answer:
            return
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
