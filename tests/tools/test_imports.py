"""What is read from a source file without running it."""

import pytest

from tools.imports import Import, Source, compiled_imports, imports


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


def test_an_import_whose_absence_is_not_caught_is_required():
    assert required("try:\n    import a\nexcept KeyError:\n    pass") == {"a"}


@pytest.mark.parametrize("guard", ["TYPE_CHECKING", "typing.TYPE_CHECKING", "sys.version_info < (3, 11)"])
def test_an_import_that_never_runs_is_not_asked_for(guard):
    assert imports(Source("actor.handler", f"if {guard}:\n    import a"), python=(3, 13)) == []


@pytest.mark.parametrize("guard", ["not TYPE_CHECKING", "sys.version_info >= (3, 11)", "sys.version_info > (3,)"])
def test_an_import_that_always_runs_is_required(guard):
    assert required(f"if {guard}:\n    import a\nelse:\n    import b") == {"a"}


def test_our_own_functions_need_what_they_import():
    assert required("def later():\n    import a", ours=True) == {"a"}


def test_a_library_may_do_without_what_its_functions_import():
    assert optional("async def later():\n    import a", ours=False) == {"a"}


def test_a_name_in_a_string_may_be_an_import():
    assert optional('loaded = load("google._upb._message")') == {"google._upb._message"}


def test_a_sentence_is_no_import():
    assert imports(Source("actor.handler", '"""Not a module name."""'), python=(3, 13)) == []


def test_a_computed_import_may_be_any_module_of_its_package():
    assert optional("importlib.import_module(name)") == {"actor.*"}


def test_names_inside_a_compiled_module_may_be_imports():
    assert compiled_imports(b"\x00\x01msgspec._utils\x00get\x00") == [Import("msgspec._utils", line=0, required=False)]
