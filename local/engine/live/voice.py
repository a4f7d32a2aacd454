"""What a person is told: once where once is enough, as plain lines, and with --follow everything as it happens."""

from __future__ import annotations

from collections.abc import Callable


class Voice:
    def __init__(self, write: Callable[[str], None], *, follows: bool = False) -> None:
        self.write = write
        self.follows = follows
        self.said: dict[str, str] = {}

    def tell(self, text: str) -> None:
        self.write(text)

    def once(self, about: str, kind: str, text: str) -> None:
        """Say it unless the last thing said about this was of the same kind; texts differ by request ids."""
        if self.said.get(about) != kind:
            self.said[about] = kind
            self.write(text)

    def over(self, about: str, text: str) -> None:
        """What was said about this is no longer true; `text` tells so, if anything was said."""
        if self.said.pop(about, None) is not None:
            self.write(text)

    def has_told(self, about: str) -> bool:
        """Something was said about this, and is not over."""
        return about in self.said

    def forget(self, about: str) -> None:
        """What was said about this is of something else; the next word about it is a first one."""
        self.said.pop(about, None)

    def follow(self, text: Callable[[], str]) -> None:
        """A line of --follow; it is not even made without."""
        if self.follows:
            self.write(text())
