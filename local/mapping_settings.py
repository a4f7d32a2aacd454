"""Keeps what MiniStack drops from an event source mapping, so that its Lambda API answers as AWS's does.

MiniStack runs no tumbling windows, takes no fan-out consumer and has no defaults of a stream, and forgets what it was
told of them; Terraform then keeps zeros where it set values, and whoever runs the mapping cannot know. Here create and
update requests are remembered as they pass, and every answer that shows a mapping is completed.

    create {EventSourceArn: .../consumer/c, TumblingWindowInSeconds: 60}   MiniStack sees the consumer's stream
    get    {EventSourceArn: .../consumer/c, TumblingWindowInSeconds: 60, MaximumRetryAttempts: -1, ...}
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

Scope = dict[str, Any]
Channel = Callable[..., Awaitable[Any]]
App = Callable[[Scope, Channel, Channel], Awaitable[None]]
Fields = dict[str, Any]

PATH = re.compile(r"/2015-03-31/event-source-mappings(/(?P<uuid>[^/]+))?/?")
DROPPED = (
    "TumblingWindowInSeconds",
    "MetricsConfig",
    "StartingPositionTimestamp",
    "ProvisionedPollerConfig",
    "KMSKeyArn",
)

# What AWS answers for a stream where the request says nothing.
STREAM_DEFAULTS: Fields = {
    "BatchSize": 100,
    "BisectBatchOnFunctionError": False,
    "DestinationConfig": {"OnFailure": {}},
    "MaximumRecordAgeInSeconds": -1,
    "MaximumRetryAttempts": -1,
    "ParallelizationFactor": 1,
}


class MappingSettings:
    """An ASGI application around MiniStack's; everything but mappings passes untouched."""

    def __init__(self, served: App) -> None:
        self.served = served
        self.kept: dict[str, Fields] = {}

    async def __call__(self, scope: Scope, receive: Channel, send: Channel) -> None:
        match = PATH.fullmatch(scope.get("path", "")) if scope["type"] == "http" else None
        if match is None:
            await self.served(scope, receive, send)
            return
        asked = _fields(await _body(receive)) if scope["method"] in ("POST", "PUT") else {}
        kept = {name: asked[name] for name in DROPPED if name in asked}
        if scope["method"] == "POST":
            asked, kept = _completed(asked, kept)
        answer = _Answer()
        content = json.dumps(asked).encode() if asked else b""
        await self.served(_with_length(scope, content), _once(content), answer.take)
        await answer.send(send, self._complete(scope["method"], match["uuid"], kept, answer))

    def _complete(self, method: str, uuid: str | None, kept: Fields, answer: _Answer) -> bytes:
        shown = _fields(answer.body)
        if answer.status >= 300 or not shown:
            return answer.body
        listed = shown.get("EventSourceMappings")
        if listed is not None:
            return json.dumps(
                {**shown, "EventSourceMappings": [{**each, **self._of(each)} for each in listed]}
            ).encode()
        uuid = str(shown.get("UUID", uuid))
        if kept:
            self.kept[uuid] = {**self.kept.get(uuid, {}), **kept}
        shown |= self._of(shown)
        if method == "DELETE":
            self.kept.pop(uuid, None)
        return json.dumps(shown).encode()

    def _of(self, mapping: Fields) -> Fields:
        return self.kept.get(str(mapping.get("UUID")), {})


def _completed(asked: Fields, kept: Fields) -> tuple[Fields, Fields]:
    """The request as MiniStack should see it, and what to remember of it."""
    source = str(asked.get("EventSourceArn", ""))
    if ":kinesis:" not in source and ":dynamodb:" not in source:
        return asked, kept
    stream = source.partition("/consumer/")[0]
    if stream != source:
        kept = {**kept, "EventSourceArn": source}
    return {**STREAM_DEFAULTS, **asked, "EventSourceArn": stream}, {"TumblingWindowInSeconds": 0, **kept}


def _fields(body: bytes) -> Fields:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


async def _body(receive: Channel) -> bytes:
    body = b""
    while True:
        message: Fields = await receive()
        part: bytes = message.get("body", b"")
        body += part
        if not message.get("more_body"):
            return body


def _once(content: bytes) -> Channel:
    async def receive() -> Fields:
        return {"type": "http.request", "body": content, "more_body": False}

    return receive


def _with_length(scope: Scope, content: bytes) -> Scope:
    headers = [(name, value) for name, value in scope["headers"] if name.lower() != b"content-length"]
    return {**scope, "headers": [*headers, (b"content-length", str(len(content)).encode())]}


class _Answer:
    """An answer held back until it is whole."""

    def __init__(self) -> None:
        self.start: Fields = {}
        self.body = b""

    @property
    def status(self) -> int:
        return int(self.start.get("status", 500))

    async def take(self, message: Fields) -> None:
        if message["type"] == "http.response.start":
            self.start = message
        else:
            self.body += message.get("body", b"")

    async def send(self, send: Channel, body: bytes) -> None:
        headers = [(name, value) for name, value in self.start["headers"] if name.lower() != b"content-length"]
        await send({**self.start, "headers": [*headers, (b"content-length", str(len(body)).encode())]})
        await send({"type": "http.response.body", "body": body})
