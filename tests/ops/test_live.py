"""Pictures on a terminal and elsewhere."""

import io
import os
import pty

import pytest

from ops.live import ENTER, HOME, LEAVE, is_terminal, keep_showing, screen_of, show
from ops.revenue import ASCII, BLOCKS, Screen

XTERM = {"TERM": "xterm"}


class Terminal(io.StringIO):
    """A terminal that keeps what was written to it."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


class File(io.StringIO):
    """What output is redirected to."""

    encoding = "ascii"


def picture(screen: Screen) -> list[str]:
    return ["one", "two"]


class Interrupted:
    """Somebody who watches a few pictures and then presses Ctrl-C."""

    def __init__(self, pictures: int) -> None:
        self.left = pictures

    def __call__(self, seconds: float) -> None:
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt


def test_a_terminal_shows_one_picture_over_the_other_and_is_left_as_it_was():
    out = Terminal()
    keep_showing(picture, 1.0, out, XTERM, Interrupted(2))
    once = f"{HOME}one\x1b[K\ntwo\x1b[K\n\x1b[J"
    assert out.getvalue() == ENTER + once + once + LEAVE


def test_a_terminal_is_left_as_it_was_also_after_a_failure():
    out = Terminal()
    with pytest.raises(ZeroDivisionError):
        keep_showing(lambda screen: [str(1 // 0)], 1.0, out, XTERM, Interrupted(1))
    assert out.getvalue() == ENTER + LEAVE


@pytest.mark.parametrize(("out", "environment"), [(File(), XTERM), (Terminal(), {"TERM": "dumb"}), (Terminal(), {})])
def test_elsewhere_pictures_follow_each_other_as_plain_text(out, environment):
    keep_showing(picture, 1.0, out, environment, Interrupted(2))
    assert out.getvalue() == "one\ntwo\n\none\ntwo\n\n"


def test_once_is_plain_anywhere():
    out = Terminal()
    show(picture, out, XTERM)
    assert out.getvalue() == "one\ntwo\n"


def test_bars_are_drawn_with_what_the_output_can_write():
    assert [screen_of(out, XTERM).bars for out in (Terminal(), File())] == [BLOCKS, ASCII]


def test_only_a_terminal_has_an_end_of_lines(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "24")
    assert screen_of(Terminal(), XTERM) == Screen(80, 23)
    assert screen_of(File(), XTERM).lines > 1_000


def test_a_real_terminal_is_one():
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as out, os.fdopen(ours):
        assert is_terminal(out, XTERM)
