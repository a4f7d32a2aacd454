"""Waiting for what happens elsewhere, with an end."""

import time
from collections.abc import Callable


def until(condition: Callable[[], bool], seconds: float, every: float = 0.25) -> None:
    """Returns as soon as `condition` holds; fails when it does not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"nothing of the kind happened within {seconds:.0f} s"
        time.sleep(every)
