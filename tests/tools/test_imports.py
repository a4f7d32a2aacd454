"""What is read from a source file without running it."""

import pytest

from tools.imports import Import, Source, compiled_imports, imports, may_define


def required(text: str, **source) -> set[str]:
    found = imports(Source("actor.handler", text, **source), python=(3, 13))
    return {wanted.name for wanted in found if wanted.required and wanted.certain}


def optional(text: str, **source) -> set[str]:
    found = imports(Source("actor.handler", text, **source), python=(3, 13))
    return {wanted.name for wanted in found if not wanted.required}


def test_a_plain_import_is_required():
    assert required("import a.b") == {"a.b"}


def test_what_is_imported_from_a_module_may_be_a_module_too():
    assert Import("a.b", line=1, certain=False) in imports(Source("actor.handler", "from a import b"), python=(3, 13))


@pytest.mark.parametrize(
    ("text", "is_package", "name"),
    [
        ("from .store import Store", False, "actor.store"),
        ("from .store import Store", True, "actor.handler.store"),
        ("from ..other import x", True, "actor.other"),
        ("from . import store", False, "actor"),
    ],
)
def test_a_relative_import_starts_at_the_package(text, is_package, name):
    assert required(text, is_package=is_package) == {name}


@pytest.mark.parametrize("caught", ["ImportError", "ModuleNotFoundError", "(AttributeError, ImportError)", "Exception"])
def test_an_import_whose_absence_is_caught_is_not_required(caught):
    assert optional(f"try:\n    import a\nexcept {caught}:\n    a = None") == {"a"}


@pytest.mark.parametrize("manager", ["suppress(ImportError)", "contextlib.suppress(KeyError, ModuleNotFoundError)"])
def test_an_import_whose_absence_is_suppressed_is_not_required(manager):
    assert optional(f"with {manager}:\n    import a") == {"a"}


@pytest.mark.parametrize("manager", ["suppress(KeyError)", "open(ImportError)"])
def test_an_import_whose_absence_is_not_suppressed_is_required(manager):
    assert required(f"with {manager}:\n    import a") == {"a"}


def test_an_import_whose_absence_is_not_caught_is_required():
    assert required("try:\n    import a\nexcept KeyError:\n    pass") == {"a"}


@pytest.mark.parametrize(
    "guard",
    [
        "TYPE_CHECKING",
        "typing.TYPE_CHECKING",
        "sys.version_info < (3, 11)",
        "sys.platform == 'win32'",
        "sys.platform.startswith('win')",
        "os.name != 'posix'",
    ],
)
def test_an_import_that_never_runs_is_not_asked_for(guard):
    assert imports(Source("actor.handler", f"if {guard}:\n    import a"), python=(3, 13)) == []


@pytest.mark.parametrize(
    "guard",
    ["not TYPE_CHECKING", "sys.version_info >= (3, 11)", "sys.version_info > (3,)", "sys.platform == 'linux'"],
)
def test_an_import_that_always_runs_is_required(guard):
    assert required(f"if {guard}:\n    import a\nelse:\n    import b") == {"a"}


def test_our_own_functions_need_what_they_import():
    assert required("def later():\n    import a", ours=True) == {"a"}


def test_a_library_may_do_without_what_its_functions_import():
    assert optional("async def later():\n    import a", ours=False) == {"a"}


def test_a_library_may_do_without_what_it_imports_on_a_condition():
    assert optional("if 'a' in sys.modules:\n    import a\nelse:\n    import b", ours=False) == {"a", "b"}


def test_our_own_functions_need_what_they_import_on_a_condition():
    assert required("if wanted:\n    import a", ours=True) == {"a"}


def test_a_name_in_a_string_may_be_an_import():
    assert optional('loaded = load("google._upb._message")') == {"google._upb._message"}


def test_a_sentence_is_no_import():
    assert imports(Source("actor.handler", '"""Not a module name."""'), python=(3, 13)) == []


@pytest.mark.parametrize("call", ["importlib.import_module('a.b')", "__import__('a.b')"])
def test_a_module_that_our_own_code_imports_by_its_name_is_required(call):
    assert required(call, ours=True) == {"a.b"}


def test_a_relative_module_that_our_own_code_imports_by_its_name_is_required():
    assert required("import_module('.store', __package__)", ours=True) == {"actor.store"}


def test_a_library_may_do_without_what_it_imports_by_name():
    assert required("import_module('a.b')", ours=False) == set()


def test_a_relative_import_beyond_the_top_is_no_module():
    assert required("from ...other import x") == {"...other"}


@pytest.mark.parametrize(
    "text",
    [
        "name = 1",
        "def later():\n    global name",
        "from a import name",
        "from a import b as name",
        "from a import *",
        "import name.a",
        "class name: ...",
        "def __getattr__(asked): ...",
        "for name, other in (): ...",
    ],
)
def test_a_module_may_define_what_anything_in_it_binds(text):
    assert may_define(text, "name")


@pytest.mark.parametrize("text", ["", "import a.name", "other = name", "from name import a", "a.name = 1"])
def test_a_module_does_not_define_what_nothing_in_it_binds(text):
    assert not may_define(text, "name")


def test_a_computed_import_may_be_any_module_of_its_package():
    assert optional("importlib.import_module(name)") == {"actor.*"}


def test_names_inside_a_compiled_module_may_be_imports():
    assert compiled_imports(b"\x00\x01msgspec._utils\x00get\x00") == [Import("msgspec._utils", line=0, required=False)]
