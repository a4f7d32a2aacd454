"""`make up` and `make down`: what was made there is gone, and nothing else."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from local import laptop
from local.endpoint import Address, Endpoint
from local.laptop import Laptop, at_work


@dataclass
class Recorded:
    """An emulator, a stack and an engine that only note what they are told."""

    answering: Endpoint | None
    done: list[str] = field(default_factory=list)

    def note(self, what):
        self.done.append(what)


class RecordedEmulator:
    def __init__(self, recorded):
        self.recorded = recorded

    def look(self):
        return self.recorded.answering

    def down(self):
        self.recorded.note("emulator down")


class RecordedStack:
    def __init__(self, recorded, state):
        self.recorded = recorded
        self.state = state

    def destroy(self):
        self.recorded.note("stack destroyed")

    def forget(self):
        self.recorded.note("state forgotten")


class RecordedEngine:
    def __init__(self, recorded):
        self.recorded = recorded

    def down(self):
        self.recorded.note("engine down")


@pytest.fixture
def state(tmp_path):
    path = tmp_path / "terraform.tfstate"
    path.touch()
    return path


def down(answering, state):
    recorded = Recorded(answering)
    parts: dict[str, Any] = {
        "emulator": RecordedEmulator(recorded),
        "stack": RecordedStack(recorded, state),
        "engine": RecordedEngine(recorded),
    }
    Laptop(Address("http", "127.0.0.1", 4566), **parts).down()
    return recorded.done


def answering(*, ours):
    return Endpoint("http://127.0.0.1:4566", "ministack", "1", ours)


def test_an_emulator_of_ours_takes_its_stack_with_it(state):
    assert down(answering(ours=True), state) == ["engine down", "emulator down", "state forgotten"]


def test_from_an_aws_of_somebody_else_the_stack_is_destroyed(state):
    assert down(answering(ours=False), state) == ["engine down", "stack destroyed", "emulator down", "state forgotten"]


def test_nothing_is_destroyed_where_nothing_was_applied(tmp_path):
    assert "stack destroyed" not in down(answering(ours=False), tmp_path / "terraform.tfstate")


def test_each_port_has_a_stack_of_its_own():
    first, second = (Laptop.at(Address("http", "127.0.0.1", port)).stack.folder for port in (4703, 4704))
    assert first != second


def test_everything_that_was_started_is_found_whatever_its_port(tmp_path, monkeypatch):
    monkeypatch.setattr(laptop, "KEPT", tmp_path)
    for port, note in (("4703", "process.json"), ("4704", "engine.json")):
        (tmp_path / port).mkdir()
        (tmp_path / port / note).touch()
    (tmp_path / "logs").mkdir()
    assert [found.address.port for found in at_work()] == [4703, 4704]
