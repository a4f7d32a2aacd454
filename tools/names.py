"""Every top-level name in a zip stands for one thing.

A function's folder comes before all else on Lambda's path: a module called `json` or `boto3` would take the place of
the runtime's own, also for those who know nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterable

from tools.closure import Shelf
from tools.rehearsal import runtime_packages
from tools.targets import RUNTIME, PackageError, Target


def refuse_clashes(actors: Iterable[str], library: Shelf, vendored: Shelf, target: Target) -> None:
    runtime = {*target.stdlib, *RUNTIME, *(path.stem for path in runtime_packages())}
    taken = dict.fromkeys(top_level(vendored), "a vendored library") | dict.fromkeys(runtime, "the Lambda runtime")
    for name in top_level(library):
        _refuse(f"lib/{name}", name, taken)
    taken |= {name: f"lib/{name}" for name in top_level(library)}
    for actor in actors:
        _refuse(f"functions/{actor}", actor, taken)


def top_level(shelf: Shelf) -> list[str]:
    return sorted({name.partition(".")[0] for name in shelf.modules})


def _refuse(place: str, name: str, taken: dict[str, str]) -> None:
    if name in taken:
        raise PackageError(f"{place} must have a name of its own; {taken[name]} has a module {name}: rename it.")
