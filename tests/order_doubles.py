"""What stands in for the services that orders go to: same names, same shapes, same refusals."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from tests.doubles import Scripted, refused

# What one PutEvents comes to: all is taken, all but the entries at these places is, or it raises.
BusFate = set[int] | Exception | None


class MemoryBus(Scripted):
    """An EventBridge client. Entries that a script names fail with `code`, and the others of their call do not."""

    def __init__(self, script: Iterable[BusFate] = (), code: str = "ThrottlingException") -> None:
        super().__init__()
        self.fates: Iterator[BusFate] = iter(script)
        self.code = code
        self.entries: list[dict[str, Any]] = []
        self.bytes: list[int] = []

    @property
    def details(self) -> list[dict[str, Any]]:
        return [json.loads(entry["Detail"]) for entry in self.entries]

    def put_events(self, **request: Any) -> Any:
        entries = request["Entries"]
        size = sum(map(_bytes, entries))
        if not 1 <= len(entries) <= 10 or size >= 256 * 1024:
            raise refused("ValidationException", operation="PutEvents")
        self.taken(len(entries))
        fate = next(self.fates, None)
        if isinstance(fate, Exception):
            raise fate
        failed = fate or set()
        self.bytes.append(size)
        self.entries += [entry for place, entry in enumerate(entries) if place not in failed]
        results = [
            {"ErrorCode": self.code, "ErrorMessage": "scripted"} if place in failed else {"EventId": f"event-{place}"}
            for place in range(len(entries))
        ]
        return {"FailedEntryCount": len(failed), "Entries": results}


def _bytes(entry: dict[str, Any]) -> int:
    """An entry's size by EventBridge's published rules."""
    texts = (entry["Source"], entry["DetailType"], entry["Detail"], *entry.get("Resources", []))
    return sum(len(text.encode()) for text in texts) + (14 if "Time" in entry else 0)
