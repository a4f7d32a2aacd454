"""kinesis-mock is fetched once for each lock, and its absence fails nothing."""

import subprocess

import pytest

from tools import kinesis_mock
from tools.kinesis_mock import FILES, install


@pytest.fixture
def locked(tmp_path):
    folder = tmp_path / "locked"
    folder.mkdir()
    for name in FILES:
        (folder / name).write_text(name)
    return folder


def done(code=0, stderr=""):
    return lambda command, folder: subprocess.CompletedProcess(command, code, "", stderr)


def never(command, folder):
    raise AssertionError("npm was called")


def test_what_fits_its_lock_is_left_alone(tmp_path, locked):
    install(tmp_path / "home", locked, done())
    assert install(tmp_path / "home", locked, never) == "unchanged"


def test_another_lock_is_fetched_anew(tmp_path, locked):
    install(tmp_path / "home", locked, done())
    (locked / "package-lock.json").write_text("other")
    assert install(tmp_path / "home", locked, done()).startswith("installed")


def test_a_registry_out_of_reach_is_told_and_asked_again_next_time(tmp_path, locked):
    unreachable = done(1, "npm error code ENOTFOUND\nnpm error network\n")
    assert "tests that reshard are skipped" in install(tmp_path / "home", locked, unreachable)
    assert install(tmp_path / "home", locked, done()).startswith("installed")


def test_the_lock_names_every_file_of_the_package_by_its_digest():
    assert '"integrity": "sha512-' in (kinesis_mock.LOCKED / "package-lock.json").read_text()
