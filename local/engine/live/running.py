"""An engine for as long as a block of code: for tests, and for programs that bring their own endpoint."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local.engine.live.engine import Engine, EngineError


@contextmanager
def running_engine(
    endpoint: str, state: Path | None = None, ready_seconds: float = 60.0, **more: Any
) -> Iterator[Engine]:
    """An engine in a thread of its own, reading by the time the block begins; drained and given back after it."""
    engine = Engine(endpoint, state, **more)
    raised: list[BaseException] = []

    def run() -> None:
        try:
            engine.run()
        except BaseException as error:  # noqa: BLE001  handed to whoever waits
            raised.append(error)
        finally:
            engine.ready.set()

    thread = threading.Thread(target=run, name="engine", daemon=True)
    thread.start()
    try:
        if not engine.ready.wait(ready_seconds):
            raise EngineError(f"the engine was not ready after {ready_seconds:.0f} s")
        if raised:
            raise raised[0]
        yield engine
    finally:
        engine.stop()
        thread.join()
    if raised:
        raise raised[0]
