"""Waiting for what happens elsewhere, with an end."""

import time
from collections.abc import Callable
from typing import Any


def until(condition: Callable[[], bool], seconds: float, every: float = 0.25) -> None:
    """Returns as soon as `condition` holds; fails when it does not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"nothing of the kind happened within {seconds:.0f} s"
        time.sleep(every)


def collected(collect: Callable[[], list[Any]], enough: Callable[[list[Any]], bool], seconds: float) -> list[Any]:
    """All that repeated collecting gave, as soon as it is enough; fails when it is not within `seconds`."""
    found: list[Any] = []

    def once_more() -> bool:
        found.extend(collect())
        return enough(found)

    until(once_more, seconds)
    return found
