"""Which modules belong to a program."""

from pathlib import Path

import pytest

from tools.closure import Closure, Missing, Shelf, closure


@pytest.fixture
def reached(tmp_path):
    """The closure of `actor.handler` over a folder of ours and one of other people's."""

    def reached(ours: dict[str, str], theirs: dict[str, str | bytes]) -> Closure:
        for folder, files in (("ours", ours), ("theirs", theirs)):
            for name, content in files.items():
                path = tmp_path / folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content if isinstance(content, bytes) else content.encode())
        shelves = [Shelf(Path(tmp_path, "ours"), ours=True), Shelf(Path(tmp_path, "theirs"), ours=False)]
        return closure("actor.handler", shelves, provided={"json", "boto3"}, python=(3, 13))

    return reached


def test_only_what_is_reached_is_inside(reached):
    found = reached(
        {"actor/__init__.py": "", "actor/handler.py": "import a.b", "actor/unused.py": ""},
        {"a/__init__.py": "", "a/b.py": "", "a/c.py": "", "z.py": ""},
    )
    assert found.modules.keys() == {"actor", "actor.handler", "a", "a.b"}


def test_what_the_runtime_brings_is_neither_inside_nor_missing(reached):
    assert reached({"actor/handler.py": "import json, boto3.session"}, {}) == Closure(
        modules={"actor.handler": reached({}, {}).modules["actor.handler"]}
    )


def test_an_import_that_nothing_satisfies_is_named_with_its_place(reached):
    assert reached({"actor/handler.py": "import json\nimport six"}, {}).missing == [Missing("actor.handler", 2, "six")]


def test_a_missing_module_of_a_package_that_is_there_is_missing(reached):
    assert reached({"actor/handler.py": "import a.b"}, {"a/__init__.py": ""}).missing == [
        Missing("actor.handler", 1, "a.b")
    ]


def test_what_a_required_library_lacks_is_missing(reached):
    assert reached({"actor/handler.py": "import a"}, {"a.py": "import six"}).missing == [Missing("a", 1, "six")]


def test_what_a_library_can_do_without_is_not_missing(reached):
    found = reached({"actor/handler.py": "import a"}, {"a.py": "def later():\n    import six"})
    assert found.missing == []


def test_a_package_without_init_is_followed(reached):
    found = reached({"actor/handler.py": "from google._upb import _message"}, {"google/_upb/_message.abi3.so": b""})
    assert found.modules.keys() == {"actor.handler", "google._upb._message"}


def test_a_module_loaded_by_name_is_inside(reached):
    found = reached({"actor/handler.py": "import a"}, {"a.py": 'load("b.c")', "b/__init__.py": "", "b/c.py": ""})
    assert found.modules.keys() == {"actor.handler", "a", "b", "b.c"}


def test_a_package_that_computes_its_imports_is_kept_whole_without_its_tests(reached):
    found = reached(
        {"actor/handler.py": "import a"},
        {"a/__init__.py": "import_module(name)", "a/b.py": "", "a/tests/test_b.py": ""},
    )
    assert found.modules.keys() == {"actor.handler", "a", "a.b"}


def test_what_compiled_code_imports_is_inside(reached):
    found = reached(
        {"actor/handler.py": "import a._core"},
        {"a/__init__.py": "", "a/_core.so": b"\0a._tools\0", "a/_tools.py": ""},
    )
    assert "a._tools" in found.modules


def test_an_integration_that_could_never_be_imported_is_left_out_with_what_only_it_needs(reached):
    found = reached(
        {"actor/handler.py": "import a"},
        {"a.py": "def later():\n    import b", "b.py": "import c\nimport absent", "c.py": ""},
    )
    assert found.modules.keys() == {"actor.handler", "a"}


def test_libraries_that_import_each_other_are_followed_once(reached):
    found = reached({"actor/handler.py": "import a"}, {"a.py": "import b", "b.py": "import a"})
    assert found.modules.keys() == {"actor.handler", "a", "b"}
