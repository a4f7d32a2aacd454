"""The third-party code that is packed is what the pins say, whatever became of the copy kept here."""

from pathlib import Path

import pytest

from tools.targets import PackageError, Target, host_target
from tools.wheels import refuse_markers, third_party

HOST = host_target()


class Fetched:
    """Writes the same two files as an installer would, and counts how often."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, target: Target, requirements: Path, folder: Path) -> None:
        self.times += 1
        (folder / "library").mkdir(parents=True)
        (folder / "library/__init__.py").write_text("answer = 42\n")
        (folder / "library/table.json").write_text("{}")


@pytest.fixture
def fetched() -> Fetched:
    return Fetched()


@pytest.fixture
def shelf(tmp_path, fetched):
    """The folder of third-party code, asked for anew at every call."""
    requirements = tmp_path / "functions.txt"
    requirements.write_text("library==1.0\n")
    return lambda: third_party(HOST, requirements, tmp_path / "wheels", fetched)


def damage(path: Path) -> None:
    path.write_text("answer = 41\n")


def delete(path: Path) -> None:
    path.unlink()


def add(path: Path) -> None:
    path.with_name("more.py").touch()


def test_what_was_fetched_once_is_not_fetched_again(shelf, fetched):
    assert (shelf(), fetched.times) == (shelf(), 1)


@pytest.mark.parametrize("harm", [damage, delete, add])
def test_a_copy_that_is_not_what_was_fetched_is_replaced(shelf, harm):
    harm(shelf() / "library/__init__.py")
    assert {path.name: path.read_text() for path in (shelf() / "library").iterdir()} == {
        "__init__.py": "answer = 42\n",
        "table.json": "{}",
    }


def test_a_copy_without_its_digest_is_replaced(shelf, fetched):
    shelf().with_name("sha256").unlink()
    shelf()
    assert fetched.times == 2


def test_a_copy_that_cannot_be_replaced_is_not_used(shelf, tmp_path):
    damage(shelf() / "library/__init__.py")

    def unreachable(target: Target, requirements: Path, folder: Path) -> None:
        raise PackageError("is the network up?")

    with pytest.raises(PackageError):
        third_party(HOST, tmp_path / "functions.txt", tmp_path / "wheels", unreachable)


def test_other_pins_take_the_place_of_the_copy_and_of_what_a_killed_build_left(shelf, tmp_path):
    shelf()
    (tmp_path / "wheels/host-unfinished").mkdir()
    (tmp_path / "functions.txt").write_text("library==1.1\n")
    kept = shelf()
    assert list((tmp_path / "wheels").iterdir()) == [kept.parent]


def test_a_pin_that_depends_on_the_building_interpreter_is_refused(tmp_path):
    requirements = tmp_path / "functions.txt"
    requirements.write_text('tomli==2.0.1 ; python_version < "3.11" \\\n')
    with pytest.raises(PackageError, match="must pin each distribution for every target alike; got 'tomli"):
        refuse_markers(requirements)
