"""What stands in for the services that orders go to: same names, same shapes, same refusals."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from tests.doubles import Fate, Scripted, refused

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


class MemoryTopic(Scripted):
    """An SNS client with one topic."""

    def __init__(self, script: Iterable[Fate] = ()) -> None:
        super().__init__(script)
        self.published: list[dict[str, Any]] = []

    @property
    def notices(self) -> list[dict[str, Any]]:
        """What a queue that subscribes gets."""
        return [json.loads(json.loads(one["Message"])["default"]) for one in self.published]

    def publish(self, **request: Any) -> Any:
        attributes = request["MessageAttributes"].values()
        if len(request["Subject"]) > 100 or not all(one["StringValue"] for one in attributes):
            raise refused("InvalidParameter", operation="Publish")
        self.taken(1)
        self.published.append(request)
        return {"MessageId": f"message-{len(self.published)}"}


class WriteOnceBucket(Scripted):
    """An S3 client with one bucket that keeps If-None-Match."""

    def __init__(self, script: Iterable[Fate] = ()) -> None:
        super().__init__(script)
        self.objects: dict[str, dict[str, Any]] = {}

    @property
    def lines(self) -> dict[str, dict[str, Any]]:
        return {key: json.loads(one["Body"]) for key, one in sorted(self.objects.items())}

    def put_object(self, **request: Any) -> Any:
        self.taken(1)
        if request.get("IfNoneMatch") == "*" and request["Key"] in self.objects:
            raise refused("PreconditionFailed", 412, "PutObject")
        self.objects[request["Key"]] = request
        return {"ETag": '"scripted"'}

    def head_object(self, **request: Any) -> Any:
        self.taken(1)
        if request["Key"] not in self.objects:
            raise refused("404", 404, "HeadObject")
        return {"Metadata": self.objects[request["Key"]]["Metadata"]}


class MemoryStateMachines(Scripted):
    """A Step Functions client with one state machine, whose executions end at once: each name runs once."""

    def __init__(self, script: Iterable[Fate] = ()) -> None:
        super().__init__(script)
        self.executions: dict[str, dict[str, Any]] = {}

    def start_execution(self, **request: Any) -> Any:
        if not 1 <= len(request["name"]) <= 80 or set(request["name"]) & set(' <>{}[]?*"#%\\^|~`$&,;:/'):
            raise refused("InvalidName", operation="StartExecution")
        self.taken(1)
        if request["name"] in self.executions:
            raise refused("ExecutionAlreadyExists", operation="StartExecution")
        self.executions[request["name"]] = json.loads(request["input"])
        return {"executionArn": f"{request['stateMachineArn']}:{request['name']}"}
