"""A zip is a function of its sources, holds what its function needs, and is refused when that is not to be had."""

import base64
import hashlib
import json
import os
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

import pytest

from tools import package
from tools.targets import PackageError, Target, host_target, lambda_target

LAMBDA, HOST = lambda_target(), host_target()
HANDLER = "def handle(event, context):\n    return {}\n"
ARM64_ELF = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\x00\xb7\x00"
X86_ELF = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\x00\x3e\x00"


class Project:
    """A repository with one function, on disk."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.vendored = root / "vendored"
        self.vendored.mkdir(parents=True)
        self.write("requirements/functions.txt", "")
        self.write("functions/actor/handler.py", HANDLER)

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def build(self, target: Target = HOST) -> list[str]:
        return list(package.build(target, self.vendored, self.root))

    def zip(self, target: Target = HOST) -> Path:
        return self.root / "dist" / target.name / "actor.zip"

    def names(self, target: Target = HOST) -> list[str]:
        with ZipFile(self.zip(target)) as archive:
            return archive.namelist()


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


# Same sources, same bytes


def test_a_rebuild_elsewhere_and_later_gives_the_same_bytes(tmp_path):
    first, second = Project(tmp_path / "1"), Project(tmp_path / "elsewhere")
    os.utime(second.root / "functions/actor/handler.py", (0, 0))
    (second.root / "functions/actor/handler.py").chmod(0o600)
    first.build(), second.build()
    assert first.zip().read_bytes() == second.zip().read_bytes()


def test_no_compressor_has_a_say_in_the_bytes(project):
    project.build()
    with ZipFile(project.zip()) as archive:
        assert {info.compress_type for info in archive.infolist()} == {ZIP_STORED}


def test_lambda_may_read_every_file(project):
    project.build()
    with ZipFile(project.zip()) as archive:
        assert {info.external_attr >> 16 for info in archive.infolist()} == {0o100644}


def test_what_did_not_change_is_not_built_again(project):
    project.build()
    assert project.build()[0].endswith("unchanged")


@pytest.mark.parametrize("name", ["functions/actor/handler.py", "lib/streamkit/clock.py", "requirements/functions.txt"])
def test_a_changed_source_is_built_again(project, name):
    project.build()
    project.write(name, HANDLER + "# changed\n")
    assert not project.build()[0].endswith("unchanged")


def test_a_damaged_zip_is_built_again(project):
    project.build()
    project.zip().write_bytes(b"")
    assert not project.build()[0].endswith("unchanged")


def test_a_function_that_left_takes_its_zip_along(project):
    project.build()
    (project.root / "functions/actor/handler.py").unlink()
    project.build()
    assert [path.name for path in project.zip().parent.iterdir()] == ["inputs.json", "manifest.json"]


def test_the_manifest_says_what_was_built(project):
    project.build(LAMBDA)
    content = project.zip(LAMBDA).read_bytes()
    assert json.loads((project.root / "dist/lambda/manifest.json").read_text()) == {
        "actor": {
            "zip": "actor.zip",
            "sha256": base64.b64encode(hashlib.sha256(content).digest()).decode(),
            "handler": "actor.handler.handle",
            "runtime": "python3.13",
            "architecture": "arm64",
            "bytes": len(content),
        }
    }


# Only what the function needs


def test_other_functions_unused_library_code_tests_caches_and_stubs_stay_outside(project):
    project.write("functions/actor/handler.py", "import streamkit.used, json, boto3\n" + HANDLER)
    for name in ("used.py", "unused.py", "used.pyi", "py.typed", "__init__.py", "__pycache__/used.pyc"):
        project.write(f"lib/streamkit/{name}", "")
    project.write("functions/other/handler.py", HANDLER)
    project.write("functions/actor/tests/test_handler.py", "")
    project.build()
    assert project.names() == ["actor/handler.py", "streamkit/__init__.py", "streamkit/used.py"]


def test_data_beside_a_reached_package_is_inside(project):
    project.write("functions/actor/__init__.py", "")
    project.write("functions/actor/table.json", "{}")
    project.build()
    assert "actor/table.json" in project.names()


# Refused in the build, not at the first invocation


@pytest.mark.parametrize("target", [LAMBDA, HOST], ids=["lambda", "host"])
def test_an_import_the_runtime_cannot_satisfy_is_refused_with_function_import_and_remedy(project, target):
    project.write("functions/actor/handler.py", "import six\n" + HANDLER)
    with pytest.raises(
        PackageError, match=r"actor cannot run in AWS: actor\.handler, line 1, imports six, .*functions\.in"
    ):
        project.build(target)


def test_a_module_that_left_python_is_refused_for_aws_whatever_this_host_has(project):
    project.write("functions/actor/handler.py", "import cgi\n" + HANDLER)
    with pytest.raises(PackageError, match="imports cgi"):
        project.build(LAMBDA)


def test_a_handler_that_fails_on_import_is_refused(project):
    project.write("functions/actor/handler.py", "raise KeyError('TABLE')\n" + HANDLER)
    with pytest.raises(PackageError, match="actor cannot be imported from its zip and boto3 alone: KeyError: 'TABLE'"):
        project.build()


def test_a_module_imported_later_is_tried_in_the_build(project):
    project.write("functions/actor/handler.py", "def handle(event, context):\n    import actor.store\n")
    project.write("functions/actor/store.py", "from json import no_such_name\n")
    with pytest.raises(PackageError, match="cannot import name 'no_such_name'"):
        project.build()


def test_a_handler_without_handle_is_refused(project):
    project.write("functions/actor/handler.py", "")
    with pytest.raises(PackageError, match="has no attribute 'handle'"):
        project.build()


def test_the_rehearsal_sees_boto3_and_nothing_else_of_this_environment(project):
    project.write(
        "functions/actor/handler.py",
        "import boto3, importlib.util\nassert not importlib.util.find_spec('pytest')\n" + HANDLER,
    )
    assert project.build()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("_fast.cpython-313-x86_64-linux-gnu.so", X86_ELF),
        ("_fast.abi3.so", X86_ELF),
        ("_fast.cpython-311-aarch64-linux-gnu.so", ARM64_ELF),
        ("_fast.cpython-313-aarch64-linux-musl.so", ARM64_ELF),
    ],
)
def test_machine_code_that_lambda_cannot_load_is_refused(project, name, content):
    project.write("functions/actor/handler.py", "import _fast\n" + HANDLER)
    project.write(f"vendored/{name}", content)
    with pytest.raises(PackageError, match=r"_fast\..* is not machine code for CPython 3\.13 on arm64"):
        project.build(LAMBDA)


@pytest.mark.parametrize("name", ["_fast.cpython-313-aarch64-linux-gnu.so", "_fast.abi3.so"])
def test_machine_code_for_lambda_is_inside(project, name):
    project.write("functions/actor/handler.py", "import _fast\n" + HANDLER)
    project.write(f"vendored/{name}", ARM64_ELF)
    project.build(LAMBDA)
    assert name in project.names(LAMBDA)


def test_modules_that_left_before_the_runtime_are_not_in_its_list():
    assert LAMBDA.stdlib.isdisjoint({"cgi", "imp", "distutils", "telnetlib", "pipes"})


def test_modules_of_every_supported_python_are_in_the_runtimes_list():
    assert {"tomllib", "json", "zoneinfo", "_thread", "__future__"} <= LAMBDA.stdlib
