"""What one source file asks to import, read without running it.

import boto3                                  required
try: import orjson                            not required: ImportError is caught
with suppress(ImportError): import orjson     likewise
if TYPE_CHECKING: from x import Y             nothing
if sys.version_info < (3, 11): import tomli   nothing, for Python 3.13
if sys.platform == "win32": import winreg     nothing: functions run on Linux
if has_pydantic: import pydantic              not required by a library; by our own code it is
LazyLoader("aws_xray_sdk", ...)               not required: a name in a string may be an import
import_module("orjson")                       required, as if imported plainly
import_module(name)                           `package.*`: only the running program knows which
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import resolve_name

DOTTED_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
COMPILED_NAME = re.compile(rb"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
CATCHES_ABSENCE = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}
LINUX = {"sys.platform": "linux", "os.name": "posix"}
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


def may_define(text: str, name: str) -> bool:
    """False if nothing in a module's text could give it an attribute `name`."""
    if name.startswith("__"):
        return True
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Name(id=bound, ctx=ast.Store()) | ast.alias(name=bound, asname=None):
                bindings = [bound.partition(".")[0]]
            case ast.alias(asname=str(bound)) | ast.ExceptHandler(name=str(bound)):
                bindings = [bound]
            case ast.FunctionDef(name=bound) | ast.AsyncFunctionDef(name=bound) | ast.ClassDef(name=bound):
                bindings = [bound]
            case ast.MatchAs(name=str(bound)) | ast.MatchStar(name=str(bound)) | ast.MatchMapping(rest=str(bound)):
                bindings = [bound]
            case ast.Global(names=bindings):
                pass
            case _:
                continue
        if not {name, "*", "__getattr__"}.isdisjoint(bindings):
            return True
    return False


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
        parts = self.source.package.split(".") if self.source.package else []
        if node.level > len(parts):
            return "." * node.level + (node.module or "")  # beyond the top: nothing has that name
        return ".".join([*parts[: len(parts) - node.level + 1], *([node.module] if node.module else [])])

    def visit_If(self, node: ast.If) -> None:
        taken = _decided(node.test, self.python)
        # A library that asks before it imports can do without; the import for real, on the host, is the proof.
        with self._optional(taken is None and not self.source.ours):
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

    def visit_With(self, node: ast.With) -> None:
        self._visit_with(node)

    def visit_AsyncWith(self, node: ast.AsyncWith) -> None:
        self._visit_with(node)

    def _visit_with(self, node: ast.With | ast.AsyncWith) -> None:
        self._visit_all([*node.items])
        with self._optional(any(_suppresses_absence(item.context_expr) for item in node.items)):
            self._visit_all(node.body)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._visit_function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._visit_function(node)

    def _visit_function(self, node: ast.AST) -> None:
        with self._optional(not self.source.ours):
            self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if _called(node) in {"import_module", "__import__"} and node.args:
            match node.args[0]:
                case ast.Constant(value=str(name)) if DOTTED_NAME.fullmatch(name.lstrip(".")):
                    # Relative to another package than its own, it would be somebody else's module.
                    within = ast.unparse(node.args[1]) if len(node.args) > 1 else ""
                    if not name.startswith("."):
                        self._add(name, node, required=self.required and self.source.ours)
                    elif within in {"__package__", "__name__"}:
                        self._add(resolve_name(name, self.source.package), node)
                case ast.Constant():
                    pass
                case _:
                    self._add(f"{self.source.package}.*", node, required=False)
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str) and DOTTED_NAME.fullmatch(node.value):
            self._add(node.value, node, required=False)

    def _visit_all(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)


def _decided(test: ast.expr, python: tuple[int, int]) -> bool | None:
    """What a guard over type checker, Python version or platform comes to; None where it is about something else."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = _decided(test.operand, python)
        return None if inner is None else not inner
    if ast.unparse(test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING", "t.TYPE_CHECKING"}:
        return False
    if isinstance(test, ast.Compare) and ast.unparse(test.left) == "sys.version_info":
        compare, version = COMPARISONS.get(type(test.ops[0])), test.comparators[0]
        if compare and len(test.ops) == 1 and isinstance(version, ast.Tuple):
            return compare(python, ast.literal_eval(version)[:2])
    return _decided_by_platform(test)


def _decided_by_platform(test: ast.expr) -> bool | None:
    match test:
        case ast.Compare(left=asked, ops=[ast.Eq() | ast.NotEq() as compared], comparators=[ast.Constant(value=value)]):
            actual = LINUX.get(ast.unparse(asked))
            return None if actual is None else (actual == value) == isinstance(compared, ast.Eq)
        case ast.Call(func=ast.Attribute(value=asked, attr="startswith"), args=[ast.Constant(value=str(prefix))]):
            actual = LINUX.get(ast.unparse(asked))
            return None if actual is None else actual.startswith(prefix)
    return None


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else str(getattr(call.func, "id", ""))


def _suppresses_absence(context: ast.expr) -> bool:
    if not isinstance(context, ast.Call) or _called(context) != "suppress":
        return False
    return any(ast.unparse(kind) in CATCHES_ABSENCE for kind in context.args)


def _catches_absence(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(ast.unparse(kind) in CATCHES_ABSENCE for kind in caught)
