"""What is told while Terraform makes the stack: how long it has taken, and how much is there already."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

EVERY_SECONDS = 10.0


@contextmanager
def telling(line: Callable[[], str], tell: Callable[[str], None]) -> Iterator[None]:
    """Tells the line every so often until the block ends."""
    over = threading.Event()
    teller = threading.Thread(target=tell_until, args=(over.wait, line, tell), name="teller", daemon=True)
    teller.start()
    try:
        yield
    finally:
        over.set()
        teller.join()


def tell_until(
    wait: Callable[[float], bool],
    line: Callable[[], str],
    tell: Callable[[str], None],
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """`wait` says whether it is over, at the latest after so many seconds."""
    begun = clock()
    while not wait(EVERY_SECONDS):
        tell(f"{clock() - begun:.0f} s: {line()}")


def made(state: Path) -> int:
    """How many resources Terraform has noted down. It does so now and then: there may be more."""
    try:
        noted = json.loads(state.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):  # a state begins empty
        return 0
    resources = noted.get("resources", [])
    return sum(len(resource["instances"]) for resource in resources if resource["mode"] == "managed")


def progress(state: Path) -> str:
    count = made(state)
    return f"{count} resources and more are made" if count else "Terraform is at work"
