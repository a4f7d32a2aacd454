"""The emulator's pollers are off while an engine runs and on afterwards, whatever happens in between."""

import pytest

from local.engine.live.takeover import TakeOver, TakeOverError
from tests.doubles import refused


class MemoryPollers:
    """A Lambda client with mappings that switch after a number of looks."""

    def __init__(self, looks=0, **states):
        self.states = states
        self.looks = looks
        self.broken = False

    def update_event_source_mapping(self, UUID, Enabled):  # noqa: N803
        if self.broken:
            raise refused("ServiceException", 500)
        if UUID not in self.states:
            raise refused("ResourceNotFoundException", 404)
        self.states[UUID] = "Enabled" if Enabled else "Disabling"

    def get_event_source_mapping(self, UUID):  # noqa: N803
        if self.states.get(UUID) == "Disabling":
            self.looks -= 1
            if self.looks < 0:
                self.states[UUID] = "Disabled"
        return {"State": self.states[UUID]}


def engine(pollers, folder, told=None):
    return TakeOver(pollers, folder, lambda _seconds: None, [].append if told is None else told.append)


def test_pollers_are_off_when_taken_and_on_when_given_back(tmp_path):
    pollers = MemoryPollers(a="Enabled", b="Enabled")
    taken = engine(pollers, tmp_path)
    taken.take(["a", "b"])
    assert pollers.states == {"a": "Disabled", "b": "Disabled"}
    taken.give_back()
    assert pollers.states == {"a": "Enabled", "b": "Enabled"}


def test_what_is_switched_off_is_on_disk_before(tmp_path):
    pollers = MemoryPollers(a="Enabled")
    pollers.broken = True
    with pytest.raises(Exception, match="ServiceException"):
        engine(pollers, tmp_path).take(["a"])
    assert engine(pollers, tmp_path).ours == {"a": None}


def test_after_a_kill_the_next_engine_gives_back_what_the_first_one_took(tmp_path):
    pollers = MemoryPollers(a="Enabled")
    engine(pollers, tmp_path).take(["a"])
    engine(pollers, tmp_path).give_back()
    assert pollers.states == {"a": "Enabled"}


def test_a_mapping_that_is_off_because_of_us_counts_as_on(tmp_path):
    pollers = MemoryPollers(a="Enabled", b="Disabled")
    engine(pollers, tmp_path).take(["a"])
    again = engine(pollers, tmp_path)
    assert [again.is_on(uuid, pollers.states[uuid]) for uuid in "ab"] == [True, False]


def test_nothing_flows_before_a_poller_is_off_for_good(tmp_path):
    pollers = MemoryPollers(looks=3, a="Enabled")
    engine(pollers, tmp_path).take(["a"])
    assert pollers.states == {"a": "Disabled"}


def test_a_poller_that_stays_on_refuses_the_start(tmp_path):
    with pytest.raises(TakeOverError, match="a is still Disabling"):
        engine(MemoryPollers(looks=10**6, a="Enabled"), tmp_path).take(["a"])


def test_what_cannot_be_given_back_is_told_and_stays_on_disk(tmp_path):
    told: list[str] = []
    pollers = MemoryPollers(a="Enabled")
    taken = engine(pollers, tmp_path, told)
    taken.take(["a"])
    pollers.broken = True
    assert (taken.give_back(), "a could not be given back" in told[0].replace("mapping ", "")) == (False, True)
    assert engine(pollers, tmp_path).ours == {"a": None}


def test_a_mapping_deleted_meanwhile_needs_nothing_given_back(tmp_path):
    pollers = MemoryPollers(a="Enabled")
    taken = engine(pollers, tmp_path)
    taken.take(["a"])
    del pollers.states["a"]
    assert taken.give_back()
    assert engine(pollers, tmp_path).ours == {}


def test_a_damaged_list_is_named(tmp_path):
    (tmp_path / "pollers.json").write_text('{"a": true}')
    with pytest.raises(TakeOverError, match=r"pollers\.json: must be a list"):
        engine(MemoryPollers(), tmp_path)


def test_a_list_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "pollers.json").mkdir()
    with pytest.raises(TakeOverError, match=r"pollers\.json: cannot be read"):
        engine(MemoryPollers(), tmp_path)
