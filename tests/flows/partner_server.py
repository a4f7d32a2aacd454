"""A payment gateway and a carrier over HTTP: they keep idempotency keys, and have good and bad days.

    with PartnerServer(refuses=...) as partner:
        partner.url                  POST /payments, /refunds, /shipments
        with partner.overloaded():   503, nothing done
        with partner.unreachable():  connections are refused
        partner.done                 what had its effect, by idempotency key, once each

Some calls are slow, and of some the work is done while the answer gets lost: which ones, their keys decide.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, Self
from zlib import crc32

NAMES = {"/payments": "paymentId", "/refunds": "refundId", "/shipments": "shipmentId"}

SLOW_SECONDS = 0.3
ONE_IN_SLOW = 40
ONE_IN_LOST = 60

Refuses = Callable[[str, dict[str, Any]], str | None]


@dataclass(frozen=True, slots=True)
class Effect:
    """What was done for a key: `refusal` is why nothing was."""

    path: str
    sent: dict[str, Any]
    refusal: str | None


class PartnerServer:
    """`refuses` gives the reason for which a request is turned down, or None."""

    def __init__(self, refuses: Refuses = lambda path, sent: None) -> None:
        self.refuses = refuses
        self.done: dict[str, Effect] = {}
        self.calls = 0
        self._busy = False
        self._lost: set[str] = set()
        self._lock = Lock()
        self._http = self._listening(0)
        self.port = self._http.server_port
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._serve()
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    @contextmanager
    def overloaded(self) -> Iterator[None]:
        """It answers 503 and does nothing until the block ends."""
        self._busy = True
        try:
            yield
        finally:
            self._busy = False

    @contextmanager
    def unreachable(self) -> Iterator[None]:
        """Nobody listens at its address until the block ends."""
        self._end()
        try:
            yield
        finally:
            self._http = self._listening(self.port)
            self._serve()

    def effects(self, path: str) -> dict[str, dict[str, Any]]:
        """What had its effect at `path`, by order."""
        found = [effect for effect in self.done.values() if effect.path == path and effect.refusal is None]
        by_order = {effect.sent["orderId"]: effect.sent for effect in found}
        assert len(by_order) == len(found), "an order was worked on under two keys"
        return by_order

    def refused(self, path: str) -> set[str]:
        """The orders that were turned down at `path`."""
        return {one.sent["orderId"] for one in self.done.values() if one.path == path and one.refusal is not None}

    def answer(self, path: str, key: str, sent: dict[str, Any]) -> tuple[int, dict[str, str]] | None:
        """Status and body; None where the answer gets lost."""
        with self._lock:
            self.calls += 1
            if self._busy:
                return 503, {"reason": "overloaded"}
            effect = self.done.setdefault(key, Effect(path, sent, self.refuses(path, sent)))
            assert (effect.path, effect.sent) == (path, sent), f"the key {key} came with another request before"
            lost = crc32(key.encode()) % ONE_IN_LOST == 0 and key not in self._lost
            self._lost |= {key} if lost else set()
        if crc32(key.encode()) % ONE_IN_SLOW == 1:
            time.sleep(SLOW_SECONDS)
        if lost:
            return None
        return (402, {"reason": effect.refusal}) if effect.refusal else (201, {NAMES[path]: f"{NAMES[path]}-{key}"})

    def _listening(self, port: int) -> ThreadingHTTPServer:
        partner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # an answer in one piece: the second of two small ones waits for the first's receipt

            def do_POST(self) -> None:
                sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                answer = partner.answer(self.path, self.headers["Idempotency-Key"], sent)
                if answer is None:
                    self.close_connection = True
                    return
                content = json.dumps(answer[1]).encode()
                self.send_response(answer[0])
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        http = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        http.daemon_threads = True
        return http

    def _serve(self) -> None:
        Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def _end(self) -> None:
        self._http.shutdown()
        self._http.server_close()
