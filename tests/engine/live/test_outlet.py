"""Metrics go to disk and to the endpoint; what is told when one of them fails is told of that one."""

import pytest

from local.engine.live.loop import Loop
from local.engine.live.outlet import Outlet
from local.engine.live.readings import Readings
from local.engine.live.voice import Voice
from local.engine.metrics import Metric
from tests.doubles import ManualClock
from tests.engine.live.doubles import AtOnce, MemoryCloudWatch


@pytest.fixture
def flushed():
    """Flushes one reading after the other; what was told of it."""

    def flushed(folder, cloudwatch, times):
        clock = ManualClock(now=1000.0)
        told: list[str] = []
        loop, readings = Loop(lambda: clock.now), Readings(folder)
        outlet = Outlet(readings, lambda: cloudwatch, loop, AtOnce(), Voice(told.append))
        for _ in range(times):
            readings.add([Metric(1000.0, "IteratorAge", 10.0, "Milliseconds", ("FunctionName", "f"))])
            outlet.flush(clock.now)
            loop.catch_up()
        return told

    return flushed


def test_a_file_that_cannot_be_written_is_told_as_that_and_the_endpoint_gets_its_metrics(tmp_path, flushed):
    file, cloudwatch = tmp_path / "file", MemoryCloudWatch()
    file.touch()
    (told,) = flushed(file, cloudwatch, times=2)
    assert told.startswith(f"{file / 'metrics.jsonl'} cannot be written; metrics are only put to the endpoint: ")
    assert cloudwatch.names == ["IteratorAge", "IteratorAge"]


def test_an_endpoint_without_metrics_is_told_once_and_they_are_kept(tmp_path, flushed):
    first, last = flushed(tmp_path, MemoryCloudWatch(refusals=2), times=3)
    assert first.startswith(f"the endpoint takes no metrics; they are only kept in {tmp_path / 'metrics.jsonl'}: ")
    assert last == "the endpoint takes metrics again"
    assert len((tmp_path / "metrics.jsonl").read_text().splitlines()) == 3
