"""A mapping that lacks something for a while is not forgotten; one that is gone is nobody's."""

import json

import pytest

from local.engine.live.desk import Pools
from local.engine.live.engine import Engine, Habits
from local.engine.live.rounds import Rounds
from local.engine.live.takeover import TakeOver
from tests.doubles import ManualClock, refused
from tests.engine.doubles import SHARD
from tests.engine.live.doubles import AtOnce, MemoryClients, MemoryStream, ScriptedFunctions
from tests.engine.live.test_inventory import MemoryFunctions, listed
from tests.engine.live.test_terraform_state import STREAM_ATTRIBUTES, UUID, shown
from tests.engine.live.test_workers import StagedWorkers


class Endpoint(MemoryFunctions, ScriptedFunctions):
    """A Lambda client with one mapping; it, and its function, may go and come."""

    def __init__(self):
        MemoryFunctions.__init__(self, listed(StartingPosition="TRIM_HORIZON"))
        ScriptedFunctions.__init__(self)
        self.stuck = False

    def update_event_source_mapping(self, UUID, Enabled):  # noqa: N803
        if self.stuck:
            return
        self.get_event_source_mapping(UUID)["State"] = "Enabled" if Enabled else "Disabled"

    def get_event_source_mapping(self, UUID):  # noqa: N803
        if not any(mapping["UUID"] == UUID for mapping in self.mappings):
            raise refused("ResourceNotFoundException", 404)
        return self.mappings[0]


class Running:
    """An engine at work, in one thread; `look` is what it does every few seconds."""

    def __init__(self, folder):
        self.endpoint, self.stream = Endpoint(), MemoryStream()
        self.told: list[str] = []
        self.clock = ManualClock(now=2000.0)
        self.stream.shard(SHARD)
        self.state = folder / "state.json"
        self.engine = engine = Engine(
            "http://127.0.0.1:1",
            home=folder,
            habits=Habits(metric_seconds=1e6),
            tell=self.told.append,
            clock=lambda: self.clock.now,
        )
        engine.clients = MemoryClients(**{"lambda": self.endpoint})
        engine.clients.endpoint = "http://127.0.0.1:1"
        engine.control = AtOnce()
        engine.pools = Pools(*[AtOnce()] * 3)
        engine.workers = StagedWorkers(
            engine.clients, engine.loop, engine.pools, engine.checkpoints, engine.readings, engine.voice, None
        )
        engine.workers.streams = {UUID: self.stream}
        engine.takeover = TakeOver(self.endpoint, folder, lambda _seconds: None, self.told.append)
        engine.rounds = Rounds(
            engine._inventory, engine.clients.endpoint, engine.takeover, engine.workers, engine.control, engine.voice
        )
        engine._start()
        engine.loop.catch_up()
        self.told.clear()

    @property
    def is_run(self):
        return UUID in self.engine.workers.by_uuid

    def look(self):
        self.clock.now += 10.0
        self.engine.loop.catch_up()
        self.engine.loop.catch_up()

    def declare(self, *attributes):
        self.state.write_text(shown(*attributes))
        self.engine.state = self.state

    def end(self):
        self.engine._end()
        return [mapping["State"] for mapping in self.endpoint.mappings]


@pytest.fixture
def running(tmp_path):
    return Running(tmp_path)


def test_a_mapping_whose_function_is_gone_is_not_run_and_is_run_again_when_it_is_back(running):
    running.endpoint.functions = False
    running.look()
    without = running.is_run
    running.endpoint.functions = True
    running.look()
    assert (without, running.is_run) == (False, True)


def test_a_mapping_that_was_not_complete_for_a_while_is_switched_on_at_the_end(running):
    running.endpoint.functions = False
    running.look()
    assert running.end() == ["Enabled"]


def test_the_next_engine_knows_of_a_mapping_that_was_not_complete_when_this_one_was_killed(running, tmp_path):
    running.endpoint.functions = False
    running.look()
    assert json.loads((tmp_path / "pollers.json").read_text()) == [UUID]


def test_what_a_mapping_lacks_is_told_once_and_once_that_it_is_back(running):
    running.endpoint.functions = False
    running.look()
    running.look()
    running.endpoint.functions = True
    running.look()
    running.look()
    lacks, complete, run = running.told
    assert "its function arn:aws:lambda:us-east-1:123456789012:function:f is gone" in lacks
    assert ("is complete again" in complete, "is run from now on" in run) == (True, True)


def test_a_function_that_is_gone_again_is_told_again(running):
    running.endpoint.script = [refused("ResourceNotFoundException", 404, "Invoke")] * 9
    running.stream.put(1)
    running.look()
    running.endpoint.functions = False
    running.look()
    running.endpoint.functions = True
    running.look()
    assert len([text for text in running.told if "cannot be invoked" in text]) == 2


def test_a_mapping_is_not_run_anew_while_something_of_it_is_in_flight(running):
    running.engine.workers.by_uuid[UUID].desk.tally.in_flight = 1
    running.endpoint.functions = False
    running.look()
    running.endpoint.functions = True
    running.look()
    assert not running.is_run


def test_a_mapping_that_was_deleted_is_forgotten(running, tmp_path):
    running.endpoint.mappings.clear()
    running.look()
    assert (running.is_run, (tmp_path / "pollers.json").exists()) == (False, False)


def test_a_mapping_that_is_no_longer_declared_is_the_emulators_again(running):
    running.declare()
    running.look()
    assert (running.is_run, running.endpoint.mappings[0]["State"]) == (False, "Enabled")


def test_a_mapping_that_is_switched_off_in_the_state_stays_off_at_the_end(running):
    running.declare({**STREAM_ATTRIBUTES, "enabled": False})
    running.look()
    assert (running.is_run, running.end()) == (False, ["Disabled"])


def test_an_endpoint_that_came_back_empty_is_told_in_one_line(running):
    running.endpoint.mappings.clear()
    running.look()
    running.look()
    (told,) = running.told
    assert "http://127.0.0.1:1 came back empty" in told


def test_a_mapping_that_cannot_be_taken_over_yet_is_told_and_tried_again(running):
    running.endpoint.mappings[0]["State"], running.endpoint.stuck = "Enabled", True
    running.look()
    running.endpoint.stuck = False
    running.look()
    stuck, over = running.told
    assert ("tried again" in stuck, f"mapping {UUID} is still Enabled" in stuck) == (True, True)
    assert over == "the mappings can be looked at again"
