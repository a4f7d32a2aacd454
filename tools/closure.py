"""Which modules a program needs: everything its entry may import, followed from file to file.

trip_writer.handler ──> streamkit.kpl ──> google.protobuf ──> google._upb._message
        │
        └──> boto3          provided: the Lambda runtime brings it
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass, field
from functools import cached_property
from importlib.util import decode_source
from pathlib import Path

from tools.imports import Import, Source, compiled_imports, imports, may_define
from tools.targets import PackageError

COMPILED = ".so"
TEST_FOLDERS = {"test", "tests", "testing"}


@dataclass(frozen=True)
class Shelf:
    """A folder of importable code; `ours` tells this repository's own from other people's.

    `only`: the one top-level package that may be taken from it.
    """

    folder: Path
    ours: bool
    only: str = ""

    @cached_property
    def modules(self) -> dict[str, Path]:
        """Dotted name -> file; of the same name Python takes a package first, then what is compiled."""
        files = [path for path in (self.folder / self.only).rglob("*") if _is_module(path)]
        by_precedence = sorted(files, key=lambda path: (path.stem == "__init__", path.suffix == COMPILED, path))
        return {dotted(path.relative_to(self.folder)): path for path in by_precedence}


@dataclass(frozen=True, slots=True)
class Missing:
    """A required import that nothing satisfies."""

    importer: str
    line: int
    name: str


@dataclass(frozen=True, slots=True)
class Closure:
    """The file of every module reached, by its dotted name, and what could not be found."""

    modules: dict[str, Path] = field(default_factory=dict)
    missing: list[Missing] = field(default_factory=list)


def closure(entry: str, shelves: Iterable[Shelf], provides: Callable[[str], bool], python: tuple[int, int]) -> Closure:
    """All that `entry` may import from the shelves; `provides` tells of a module whether the runtime brings it.

    What could never be imported is left out with all that only it needs: an integration with a library that is not
    here fails on its first line, packed or not.
    """
    stock = _Stock({name: shelf for shelf in shelves for name in shelf.modules}, provides, python)
    return _reach(entry, stock, avoided=_unimportable(_reach(entry, stock, avoided=frozenset()).modules, stock))


def _reach(entry: str, stock: _Stock, avoided: Set[str]) -> Closure:
    result = Closure()
    required: dict[str, bool] = {}
    waiting = [(name, True) for name in (*parents(entry), entry) if name in stock.shelf_of]
    while waiting:
        name, needed = waiting.pop()
        if name in required and required[name] >= needed:
            continue
        required[name] = needed
        result.modules[name] = stock.path(name)
        for wanted in stock.wanted(name):
            needs = needed and wanted.required
            steps = [part for part in (*parents(wanted.name), wanted.name) if part in stock.shelf_of]
            if needs or avoided.isdisjoint(steps):
                waiting += [(step, needs) for step in steps]
            if needs and not stock.may_have(wanted):
                result.missing.append(Missing(name, wanted.line, wanted.name))
    return result


def _unimportable(modules: Iterable[str], stock: _Stock) -> Set[str]:
    """Those that cannot be imported: what they need is not there, or cannot be imported itself."""
    needs = {
        name: {wanted.name for wanted in stock.wanted(name) if wanted.required and wanted.certain} | {*parents(name)}
        for name in modules
    }
    broken: set[str] = set()
    while True:
        found = {name for name, names in needs.items() if any(need in broken or not stock.has(need) for need in names)}
        if found == broken:
            return broken
        broken = found


class _Stock:
    """All shelves as one, and what each module on them asks for."""

    def __init__(self, shelf_of: dict[str, Shelf], provides: Callable[[str], bool], python: tuple[int, int]) -> None:
        self.shelf_of = shelf_of
        self._namespaces = {parent for name in shelf_of for parent in parents(name)}
        self._provides = provides
        self._python = python
        self._wanted: dict[str, list[Import]] = {}

    def path(self, name: str) -> Path:
        return self.shelf_of[name].modules[name]

    def has(self, name: str) -> bool:
        return name in self.shelf_of or name in self._namespaces or self._provides(name)

    def may_have(self, wanted: Import) -> bool:
        """False if it is told from the files alone that `wanted` is not there, be it a module or an attribute."""
        if wanted.certain or self.has(wanted.name):
            return self.has(wanted.name)
        module, _, name = wanted.name.rpartition(".")
        if module not in self.shelf_of:
            return module not in self._namespaces
        path = self.path(module)
        return (
            not self.shelf_of[module].ours
            or path.suffix == COMPILED
            or may_define(decode_source(path.read_bytes()), name)
        )

    def wanted(self, name: str) -> list[Import]:
        if name not in self._wanted:
            self._wanted[name] = list(all_wanted(name, self.shelf_of[name], self._python))
        return self._wanted[name]


def all_wanted(name: str, shelf: Shelf, python: tuple[int, int]) -> Iterator[Import]:
    """What the module `name` of `shelf` asks for, a computed import spelled out."""
    path = shelf.modules[name]
    if path.suffix == COMPILED:
        yield from compiled_imports(path.read_bytes())
        return
    try:
        text = decode_source(path.read_bytes())  # by the encoding that its first lines declare
        found = imports(Source(name, text, path.name == "__init__.py", shelf.ours), python)
    except (SyntaxError, ValueError) as error:
        if not shelf.ours:
            return  # nor could anybody import it
        line = f", line {error.lineno}," if isinstance(error, SyntaxError) and error.lineno else ""
        reason = error.msg if isinstance(error, SyntaxError) else str(error)
        place = path.relative_to(shelf.folder.parent)
        raise PackageError(f"{place}{line} cannot be read as Python source: {reason}.") from None
    for wanted in found:
        if not wanted.name.endswith(".*"):
            yield wanted
            continue
        for other in shelf.modules:
            if other.startswith(wanted.name[:-1]) and TEST_FOLDERS.isdisjoint(other.split(".")):
                yield Import(other, wanted.line, required=False)


def _is_module(path: Path) -> bool:
    named = path.suffix == COMPILED or (path.suffix == ".py" and "." not in path.stem)
    return named and not path.name.startswith(".") and path.is_file()


def dotted(path: Path) -> str:
    """`a/b/__init__.py` -> `a.b`, `a/_c.cpython-313-aarch64-linux-gnu.so` -> `a._c`."""
    stem = path.name.partition(".")[0]
    return ".".join(path.parent.parts if stem == "__init__" else (*path.parent.parts, stem))


def parents(name: str) -> list[str]:
    """`a.b.c` -> `a`, `a.b`."""
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts))]
