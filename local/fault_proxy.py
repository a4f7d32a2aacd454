"""An AWS that fails on demand: a reverse proxy on 127.0.0.1 in front of the endpoint.

    with FaultProxy(endpoint.url, seed=7) as proxy:
        tables = client("dynamodb", proxy.url)
        with proxy.faults(Rule(Throttle(), "dynamodb", "PutItem", times=2)):
            tables.put_item(...)                    refused twice, retried, then stored
        assert len(proxy.injected) == 2

Functions reach it by AWS_ENDPOINT_URL: see local/detour.py. What no rule matches passes unchanged, its Host header
included. A partly refused batch goes upstream shorter, under its caller's signature: the header that names the hash of
what was signed satisfies an emulator, and the caller's own permissions still decide.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from local.aws_call import Call
from local.fault_relay import Relay
from local.faults import Injected, Rule, Tally, decide


@dataclass(slots=True, eq=False)
class _Tallied:
    rules: tuple[Rule, ...]
    tallies: tuple[Tally, ...]


class FaultProxy:
    """A proxy that listens at `url` while its block runs, and injects faults by rule."""

    def __init__(self, endpoint: str, rules: Sequence[Rule] = (), seed: int = 0) -> None:
        parts = urlsplit(endpoint)
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError(f'endpoint must look like http://127.0.0.1:4566; got "{endpoint}".')
        self._seed = seed
        self._lock = threading.Lock()
        self._in_force = [_fresh(rules)]
        self._injected: list[Injected] = []
        self._passed: Counter[tuple[str, str]] = Counter()
        self._relay = Relay((parts.hostname, parts.port or 80), self._verdict, self._count, seed)
        self._thread = threading.Thread(target=self._relay.serve_forever, args=(0.02,), name="fault-proxy", daemon=True)

    def __enter__(self) -> FaultProxy:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._relay.end()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._relay.server_port}"

    @property
    def injected(self) -> tuple[Injected, ...]:
        """The faults so far, in the order they were decided."""
        with self._lock:
            return tuple(self._injected)

    @property
    def passed(self) -> Counter[tuple[str, str]]:
        """How many calls went upstream, whole or in part, by service and operation."""
        with self._lock:
            return self._passed.copy()

    @contextmanager
    def faults(self, *rules: Rule) -> Iterator[None]:
        """These rules too, before all others, until the block ends. They start counting at nothing."""
        added = _fresh(rules)
        with self._lock:
            self._in_force.insert(0, added)
        try:
            yield
        finally:
            with self._lock:
                self._in_force.remove(added)

    def _verdict(self, call: Call) -> Injected | None:
        with self._lock:
            for tallied in self._in_force:
                injected, tallied.tallies = decide(call, tallied.rules, tallied.tallies, self._seed)
                if injected:
                    self._injected.append(injected)
                    return injected
        return None

    def _count(self, call: Call) -> None:
        with self._lock:
            self._passed[call.service, call.operation] += 1


def _fresh(rules: Sequence[Rule]) -> _Tallied:
    return _Tallied(tuple(rules), (Tally(),) * len(rules))
