"""What becomes of the other mappings when one meets a mistake of ours."""

import pytest

from local.engine.live.clients import Clients
from local.engine.live.desk import Pools
from local.engine.live.engine import Engine, EngineError
from local.engine.live.inventory import Found
from local.engine.live.invoking import FunctionFacts
from local.engine.live.loop import Loop
from local.engine.live.readings import Readings
from local.engine.live.stream_worker import StreamWorker
from local.engine.live.voice import Voice
from local.engine.live.workers import Workers
from local.engine.mapping import load
from tests.doubles import ManualClock
from tests.engine.doubles import SHARD, mapping
from tests.engine.live.doubles import ROLE, AtOnce, MemoryCheckpoints, MemoryClients, MemoryStream, ScriptedFunctions

HEALTHY, MISTAKEN = "7e2437f6-5ae6-46e7-807d-c80280fec103", "d3879e40-390c-47e3-9413-1d336a05f28e"


class MistakenStream(MemoryStream):
    """Meets something nobody thought of at its second read."""

    reads = 0

    def read(self, *arguments):
        self.reads += 1
        if self.reads == 2:
            raise KeyError("ShardIterator")
        return super().read(*arguments)


class StagedWorkers(Workers):
    """Workers whose streams are in memory, by mapping."""

    streams: dict[str, MemoryStream]

    def _worker(self, found, saved, loop):
        return StreamWorker(self._desk(found, loop, lambda _text: None), self.streams[found.mapping.uuid], saved)


class Office:
    """Two mappings at work beside each other; ten seconds have passed."""

    def __init__(self, folder):
        self.clock, self.functions = ManualClock(now=2000.0), ScriptedFunctions()
        self.told: list[str] = []
        self.streams = {HEALTHY: MemoryStream(), MISTAKEN: MistakenStream()}
        self.checkpoints = MemoryCheckpoints()
        loop = Loop(lambda: self.clock.now)
        self.workers = StagedWorkers(
            MemoryClients(**{"lambda": self.functions}),
            loop,
            Pools(*[AtOnce()] * 3),
            self.checkpoints,  # type: ignore[arg-type]
            Readings(folder),
            Voice(self.told.append),
            None,
        )
        self.workers.streams = self.streams
        for uuid, stream in self.streams.items():
            stream.shard(SHARD)
            loaded = load(mapping(UUID=uuid, StartingPosition="TRIM_HORIZON", DestinationConfig=None))
            self.workers.employ(
                Found(loaded, FunctionFacts(loaded.function, ROLE, 3.0), wanted=True, state="Enabled"), {}
            )
        for second in range(10):
            self.streams[HEALTHY].put(second, arrived=self.clock.now)
            self.clock.now += 1.0
            self.workers.refresh(self.clock.now)
            loop.catch_up()


@pytest.fixture
def office(tmp_path):
    return Office(tmp_path)


def test_a_mistake_in_one_mapping_leaves_the_others_at_work(office):
    assert [number for batch in office.functions.numbers for number in batch] == [str(n) for n in range(10)]


def test_a_mistake_is_told_once_with_mapping_shard_and_what_was_raised(office):
    (told,) = office.told
    assert MISTAKEN in told
    assert SHARD in told
    assert "KeyError: 'ShardIterator'" in told
    assert "test_workers.py" in told


def test_a_mapping_that_died_is_waited_for_by_nobody(office):
    office.workers.by_uuid[MISTAKEN].desk.tally.in_flight = 1
    assert (office.workers.are_ready, office.workers.busy, office.workers.died) == (True, 0, [MISTAKEN])


def test_a_mapping_that_died_and_was_changed_may_be_run_anew(office):
    followed = []
    office.workers.dismiss(MISTAKEN, lambda: followed.append(MISTAKEN))
    assert (followed, list(office.workers.by_uuid)) == ([MISTAKEN], [HEALTHY])


@pytest.fixture
def engine(tmp_path, monkeypatch):
    """An engine that has nothing to do."""
    monkeypatch.setattr(Engine, "_start", lambda _engine: None)
    monkeypatch.setattr(Clients, "client", lambda *_, **__: None)
    engine = Engine("http://127.0.0.1:1", home=tmp_path, tell=lambda _text: None)
    engine.stop()
    return engine


def test_an_engine_ends_with_an_error_when_a_mapping_died(engine):
    engine.workers.died.append(MISTAKEN)
    with pytest.raises(EngineError, match=MISTAKEN):
        engine.run()
