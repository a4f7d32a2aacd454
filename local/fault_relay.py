"""The HTTP side of the fault proxy: a thread and an upstream connection for each client connection.

    client --request--> relay --verdict?--> endpoint
           <--answer---        <--answer---

Bodies are handed on as they are; a chunked request is put together first, a chunked answer is streamed (a
subscription to a shard has no end to wait for).
"""

from __future__ import annotations

import json
import shutil
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from http.client import HTTPConnection, HTTPException, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from local.aws_call import Call, identify
from local.fault_answers import Answer, broken, throttled
from local.fault_batches import batch_of
from local.faults import Delay, Injected, Partial, Reset, ServerError, Throttle, refused

# Between two neighbours only, never handed on.
HOP_BY_HOP = frozenset({"connection", "expect", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding"})
REFRAMED = HOP_BY_HOP | {"content-length"}
# What a changed body makes untrue.
OF_THE_BODY = REFRAMED | {"x-amz-crc32"}

CONTENT_HASH = "x-amz-content-sha256"

IDLE_SECONDS = 20.0  # well under MiniStack's 75: a connection it may just have closed is not used again
UPSTREAM_SECONDS = 900.0  # the longest a function may run
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class NoAnswerError(Exception):
    """The endpoint behind the proxy did not answer."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came, its body complete."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def by_name(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.headers}

    def with_body(self, body: bytes) -> Request:
        """Another body under the same signature, which then names the hash of the one it was made for."""
        signed = () if CONTENT_HASH in self.by_name else ((CONTENT_HASH, sha256(self.body).hexdigest()),)
        return replace(self, headers=(*self.headers, *signed), body=body)


class Relay(ThreadingHTTPServer):
    """Listens on a free port of 127.0.0.1; asks `verdict` about every call, tells `passed` which went upstream."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        upstream: tuple[str, int],
        verdict: Callable[[Call], Injected | None],
        passed: Callable[[Call], None],
        seed: int,
    ) -> None:
        self.upstream = upstream
        self.verdict = verdict
        self.passed = passed
        self.seed = seed
        self.closing = threading.Event()
        self._connections: set[socket.socket] = set()
        self._resets: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Connection)

    def reset(self, connection: socket.socket) -> None:
        """Close this connection, once its handler is done, with a reset instead of a farewell."""
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        self._resets.add(connection)

    def end(self) -> None:
        """Stop listening; delayed requests and idle connections end at once."""
        self.closing.set()
        self.shutdown()
        for connection in list(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        if request in self._resets:
            self._resets.discard(request)
            self.close_request(request)
        else:
            super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A client that went away is no news; anything else is a defect of ours and must be seen.
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16  # head and body of a small answer leave together
    server: Relay

    def setup(self) -> None:
        super().setup()
        self._upstream = HTTPConnection(*self.server.upstream, timeout=UPSTREAM_SECONDS)
        self._last_used = 0.0

    def finish(self) -> None:
        self._upstream.close()
        super().finish()

    def log_message(self, *_: Any) -> None:
        """The test reads what happened from the proxy, not from a log."""

    def handle_expect_100(self) -> bool:
        super().handle_expect_100()
        self.wfile.flush()
        return True

    def relay(self) -> None:
        request = Request(self.command, self.path, tuple(self.headers.items()), self._body())
        call = identify(request.method, request.target, request.by_name, request.body)
        injected = self.server.verdict(call)
        try:
            self._act(call, request, injected)
        except NoAnswerError as error:
            self._send(Answer(502, json.dumps({"message": str(error)}).encode(), {"Content-Type": "application/json"}))

    do_DELETE = do_GET = do_HEAD = do_OPTIONS = do_PATCH = do_POST = do_PUT = relay  # noqa: N815

    def _act(self, call: Call, request: Request, injected: Injected | None) -> None:
        match injected and injected.fault:
            case None:
                self._pass_on(call, request)
            case Delay(seconds):
                self.server.closing.wait(seconds)
                self._pass_on(call, request)
            case Throttle(code):
                self._send(throttled(call, code))
            case ServerError(status, applied):
                if applied:
                    self._fetch(call, request).read()
                self._send(broken(call, status))
            case Reset(applied):
                if applied:
                    self._fetch(call, request).read()
                self.close_connection = True
                self.server.reset(self.connection)
            case Partial() if injected:
                self._send(self._in_part(call, request, injected))

    def _pass_on(self, call: Call, request: Request) -> None:
        response = self._fetch(call, request)
        self.send_response_only(response.status, response.reason)
        self._headers(response.getheaders(), without=HOP_BY_HOP)
        if response.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif response.length is None:  # its end is the end of the connection
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        if not response.chunked:
            shutil.copyfileobj(response, self.wfile)
            return
        while chunk := response.read1(1 << 16):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")

    def _in_part(self, call: Call, request: Request, injected: Injected) -> Answer:
        batch = batch_of(call, json.loads(request.body))
        entries = refused(injected, batch.size, self.server.seed)
        if len(entries) < batch.size:
            response = self._fetch(call, request.with_body(json.dumps(batch.without(entries)).encode()))
            accepted = response.read()
            if response.status != 200:
                return Answer(response.status, accepted, dict(response.getheaders()))
            headers = {name: value for name, value in response.getheaders() if name.lower() not in OF_THE_BODY}
            return Answer(200, json.dumps(batch.answer(json.loads(accepted), entries)).encode(), headers)
        if call.service == "dynamodb":
            return throttled(call)  # a batch of which nothing was processed is an error there
        content_type = {"Content-Type": request.by_name.get("content-type", "application/x-amz-json-1.1")}
        return Answer(200, json.dumps(batch.answer({}, entries)).encode(), content_type)

    def _fetch(self, call: Call, request: Request) -> HTTPResponse:
        self.server.passed(call)
        if time.monotonic() - self._last_used > IDLE_SECONDS:
            self._upstream.close()
        try:
            return self._exchange(request)
        except (OSError, HTTPException) as error:
            self._upstream.close()
            host, port = self.server.upstream
            raise NoAnswerError(f"the fault proxy got no answer from http://{host}:{port}: {error!r}") from error

    def _exchange(self, request: Request) -> HTTPResponse:
        self._upstream.putrequest(request.method, request.target, skip_host=True, skip_accept_encoding=True)
        for name, value in request.headers:
            if name.lower() not in REFRAMED:
                self._upstream.putheader(name, value)
        if request.body or request.method in ("PATCH", "POST", "PUT"):
            self._upstream.putheader("Content-Length", str(len(request.body)))
        self._upstream.endheaders(request.body or None)
        response = self._upstream.getresponse()
        self._last_used = time.monotonic()
        return response

    def _send(self, answer: Answer) -> None:
        self.send_response_only(answer.status)
        self._headers(answer.headers.items(), without=REFRAMED)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def _headers(self, headers: Iterable[tuple[str, str]], without: frozenset[str]) -> None:
        for name, value in headers:
            if name.lower() not in without:
                self.send_header(name, value)

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = bytearray()
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():  # trailers: botocore's checksum comes inside the body instead
            pass
        return bytes(body)
