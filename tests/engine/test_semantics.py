"""docs/semantics.md speaks the truth: its tests exist, its rulings are all there, no clause is missing."""

import ast
import re
from pathlib import Path

from local.engine import rulings

HERE = Path(__file__).parent
PAGE = (HERE.parent.parent / "docs" / "semantics.md").read_text()
CLAUSES = {"G": 11, "S": 12, "F": 9, "E": 2, "R": 12, "N": 7, "M": 2, "W": 32, "Q": 13}


def rows() -> list[list[str]]:
    return [line.strip("| ").split(" | ") for line in PAGE.splitlines() if re.match(r"\| [A-Z]\d", line)]


def written_tests() -> set[str]:
    trees = [ast.parse(path.read_text()) for path in HERE.parent.rglob("test_*.py")]
    return {node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_named_test_exists():
    assert set(re.findall(r"`(test_\w+)`", PAGE)) - written_tests() == set()


def test_every_clause_has_a_rule_and_a_test():
    told = {clause for row in rows() for clause in row[0].split(", ") if len(row) == 4 and "`test_" in row[3]}
    assert told == {f"{letter}{n}" for letter, last in CLAUSES.items() for n in range(1, last + 1)}


def test_every_ruling_is_told():
    names = {name for name in vars(rulings) if name.isupper() and name != "MEBIBYTE"}
    assert names - set(re.findall(r"`([A-Z_]+)`", PAGE)) == set()
