"""trip_writer's reader is handed over from shared to fan-out while trips come in, as modules/trips/README.md has it.

shared     ==========|off          deleted
fan-out           from |=====================
                     ^ before the last record that the shared one has finished
"""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.flows.producing import LATENESS, SPOILED, producing
from tests.flows.stocktaking import is_closer, reported
from tests.flows.windows import settled

FLOW = "module.trips"


@pytest.fixture
def handing_over(stack):
    """Applies the stack with these readers of trip_writer; what the other tests apply stands again at the end."""

    def apply(readers):
        trips = {**stack.variables["trips"], "writer": {"readers": readers}}
        replace(stack, variables={**stack.variables, "trips": trips}).apply(FLOW)

    yield apply
    stack.apply(FLOW)


@pytest.fixture
def river(trips, engine):
    kinesis = trips.endpoint.client("kinesis")
    settled(trips, kinesis, seconds=60)
    trips.forget_trips()
    return trips


def mappings_of_writer(trips):
    """Source and state of each mapping of the writer."""
    writer = f":{trips.outputs['trip_writer_function_name']}:"
    return {
        "fan_out" if "/consumer/" in mapping["EventSourceArn"] else "shared": mapping["UUID"]
        for mapping in trips.mappings()
        if writer in mapping["FunctionArn"]
    }


def test_no_trip_is_lost_while_a_reader_of_its_own_takes_over(river, handing_over, tmp_path):
    report = tmp_path / "report.json"
    options = [*SPOILED, *LATENESS, "--rate", "50", "--seconds", "40", "--aggregate-bytes", "2000"]
    before = mappings_of_writer(river)
    with producing(river, report, *options):
        begins = datetime.now(UTC) - timedelta(minutes=1)
        fan_out = {"from_timestamp": f"{begins:%Y-%m-%dT%H:%M:%SZ}"}
        handing_over({"shared": {"enabled": False}, "fan_out": fan_out})
        both = mappings_of_writer(river)
        handing_over({"fan_out": fan_out})
    messages = settled(river, river.endpoint.client("kinesis"), seconds=180)
    expected = reported([json.loads(report.read_text())], ["trip_writer"])
    # Through fan-out the place inside an aggregate is not known for sure, so what is unusable is told by its content.
    unusable = {base64.b64decode(one["data"]) for one in messages if not is_closer(one)}
    assert len(river.items()) == expected.distinct_trips
    assert len(unusable) == expected.quarantined.sure["trip_writer"]["records"]
    assert both["shared"] == before["shared"]
    assert mappings_of_writer(river) == {"fan_out": both["fan_out"]}
