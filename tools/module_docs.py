"""Write the inputs and outputs of every module into its README, between the markers.

    <!-- inputs -->          a table of the module's variables, long types spelled out below it
    <!-- /inputs -->
    <!-- outputs -->         a table of its outputs
    <!-- /outputs -->

What a reader sees is the HCL as it was written: types and defaults are copied from the source, comments included.
`--check` writes nothing and fails when a README says something else than its module.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import hcl2
from lark import Token, Tree

ROOT = Path(__file__).resolve().parent.parent
COMMAND = ".venv/bin/python tools/module_docs.py"
CELL_WIDTH = 60  # a longer type or default does not fit a table cell and is shown below the table


class ReadmeError(Exception):
    """A README that cannot take the tables."""


@dataclass(frozen=True, slots=True)
class Input:
    """One variable; `type` and `default` are HCL source, `default` is None where the caller must decide."""

    name: str
    type: str
    default: str | None
    description: str


@dataclass(frozen=True, slots=True)
class Output:
    name: str
    description: str


def inputs(source: str) -> list[Input]:
    """The variables that `source` declares, in its order."""
    return [
        Input(name, given.get("type", "any"), given.get("default"), plain_text(given.get("description", '""')))
        for name, given in declarations(source, "variable")
    ]


def outputs(source: str) -> list[Output]:
    """The outputs that `source` declares, in its order."""
    return [Output(name, plain_text(given.get("description", '""'))) for name, given in declarations(source, "output")]


def declarations(source: str, kind: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The label of each top-level `kind` block and the source of each of its attributes."""
    # The parser wants a line end after the last brace.
    text = source if source.endswith("\n") else source + "\n"
    [top] = hcl2.parses_to_tree(text).children
    for block in trees(top, "block"):
        words = [text[tree.meta.start_pos : tree.meta.end_pos] for tree in trees(block, "identifier", "string")]
        if words[0] != kind:
            continue
        [body] = trees(block, "body")
        yield words[1].strip('"'), dict(attribute(text, tree) for tree in trees(body, "attribute"))


def trees(parent: Tree[Token], *kinds: str) -> list[Tree[Token]]:
    return [child for child in parent.children if isinstance(child, Tree) and child.data in kinds]


def attribute(text: str, tree: Tree[Token]) -> tuple[str, str]:
    # The last child, whatever its kind: `-1` is a unary_op, `a ? b : c` a conditional.
    name, value = trees(tree, "identifier")[0], [child for child in tree.children if isinstance(child, Tree)][-1]
    return str(name.children[0]), outdented(text[value.meta.start_pos : value.meta.end_pos])


def outdented(expression: str) -> str:
    """`expression` as if it began at the start of its line; its last line shows how far it was indented."""
    lines = expression.rstrip("\n").split("\n")
    margin = lines[-1][: len(lines[-1]) - len(lines[-1].lstrip())]
    return "\n".join(line.removeprefix(margin) for line in lines)


def plain_text(string: str) -> str:
    """What a quoted string or heredoc says, on one line."""
    if string.startswith("<<"):
        return " ".join(textwrap.dedent("\n".join(string.split("\n")[1:-1])).split())
    return " ".join(str(json.loads(string)).replace("$${", "${").split())


def inputs_table(variables: list[Input]) -> str:
    if not variables:
        return "None."
    rows = [
        "| input | type | required | default | what it is |",
        "|---|---|---|---|---|",
        *(
            f"| `{given.name}` | {type_cell(given.type)} | {'yes' if given.default is None else 'no'} "
            f"| {default_cell(given.default)} | {cell(given.description)} |"
            for given in variables
        ),
    ]
    return "\n".join([*rows, *(line for given in variables for line in spelled_out(given))])


def outputs_table(values: list[Output]) -> str:
    if not values:
        return "None."
    return "\n".join(
        [
            "| output | what it is |",
            "|---|---|",
            *(f"| `{value.name}` | {cell(value.description)} |" for value in values),
        ]
    )


def type_cell(source: str) -> str:
    if fits(source):
        return code(source)
    shape = "(".join(re.findall(r"\w+", source.split("{")[0]))  # map(object({ ... → map(object
    return f"`{shape}{')' * shape.count('(')}`, below"


def default_cell(source: str | None) -> str:
    if source is None:
        return ""
    return code(source) if fits(source) else "below"


def spelled_out(given: Input) -> Iterator[str]:
    """The type and default of an input that did not fit their cells."""
    for what, source in (("", given.type), (", by default", given.default or "")):
        if not fits(source):
            yield from ("", f"`{given.name}`{what}:", "", "```hcl", source, "```")


def fits(source: str) -> bool:
    return "\n" not in source and len(source) <= CELL_WIDTH


def code(source: str) -> str:
    return f"`{cell(source)}`"


def cell(text: str) -> str:
    return text.replace("|", "\\|")


def filled(readme: str, name: str, table: str) -> str:
    """`readme` with `table` between its `name` markers."""
    start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    if readme.count(start) != 1 or readme.count(end) != 1 or readme.index(start) > readme.index(end):
        raise ReadmeError(f"needs the markers {start} and {end}, once and in this order, where the {name} belong")
    before, rest = readme.split(start)
    return f"{before}{start}\n{table}\n{end}{rest.split(end)[1]}"


def documented(module: Path) -> str:
    """The README of `module`, as its sources say it should read."""
    readme = module / "README.md"
    if not readme.exists():
        raise ReadmeError("is missing; write what the module is for, with markers for inputs and outputs")
    # variables.tf is what a reader opens first, so its inputs come first.
    files = sorted(module.glob("*.tf"), key=lambda path: (path.name != "variables.tf", path.name))
    source = "\n".join(path.read_text(encoding="utf-8") for path in files)
    text = filled(readme.read_text(encoding="utf-8"), "inputs", inputs_table(inputs(source)))
    return filled(text, "outputs", outputs_table(outputs(source)))


def main(arguments: list[str], root: Path = ROOT) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a README is stale")
    check = parser.parse_args(arguments).check

    problems = 0
    for module in sorted({path.parent for path in root.glob("modules/*/*.tf")}):
        readme = module / "README.md"
        name = readme.relative_to(root).as_posix()
        try:
            wanted = documented(module)
        except ReadmeError as error:
            print(f"{name} {error}.", file=sys.stderr)
            problems += 1
            continue
        if wanted == readme.read_text(encoding="utf-8"):
            continue
        if check:
            print(
                f"{name} does not show the module's inputs and outputs as they are; run `{COMMAND}`.", file=sys.stderr
            )
            problems += 1
        else:
            readme.write_text(wanted, encoding="utf-8")
            print(f"{name} written")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
