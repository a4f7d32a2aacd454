"""One bounded POST: over TLS that is verified, within a deadline, with an answer of bearable size, redirects untouched.

http.client alone has a timeout per read, so a server that sends a byte now and then holds its caller for ever. Here the
deadline is of the whole answer.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, IncompleteRead
from ssl import SSLContext, create_default_context
from typing import Any
from urllib.parse import urlsplit

CONNECT_SECONDS = 2.0
MOST_ANSWER_BYTES = 64 * 1024

# What a call may raise when the world, not the caller, is at fault. TLS errors and timeouts are OSErrors.
POST_ERRORS = (OSError, HTTPException)


class UrlError(ValueError):
    """The address is none that anything may be sent to."""


class AnswerTooLargeError(HTTPException):
    """The answer does not end where answers do."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a service is reached: its host, and the path before that of each call."""

    secure: bool
    host: str
    port: int
    path: str


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes


def address(name: str, url: str) -> Address:
    """The address in `url`, which the setting `name` holds; an error does not repeat what may be secret."""
    rule = f"{name} must be https://host[:port][/path], or http:// to 127.0.0.1"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise UrlError(f"{rule}; got one that cannot be read: {error}; correct it in the environment") from error
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise UrlError(f"{rule}; got one with a user, a query or a fragment; a URL is no place for secrets")
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and host == "127.0.0.1")):
        raise UrlError(f"{rule}; got {parts.scheme or 'no scheme'} to {host or 'no host'}; correct it")
    secure = parts.scheme == "https"
    return Address(secure, host, port or (443 if secure else 80), parts.path.rstrip("/"))


def post(
    to: Address,
    path: str,
    body: bytes,
    headers: Mapping[str, str],
    seconds: float,
    trust: Callable[[], SSLContext] = create_default_context,
    clock: Callable[[], float] = time.monotonic,
) -> Answer:
    """The answer to `body`, whatever its status; raises one of POST_ERRORS when there is none within `seconds`."""
    deadline = clock() + seconds
    connection = _connection(to, min(CONNECT_SECONDS, seconds), trust)
    try:
        connection.connect()
        connection.sock.settimeout(_left(deadline, clock))
        connection.request("POST", f"{to.path}{path}", body, {**headers, "Connection": "close"})
        socket: Any = _Deadlined(connection.sock, deadline, clock)
        with HTTPResponse(socket, method="POST") as response:
            response.begin()
            answer = response.read(MOST_ANSWER_BYTES + 1)
            if len(answer) > MOST_ANSWER_BYTES:
                raise AnswerTooLargeError(f"an answer may have {MOST_ANSWER_BYTES} bytes; this one has more")
            if response.length:
                raise IncompleteRead(answer, response.length)
            return Answer(response.status, answer)
    finally:
        connection.close()


def _connection(to: Address, seconds: float, trust: Callable[[], SSLContext]) -> HTTPConnection:
    if to.secure:
        return HTTPSConnection(to.host, to.port, timeout=seconds, context=trust())
    return HTTPConnection(to.host, to.port, timeout=seconds)


def _left(deadline: float, clock: Callable[[], float]) -> float:
    left = deadline - clock()
    if left <= 0:
        raise TimeoutError("the time for the call is over")
    return left


class _Deadlined(io.RawIOBase):
    """The reading half of a socket, every read of which ends by the deadline."""

    def __init__(self, socket: Any, deadline: float, clock: Callable[[], float]) -> None:
        self.socket = socket
        self.deadline = deadline
        self.clock = clock

    def makefile(self, mode: str) -> io.BufferedReader:
        assert mode == "rb"
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self.socket.settimeout(_left(self.deadline, self.clock))
        return int(self.socket.recv_into(buffer))
