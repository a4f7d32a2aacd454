"""Folders that several processes write to: made where they are missing, and held by one at a time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class FolderError(Exception):
    """A folder that cannot be made; the text says what to do."""


def make_folder(path: Path) -> None:
    """The folder is there afterwards."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        in_the_way = next(place for place in (path, *path.parents) if os.path.lexists(place))
        raise FolderError(f"{path} must be a folder; {in_the_way} is a file: move it away.") from None


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Whoever asks for the same folder meanwhile waits, in this process or another; a killed holder lets go."""
    make_folder(path)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
