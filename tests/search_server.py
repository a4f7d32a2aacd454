"""An HTTP server that keeps OpenSearch's rules of `_bulk` and external versions, as its documentation has them.

    with SearchServer() as search:
        search.url
        search.documents["o-1"]     what is found
        search.script               statuses that the next calls are answered with, before they do anything

No OpenSearch was at hand to compare it with.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Self


class SearchServer:
    """One index. Versions of deleted documents are remembered for ever, where OpenSearch forgets them in time."""

    def __init__(self) -> None:
        self.documents: dict[str, dict[str, Any]] = {}
        self.versions: dict[str, int] = {}
        self.indices: dict[str, Any] = {}
        self.requests: list[tuple[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.connections: set[int] = set()
        self.script: list[int] = []
        self.refused: dict[str, int] = {}  # id -> status that its next action has
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # an answer in one piece: the second of two small ones waits for the first's receipt

            def do_POST(self) -> None:
                server.answer(self)

            def do_PUT(self) -> None:
                server.answer(self)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    def __enter__(self) -> Self:
        Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.http.shutdown()
        self.http.server_close()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["Content-Length"]))
        self.requests.append((request.command, request.path))
        self.headers.append(dict(request.headers.items()))
        self.connections.add(request.client_address[1])
        status, told = self._told(request.command, request.path.strip("/").split("/"), body)
        content = json.dumps(told).encode()
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)

    def _told(self, method: str, path: list[str], body: bytes) -> tuple[int, Any]:
        if self.script and (status := self.script.pop(0)):
            return status, {"error": {"type": "scripted", "reason": "scripted"}, "status": status}
        match method, path:
            case "PUT", [index] if index in self.indices:
                reason = f"index [{index}] already exists"
                return 400, {"error": {"type": "resource_already_exists_exception", "reason": reason}, "status": 400}
            case "PUT", [index]:
                self.indices[index] = json.loads(body)
                return 200, {"acknowledged": True, "index": index}
            case "POST", [_, "_bulk"] if body.endswith(b"\n"):
                items = list(self._items(iter(body.decode().splitlines())))
                errors = any("error" in result for item in items for result in item.values())
                return 200, {"took": 1, "errors": errors, "items": items}
        return 400, {"error": {"type": "illegal_argument_exception", "reason": "no such request"}, "status": 400}

    def _items(self, lines: Iterator[str]) -> Iterator[dict[str, Any]]:
        for line in lines:
            ((operation, about),) = json.loads(line).items()
            document = json.loads(next(lines)) if operation == "index" else None
            yield {operation: {"_id": about["_id"], **self._done(about, document)}}

    def _done(self, about: dict[str, Any], document: dict[str, Any] | None) -> dict[str, Any]:
        name, version = about["_id"], about["version"]
        if about["version_type"] != "external" or not isinstance(version, int):
            return {"status": 400, "error": {"type": "illegal_argument_exception", "reason": "no external version"}}
        if status := self.refused.pop(name, 0):
            return {"status": status, "error": {"type": "scripted", "reason": "scripted"}}
        if version <= self.versions.get(name, 0):
            reason = f"[{name}]: version conflict, current version [{self.versions[name]}] is higher or equal"
            return {"status": 409, "error": {"type": "version_conflict_engine_exception", "reason": reason}}
        self.versions[name] = version
        found = self.documents.pop(name, None)
        if document is None:
            result = "deleted" if found else "not_found"
            return {"_version": version, "result": result, "status": 200 if found else 404}
        self.documents[name] = document
        return {"_version": version, "result": "updated" if found else "created", "status": 200 if found else 201}
