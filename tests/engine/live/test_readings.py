"""What is measured is kept for alarms and put where the endpoint does not count by itself."""

import json

import pytest

from local.engine.live.readings import Readings
from local.engine.metrics import Metric
from tests.engine.live.doubles import MemoryCloudWatch

FUNCTION = ("FunctionName", "f")


def metrics(*values, name="IteratorAge", unit="Milliseconds"):
    return [Metric(1000.0 + n, name, value, unit, FUNCTION) for n, value in enumerate(values)]


@pytest.fixture
def readings(tmp_path):
    return Readings(tmp_path)


def test_data_points_between_two_flushes_are_one_reading(readings):
    readings.add(metrics(10.0, 30.0, 20.0))
    (closed,) = readings.flush()
    assert (closed.count, closed.sum, closed.minimum, closed.maximum) == (3, 60.0, 10.0, 30.0)
    assert (readings.flush(), list(readings.recent)) == ([], [closed])


def test_each_reading_is_a_line_on_disk(readings):
    readings.add(metrics(10.0))
    readings.write(readings.flush())
    readings.add(metrics(20.0))
    readings.write(readings.flush())
    assert [json.loads(line)["sum"] for line in readings.path.read_text().splitlines()] == [10.0, 20.0]


@pytest.mark.parametrize(("emits", "put"), [(True, ["IteratorAge"]), (False, ["IteratorAge", "Invocations"])])
def test_what_lambda_counts_itself_is_put_only_where_it_does_not(readings, emits, put):
    endpoint = MemoryCloudWatch(emits=emits)
    readings.add([*metrics(10.0), *metrics(1.0, name="Invocations", unit="Count")])
    readings.put(lambda: endpoint, readings.flush())
    assert endpoint.names == put
