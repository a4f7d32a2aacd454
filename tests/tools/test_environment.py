"""Which environments are made anew, and that a Python too old for this project is told so."""

import subprocess
import sys

import pytest

from tools import environment, provider
from tools.environment import FOLDERS, fingerprint, make

OLD_PYTHON = "import sys; sys.version_info = (3, 6, 15); sys.argv = ['x']; exec(open('tools/python_version.py').read())"


@pytest.fixture
def root(tmp_path):
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements/dev.txt").write_text("")
    return tmp_path


def test_an_environment_that_fits_its_pins_is_left_alone(root):
    python = root / FOLDERS["dev"] / "bin/python"
    python.parent.mkdir(parents=True)
    python.touch()
    (root / FOLDERS["dev"] / "installed.txt").write_text(fingerprint(root / "requirements/dev.txt"))
    assert make("dev", root) == "unchanged"


def test_other_pins_are_another_environment(root):
    pins = root / "requirements/dev.txt"
    before = fingerprint(pins)
    pins.write_text("six==1.17.0\n")
    assert fingerprint(pins) != before


def test_an_environment_of_another_python_is_not_reused(tmp_path):
    (tmp_path / "lib/python3.6").mkdir(parents=True)
    assert not environment.same_interpreter(tmp_path)


def test_pins_that_cannot_be_installed_end_in_one_sentence_after_what_pip_said(root):
    folder = root / FOLDERS["dev"]
    (folder / "lib" / "python{}.{}".format(*sys.version_info)).mkdir(parents=True)
    (folder / "bin").mkdir()
    python = folder / "bin/python"
    python.write_text("#!/bin/sh\necho no matching distribution\nexit 1\n")
    python.chmod(0o755)
    with pytest.raises(
        SystemExit, match=r"^no matching .*\nrequirements/dev\.txt could not be installed into \.venv\.$"
    ):
        make("dev", root)


def test_the_users_pip_variables_do_not_send_an_environment_elsewhere(root, monkeypatch):
    folder = root / FOLDERS["dev"]
    (folder / "lib" / "python{}.{}".format(*sys.version_info)).mkdir(parents=True)
    (folder / "bin").mkdir()
    python = folder / "bin/python"
    python.write_text('#!/bin/sh\ntest -z "$PIP_TARGET$PIP_PREFIX"\n')
    python.chmod(0o755)
    monkeypatch.setenv("PIP_TARGET", "/elsewhere")
    assert make("dev", root) == "installed requirements/dev.txt"


def test_an_old_python_is_told_with_its_version_and_the_remedy():
    done = subprocess.run(
        [sys.executable, "-c", OLD_PYTHON], cwd=environment.ROOT, capture_output=True, text=True, check=False
    )
    assert done.stderr.startswith("Sluice needs Python 3.11 or newer;")
    assert "is 3.6.15: install one" in done.stderr


def test_terraforms_own_files_stay_out_of_our_sources():
    module = provider.ROOT / "modules" / "stream"
    assert provider.data_folder("validate", module) == {
        "TF_DATA_DIR": str(provider.ROOT / ".local/terraform/validate/modules-stream")
    }
