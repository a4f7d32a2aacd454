"""Which modules belong to a program."""

from pathlib import Path

import pytest

from tools.closure import Closure, Missing, Shelf, closure
from tools.targets import PackageError


@pytest.fixture
def reached(tmp_path):
    """The closure of `actor.handler` over a folder of ours and one of other people's."""

    def reached(ours: dict[str, str | bytes], theirs: dict[str, str | bytes]) -> Closure:
        for folder, files in (("ours", ours), ("theirs", theirs)):
            for name, content in files.items():
                path = tmp_path / folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content if isinstance(content, bytes) else content.encode())
        shelves = [Shelf(Path(tmp_path, "ours"), ours=True), Shelf(Path(tmp_path, "theirs"), ours=False)]
        return closure("actor.handler", shelves, {"json", "boto3", "boto3.session"}.__contains__, python=(3, 13))

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


@pytest.mark.parametrize("name", ["json.typo", "boto3.sesion"])
def test_a_module_that_the_runtime_lacks_in_its_packages_is_missing(reached, name):
    assert reached({"actor/handler.py": f"import {name}"}, {}).missing == [Missing("actor.handler", 1, name)]


@pytest.mark.parametrize("text", ["from a import nope", "def later():\n    from a import nope"])
def test_a_name_that_our_own_module_does_not_define_is_missing(reached, text):
    missing = reached({"actor/handler.py": text, "a.py": "yes = 1"}, {}).missing
    assert [(gap.importer, gap.name) for gap in missing] == [("actor.handler", "a.nope")]


def test_a_name_that_our_own_module_defines_is_not_missing(reached):
    assert reached({"actor/handler.py": "from a import yes", "a.py": "yes = 1"}, {}).missing == []


def test_of_a_module_and_a_package_of_the_same_name_the_package_is_taken(reached):
    found = reached({"actor/handler.py": "import a.b", "a.py": "", "a/__init__.py": "", "a/b.py": ""}, {})
    assert found.modules["a"].name == "__init__.py"


def test_of_a_compiled_module_and_its_source_the_compiled_one_is_taken(reached):
    found = reached({"actor/handler.py": "import a"}, {"a.py": "import six", "a.abi3.so": b""})
    assert found.modules["a"].name == "a.abi3.so"


@pytest.mark.parametrize("name", ["a.orig.py", ".a.py"])
def test_what_python_could_not_import_is_no_module(reached, name):
    assert [gap.name for gap in reached({"actor/handler.py": "import a", name: ""}, {}).missing] == ["a"]


@pytest.mark.parametrize(
    "content",
    [b"# -*- coding: latin-1 -*-\nimport a  # \xe9\n", b"\xef\xbb\xbfimport a\n", b"import a\r\n"],
    ids=["declared encoding", "byte order mark", "other line ends"],
)
def test_a_source_is_read_in_its_own_encoding(reached, content):
    assert "a" in reached({"actor/handler.py": content}, {"a.py": ""}).modules


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\n\ndef (:\n", r", line 3, .*invalid syntax"),
        (b"# \xe9\n", "missing encoding declaration"),
        (b"# coding: klingon\n", "unknown encoding"),
        (b"\0", "null bytes"),
    ],
    ids=["syntax", "bytes", "encoding", "null"],
)
def test_a_source_of_ours_that_cannot_be_read_is_refused_with_its_place(reached, content, reason):
    with pytest.raises(PackageError, match=rf"^ours/actor/handler\.py.*{reason}"):
        reached({"actor/handler.py": content}, {})


def test_a_librarys_file_that_cannot_be_read_asks_for_nothing(reached):
    assert reached({"actor/handler.py": "import a"}, {"a.py": "print 'of old'"}).missing == []


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
