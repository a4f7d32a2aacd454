"""Who may import whom: the arrows of the house.

functions ──> lib/streamkit, lib/domain        no function knows another, lib knows no function
local/engine ──> the AWS API                   neither the emulator behind it nor the worlds it runs
producer ──> lib/streamkit, lib/domain         no function, nothing that tests or deploys
boto3                                          where the world is touched, never where things are decided
"""

from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from tools.closure import dotted
from tools.imports import Source, imports

ROOT = Path(__file__).resolve().parent.parent
ACTORS = {path.parent.name for path in ROOT.glob("functions/*/handler.py")}
AWS = {"boto3", "botocore"}
NEVER_IN_AWS = {"local", "producer", "ops", "tools", "tests", "bench"}

# The rooms of a function that touch the world; its other modules are nouns.
TOUCHES_THE_WORLD = {"handler", "store", "sink", "sources"}

# The modules of the producer that make a client, or name the errors of its calls.
CALLS_KINESIS = {"__main__", "kinesis", "settlement"}


def imported_by(path: Path, folder: str) -> set[str]:
    """Every module that `path` needs to run; what it imports for the type checker alone does not count."""
    module = dotted(path.relative_to(ROOT / folder))
    source = Source(module, path.read_text(encoding="utf-8"), path.name == "__init__.py")
    return {wanted.name for wanted in imports(source, python=(3, 13)) if wanted.required}


def tops(names: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in names}


def modules(pattern: str) -> list[ParameterSet]:
    return [pytest.param(path, id=path.relative_to(ROOT).as_posix()) for path in sorted(ROOT.glob(pattern))]


@pytest.mark.parametrize("path", modules("functions/*/**/*.py"))
def test_a_function_imports_no_other_function(path):
    own = path.relative_to(ROOT / "functions").parts[0]
    assert tops(imported_by(path, "functions")).isdisjoint(ACTORS - {own})


@pytest.mark.parametrize("path", modules("functions/*/**/*.py"))
def test_a_function_imports_nothing_that_never_runs_in_aws(path):
    assert tops(imported_by(path, "functions")).isdisjoint(NEVER_IN_AWS)


@pytest.mark.parametrize("path", modules("functions/*/**/*.py"))
def test_only_what_touches_the_world_imports_boto3(path):
    parts = set(path.relative_to(ROOT / "functions").with_suffix("").parts)
    assert parts & TOUCHES_THE_WORLD or tops(imported_by(path, "functions")).isdisjoint(AWS)


@pytest.mark.parametrize("path", modules("lib/**/*.py"))
def test_the_library_imports_no_function_and_nothing_that_never_runs_in_aws(path):
    assert tops(imported_by(path, "lib")).isdisjoint(ACTORS | NEVER_IN_AWS)


@pytest.mark.parametrize("path", modules("lib/streamkit/**/*.py"))
def test_mechanism_knows_no_domain(path):
    assert "domain" not in tops(imported_by(path, "lib"))


@pytest.mark.parametrize("path", modules("lib/domain/**/*.py"))
def test_the_domain_imports_no_boto3_and_no_mechanism(path):
    assert tops(imported_by(path, "lib")).isdisjoint(AWS | {"streamkit"})


@pytest.mark.parametrize("path", modules("producer/**/*.py"))
def test_the_producer_imports_no_function_and_nothing_but_the_library(path):
    assert tops(imported_by(path, ".")).isdisjoint(ACTORS | {"local", "ops", "tools", "tests", "bench"})


@pytest.mark.parametrize("path", modules("producer/**/*.py"))
def test_what_the_producer_decides_it_decides_without_boto3(path):
    assert path.stem in CALLS_KINESIS or tops(imported_by(path, ".")).isdisjoint(AWS)


@pytest.mark.parametrize("path", modules("local/engine/**/*.py"))
def test_the_engine_knows_neither_the_emulator_nor_the_domain(path):
    names = imported_by(path, ".")
    assert "local.emulator" not in names
    assert tops(names).isdisjoint({"domain", "streamkit"} | ACTORS)


@pytest.mark.parametrize("path", modules("local/**/*.py"))
def test_the_local_aws_imports_no_function(path):
    assert tops(imported_by(path, ".")).isdisjoint(ACTORS)
