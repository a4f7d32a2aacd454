"""Shards split and merge under the producer and both consumers, on a Kinesis that keeps a closed parent's records."""

from __future__ import annotations

import json
import socket
import time
from contextlib import ExitStack, closing

import pytest

from local.endpoint import client
from tests.flows.engine.kinesis_mock import kinesis_mock
from tests.flows.engines import engine_reading
from tests.flows.patience import until
from tests.flows.producing import LATENESS, SPOILED, producing
from tests.flows.stocktaking import held, reported
from tests.flows.windows import settled

CONSUMERS = ("trip_writer", "window_aggregator")


@pytest.fixture
def kinesis(trips, tmp_path):
    """The flow's stream with two shards, elsewhere."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(closing(socket.create_server(("127.0.0.1", 0)))) for _ in range(2)]
        ports = [each.getsockname()[1] for each in sockets]
    with kinesis_mock(ports[0], ports[1], tmp_path / "kinesis.log") as url:
        kinesis = client("kinesis", url)
        kinesis.create_stream(StreamName=trips.outputs["trips_stream_name"], ShardCount=2)
        until(lambda: is_active(kinesis, trips), seconds=20)
        yield kinesis


@pytest.fixture
def river(endpoint, stack, trips, kinesis, tmp_path):
    """The flow on that stream. Its shards have the names of the other's, so no mark may be left of either.

    Until the engine takes over, the endpoint's own pollers deliver the other stream anew: what they began is waited for
    and forgotten.
    """
    trips.poll(on=True)
    with engine_reading(kinesis.meta.endpoint_url, endpoint.url, stack.state, tmp_path / "engine"):
        comes_to_rest(trips)
        trips.forget_trips()
        trips.quarantined()
        trips.forget_totals(marks=True)
        yield trips
    trips.poll(on=False)
    trips.forget_totals(marks=True)


def comes_to_rest(trips):
    counts: list[int] = []

    def is_unchanged() -> bool:
        counts.append(len(trips.items()))
        return counts[-2:-1] == counts[-1:]

    until(is_unchanged, seconds=60, every=3)


def is_active(kinesis, trips):
    stream = kinesis.describe_stream_summary(StreamName=trips.outputs["trips_stream_name"])
    return stream["StreamDescriptionSummary"]["StreamStatus"] == "ACTIVE"


def reshard(kinesis, trips, shards):
    kinesis.update_shard_count(
        StreamName=trips.outputs["trips_stream_name"], TargetShardCount=shards, ScalingType="UNIFORM_SCALING"
    )
    until(lambda: is_active(kinesis, trips), seconds=20)


def test_totals_equal_the_report_while_shards_split_and_merge(river, kinesis, tmp_path):
    reports = [tmp_path / "aggregated.json", tmp_path / "plain.json"]
    usual = [*SPOILED, *LATENESS, "--seconds", "12", "--rate"]
    with ExitStack() as produced:
        produced.enter_context(
            producing(river, reports[0], *usual, "800", "--seed", "1", "--aggregate-bytes", "2000", kinesis=kinesis)
        )
        produced.enter_context(producing(river, reports[1], *usual, "200", "--seed", "2", "--plain", kinesis=kinesis))
        time.sleep(3)
        reshard(kinesis, river, 4)
        time.sleep(3)
        reshard(kinesis, river, 2)
    messages = settled(river, kinesis, seconds=120)
    expected = reported([json.loads(report.read_text()) for report in reports], CONSUMERS)
    assert held(river.totals_items(), messages, len(river.items())).differences(expected) == []
    assert len(kinesis.list_shards(StreamName=river.outputs["trips_stream_name"])["Shards"]) >= 8
