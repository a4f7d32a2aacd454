"""A picture that stays: drawn again and again in place on a terminal, one below the other anywhere else."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping
from typing import TextIO

from ops.revenue import ASCII, BLOCKS, Screen

# A screen of its own, without a cursor; what was there before comes back at the end.
ENTER, LEAVE = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"
HOME, CLEAR_LINE, CLEAR_BELOW = "\x1b[H", "\x1b[K", "\x1b[J"

Picture = Callable[[Screen], list[str]]


def is_terminal(out: TextIO, environment: Mapping[str, str]) -> bool:
    return out.isatty() and environment.get("TERM", "dumb") != "dumb"


def screen_of(out: TextIO, environment: Mapping[str, str]) -> Screen:
    """What a picture may take: all of a terminal, elsewhere as many lines as there are."""
    columns, lines = shutil.get_terminal_size()
    bars = BLOCKS if can_write(out, BLOCKS) else ASCII
    return Screen(columns, lines - 1, bars) if is_terminal(out, environment) else Screen(bars=bars)


def can_write(out: TextIO, text: str) -> bool:
    try:
        text.encode(out.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def show(picture: Picture, out: TextIO, environment: Mapping[str, str]) -> None:
    """The picture, once."""
    out.write("\n".join(picture(screen_of(out, environment))) + "\n")


def keep_showing(
    picture: Picture,
    seconds: float,
    out: TextIO,
    environment: Mapping[str, str],
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """The picture, every so many seconds, until somebody interrupts."""
    in_place = is_terminal(out, environment)
    out.write(ENTER if in_place else "")
    try:
        while True:
            lines = picture(screen_of(out, environment))
            out.write(_over(lines) if in_place else "\n".join([*lines, "", ""]))
            out.flush()
            sleep(seconds)
    except KeyboardInterrupt:
        return
    finally:
        out.write(LEAVE if in_place else "")
        out.flush()


def _over(lines: list[str]) -> str:
    """Line over line: a screen cleared first would flicker."""
    return HOME + "".join(f"{line}{CLEAR_LINE}\n" for line in lines) + CLEAR_BELOW
