"""Which files beside the modules a zip holds: what a program may open, and nothing that an editor or a secret left.

ours      all below the top-level package of a module reached, tests apart
theirs    what lies beside the modules of a package reached, and in its folders that hold no modules
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from tools.closure import COMPILED, TEST_FOLDERS, Shelf

MODULES = {".py", COMPILED}

# Modules are packed only where they are reached; next to them lies what they were made from, and what is left of edits.
NEVER = {*MODULES, ".pyc", ".pyo", ".pyi", ".c", ".h", ".pxd", ".pyx", ".orig", ".rej", ".bak", ".swp", ".swo", ".tmp"}


def data(shelf: Shelf, reached: Iterable[Path]) -> Iterator[Path]:
    """The data files that go with the modules `reached` of `shelf`."""
    if shelf.ours:
        packages = {path.relative_to(shelf.folder).parts[0] for path in reached if path.parent != shelf.folder}
        below = (path for package in packages for path in (shelf.folder / package).rglob("*"))
        yield from (path for path in below if is_data(path.relative_to(shelf.folder)) and path.is_file())
    else:
        for package in {path.parent for path in reached if path.name == "__init__.py"}:
            yield from _beside(package)


def _beside(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_file() and is_data(Path(path.name)):
            yield path
        elif path.is_dir() and not any(child.suffix in MODULES for child in path.rglob("*")):
            yield from _beside(path)


def is_data(path: Path) -> bool:
    """Judged by its name, from the shelf on down."""
    hidden = any(part.startswith(".") for part in path.parts)
    aside = not {"__pycache__", *TEST_FOLDERS}.isdisjoint(path.parts[:-1])
    junk = path.suffix in NEVER or path.name == "py.typed" or path.name.endswith(("~", "#"))
    return not hidden and not aside and not junk
