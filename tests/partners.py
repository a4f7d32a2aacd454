"""A payment gateway or a carrier in memory, as reliable or unreliable as its script says."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from streamkit.https import Address, Answer

# What becomes of a request: it is answered, it fails before or after it was worked on, or it is still being worked on.
Fortune = str
FORTUNES: tuple[Fortune, ...] = (
    "500 before",
    "500 after",
    "timeout before",
    "timeout after",
    "409 before",
    "409 after",
)

# The process ends before or after the partner has done its work.
DEATHS: tuple[Fortune, ...] = ("killed before", "killed after")


@dataclass
class MemoryPartner:
    """A gateway or carrier that keeps idempotency keys: what it did once for a key it answers again, and no more."""

    refusing: Callable[[dict[str, Any]], bool] = lambda body: False
    fortunes: Iterable[Fortune | None] = ()
    before: Callable[[str, dict[str, Any]], None] = lambda path, body: None
    done: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)  # by key: what had its effect, and where
    asked: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.fortune = iter(self.fortunes)

    def post(self, to: Address, path: str, body: bytes, headers: Mapping[str, str], seconds: float) -> Answer:
        sent, key = json.loads(body), headers["Idempotency-Key"]
        self.before(path, sent)
        self.asked.append((path, key))
        fortune = next(self.fortune, None)
        if not fortune or fortune.endswith("after"):
            answer = self._worked_on(path, key, sent)
        if not fortune:
            return answer
        if fortune.startswith("killed"):
            raise RuntimeError("killed")
        if fortune.startswith("timeout"):
            raise TimeoutError
        return Answer(int(fortune[:3]), b"")

    def _worked_on(self, path: str, key: str, sent: dict[str, Any]) -> Answer:
        standing = self.done.setdefault(key, (path, sent))
        assert standing == (path, sent), "a key stands for one request"
        if path != "/refunds" and self.refusing(sent):
            return Answer(402, b'{"reason": "declined"}')
        name = {"/payments": "paymentId", "/refunds": "refundId", "/shipments": "shipmentId"}[path]
        return Answer(201, json.dumps({name: f"{name}-{key}"}).encode())

    def cents(self, path: str) -> int:
        """All the money that moved."""
        done = [sent for where, sent in self.done.values() if where == path]
        return sum(sent["amountCents"] for sent in done if path == "/refunds" or not self.refusing(sent))
