"""What one source file asks to import, read without running it.

import boto3                                  required
try: import orjson                            not required: ImportError is caught
if TYPE_CHECKING: from x import Y             nothing
if sys.version_info < (3, 11): import tomli   nothing, for Python 3.13
LazyLoader("aws_xray_sdk", ...)               not required: a name in a string may be an import
import_module(name)                           `package.*`: only the running program knows which
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

DOTTED_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
COMPILED_NAME = re.compile(rb"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
CATCHES_ABSENCE = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}
COMPARISONS: dict[type[ast.cmpop], Callable[[tuple[int, ...], tuple[int, ...]], bool]] = {
    ast.GtE: operator.ge,
    ast.Gt: operator.gt,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
}


@dataclass(frozen=True, slots=True)
class Import:
    """A module name that a file asks for.

    `required`: the file cannot do without it. `certain`: it is a module, not perhaps an attribute of one.
    """

    name: str
    line: int
    required: bool = True
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Source:
    """A module's text and where it stands; `ours` must be able to import all it asks for, inside functions too."""

    module: str
    text: str
    is_package: bool = False
    ours: bool = True

    @property
    def package(self) -> str:
        return self.module if self.is_package else self.module.rpartition(".")[0]


def imports(source: Source, python: tuple[int, int]) -> list[Import]:
    """Every name that `source` asks for when it runs on `python`."""
    reader = _Reader(source, python)
    reader.visit(ast.parse(source.text))
    return reader.found


def compiled_imports(content: bytes) -> list[Import]:
    """Every dotted name inside a compiled module: what it imports from C stands among them."""
    return [Import(name.decode(), line=0, required=False) for name in sorted(set(COMPILED_NAME.findall(content)))]


class _Reader(ast.NodeVisitor):
    def __init__(self, source: Source, python: tuple[int, int]) -> None:
        self.source = source
        self.python = python
        self.found: list[Import] = []
        self.required = True

    @contextmanager
    def _optional(self, optional: bool) -> Iterator[None]:
        before, self.required = self.required, self.required and not optional
        yield
        self.required = before

    def _add(self, name: str, node: ast.AST, *, certain: bool = True, required: bool | None = None) -> None:
        required = self.required if required is None else required
        self.found.append(Import(name, getattr(node, "lineno", 0), required, certain))

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._add(alias.name, node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        base = self._absolute(node)
        self._add(base, node)
        for alias in node.names:
            if alias.name != "*":
                self._add(f"{base}.{alias.name}", node, certain=False)

    def _absolute(self, node: ast.ImportFrom) -> str:
        if node.level == 0:
            return node.module or ""
        parts = self.source.package.split(".")
        return ".".join([*parts[: len(parts) - node.level + 1], *([node.module] if node.module else [])])

    def visit_If(self, node: ast.If) -> None:
        taken = _decided(node.test, self.python)
        if taken is not False:
            self._visit_all(node.body)
        if taken is not True:
            self._visit_all(node.orelse)

    def visit_Try(self, node: ast.Try) -> None:
        with self._optional(any(_catches_absence(handler) for handler in node.handlers)):
            self._visit_all(node.body)
        with self._optional(bool(node.handlers)):  # only the way round something else that is missing
            self._visit_all([*node.handlers])
        self._visit_all([*node.orelse, *node.finalbody])

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._visit_function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._visit_function(node)

    def _visit_function(self, node: ast.AST) -> None:
        with self._optional(not self.source.ours):
            self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called in {"import_module", "__import__"} and node.args and not isinstance(node.args[0], ast.Constant):
            self._add(f"{self.source.package}.*", node, required=False)
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str) and DOTTED_NAME.fullmatch(node.value):
            self._add(node.value, node, required=False)

    def _visit_all(self, nodes: list[ast.stmt] | list[ast.ExceptHandler] | list[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)


def _decided(test: ast.expr, python: tuple[int, int]) -> bool | None:
    """What a guard over the type checker or the Python version comes to; None where it is about something else."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = _decided(test.operand, python)
        return None if inner is None else not inner
    if ast.unparse(test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING", "t.TYPE_CHECKING"}:
        return False
    if isinstance(test, ast.Compare) and ast.unparse(test.left) == "sys.version_info":
        compare, version = COMPARISONS.get(type(test.ops[0])), test.comparators[0]
        if compare and len(test.ops) == 1 and isinstance(version, ast.Tuple):
            return compare(python, ast.literal_eval(version)[:2])
    return None


def _catches_absence(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(ast.unparse(kind) in CATCHES_ABSENCE for kind in caught)
