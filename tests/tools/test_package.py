"""A zip is a function of its sources, holds what its function needs, and is refused when that is not to be had."""

import base64
import fcntl
import hashlib
import json
import os
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

import pytest

from tools import package
from tools.folders import FolderError
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


def test_one_build_of_a_target_waits_for_another(project):
    building = package.build(HOST, project.vendored, project.root)
    next(building)
    other = os.open(project.zip().parent, os.O_RDONLY)
    with pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(other)


@pytest.mark.parametrize("content", ["", '{"actor":', "[]", "\0"])
@pytest.mark.parametrize("name", ["manifest.json", "inputs.json"])
def test_a_damaged_record_of_an_earlier_build_is_written_again(project, name, content):
    project.build()
    whole = project.zip().with_name(name).read_text()
    project.zip().with_name(name).write_text(content)
    project.build()
    assert project.zip().with_name(name).read_text() == whole


def test_a_file_in_the_way_of_dist_is_named(project):
    project.write("dist", "")
    with pytest.raises(FolderError, match=r"dist/host must be a folder; .*/dist is a file: move it away"):
        project.build()


# Only what the function needs


def test_other_functions_unused_library_code_tests_caches_and_stubs_stay_outside(project):
    project.write("functions/actor/handler.py", "import streamkit.used, json, boto3\n" + HANDLER)
    for name in ("used.py", "unused.py", "used.pyi", "py.typed", "__init__.py", "__pycache__/used.pyc"):
        project.write(f"lib/streamkit/{name}", "")
    project.write("functions/other/handler.py", HANDLER)
    project.write("functions/actor/tests/test_handler.py", "")
    project.build()
    assert project.names() == ["actor/handler.py", "streamkit/__init__.py", "streamkit/used.py"]


@pytest.mark.parametrize(
    "name",
    [
        "functions/actor/table.json",
        "functions/actor/schemas/trip/v1.json",
        "functions/actor/unreached/table.json",
        "lib/zones/table.json",
        "lib/zones/maps/north.json",
    ],
)
def test_data_below_our_packages_is_inside_with_and_without_init(project, name):
    project.write("functions/actor/handler.py", "import zones.names\n" + HANDLER)
    project.write("functions/actor/unreached/__init__.py", "")
    project.write("lib/zones/names.py", "")
    project.write(name, "{}")
    project.build()
    assert name.split("/", 1)[1] in project.names()


@pytest.mark.parametrize("name", ["library/table.json", "library/data/table.json"])
def test_data_of_a_reached_library_is_inside(project, name):
    project.write("functions/actor/handler.py", "import library\n" + HANDLER)
    project.write("vendored/library/__init__.py", "")
    project.write(f"vendored/{name}", "{}")
    project.build()
    assert name in project.names()


@pytest.mark.parametrize("name", ["lib/zones/table.json", "vendored/library/extra/table.json"])
def test_data_of_a_package_that_is_not_reached_stays_outside(project, name):
    project.write("functions/actor/handler.py", "import library\n" + HANDLER)
    project.write("lib/zones/__init__.py", "")
    project.write("vendored/library/__init__.py", "")
    project.write("vendored/library/extra/__init__.py", "")
    project.write(name, "{}")
    project.build()
    assert project.names() == ["actor/handler.py", "library/__init__.py"]


@pytest.mark.parametrize(
    "name",
    [
        *(".env", ".DS_Store", ".git/config", ".handler.py.swp", "handler.py~", "#handler.py#", "handler.py.orig"),
        *("handler.pyo", "handler.orig.py", "tests/event.json", "__pycache__/handler.cpython-313.pyc.1400"),
    ],
)
def test_secrets_caches_and_what_editors_leave_stay_outside(project, name):
    project.write(f"functions/actor/{name}", "SECRET = 1")
    project.build()
    assert project.names() == ["actor/handler.py"]


def test_a_link_to_nowhere_is_nothing(project):
    (project.root / "lib").mkdir()
    (project.root / "lib/broken.py").symlink_to("/nowhere.py")
    (project.root / "functions/actor/broken.json").symlink_to("/nowhere.json")
    project.build()
    assert project.names() == ["actor/handler.py"]


# Refused in the build, not at the first invocation


@pytest.mark.parametrize("target", [LAMBDA, HOST], ids=["lambda", "host"])
def test_an_import_the_runtime_cannot_satisfy_is_refused_with_function_import_and_remedy(project, target):
    project.write("functions/actor/handler.py", "import six\n" + HANDLER)
    with pytest.raises(
        PackageError, match=r"actor cannot run in AWS: actor\.handler, line 1, imports six, .*functions\.in"
    ):
        project.build(target)


@pytest.mark.parametrize("name", ["common", "other.store"])
def test_code_beside_the_function_is_refused_with_the_way_out(project, name):
    project.write("functions/common.py", "")
    project.write("functions/other/handler.py", HANDLER)
    project.write("functions/other/store.py", "")
    project.write("functions/actor/handler.py", f"import {name}\n" + HANDLER)
    with pytest.raises(
        PackageError, match=rf"imports {name}, which stands beside it in functions/, .*: move .* to lib/"
    ):
        project.build()


@pytest.mark.parametrize("target", [LAMBDA, HOST], ids=["lambda", "host"])
@pytest.mark.parametrize(
    "name", ["os.nope", "concurrent.futurez", "boto3.dynamodb.typo", "botocore.nope.more", "actor.nope"]
)
def test_a_module_that_its_package_lacks_is_refused_though_it_is_imported_late(project, target, name):
    project.write("functions/actor/handler.py", f"def handle(event, context):\n    import {name}\n")
    with pytest.raises(PackageError, match=f"imports {name}, which is neither"):
        project.build(target)


@pytest.mark.parametrize("target", [LAMBDA, HOST], ids=["lambda", "host"])
@pytest.mark.parametrize(
    "name", ["os.path", "collections.abc", "xml.etree.ElementTree", "encodings.idna", "boto3.dynamodb.types"]
)
def test_a_module_inside_what_the_runtime_brings_is_there(project, target, name):
    project.write("functions/actor/handler.py", f"import {name}\n" + HANDLER)
    assert project.build(target)


def test_a_name_that_the_runtime_lacks_is_refused_though_it_is_imported_late(project):
    late = "def handle(event, context):\n    from botocore.vendored import requestz\n"
    project.write("functions/actor/handler.py", late)
    with pytest.raises(PackageError, match=r"No module named 'botocore\.vendored\.requestz'"):
        project.build()


@pytest.mark.parametrize("name", ["json", "calendar", "boto3", "urllib3"])
@pytest.mark.parametrize("place", ["functions/{}/handler.py", "lib/{}.py", "lib/{}/__init__.py"])
def test_a_name_that_the_runtime_uses_is_refused(project, place, name):
    project.write(place.format(name), HANDLER)
    with pytest.raises(PackageError, match=f"{name} must have a name of its own; the Lambda runtime has"):
        project.build(LAMBDA)


def test_a_name_that_a_vendored_library_uses_is_refused(project):
    project.write("vendored/library/__init__.py", "")
    project.write("lib/library.py", "")
    with pytest.raises(PackageError, match="lib/library must have a name of its own; a vendored library has"):
        project.build()


def test_an_actor_named_like_a_package_of_lib_is_refused(project):
    project.write("lib/actor/__init__.py", "")
    with pytest.raises(PackageError, match="functions/actor must have a name of its own; lib/actor has"):
        project.build()


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
