"""Through throttles, partial failures, resets and a stream deleted under it, the report stays exact."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from itertools import count
from pathlib import Path

import pytest
from botocore.config import Config

from local.endpoint import client
from local.faults import Delay, Partial, Reset, Rule, ServerError, Throttle
from producer import Producer, Settings
from producer.shard_map import ShardMap
from streamkit.kpl import unpack
from streamkit.throttle import Backoff

ROOT = Path(__file__).resolve().parents[2]
ONCE = Config(retries={"total_max_attempts": 1, "mode": "standard"}, read_timeout=5, max_pool_connections=4)
SOON = Backoff(first_seconds=0.01, longest_seconds=0.05)
NAMES = (f"trips-{number}" for number in count())
RECORDS = [(f"vendor-{number % 7}", b'{"n":%d}' % number) for number in range(600)]

PLAIN = Settings(aggregate_bytes=None, linger_seconds=0.01, backoff=SOON)
AGGREGATED = Settings(aggregate_bytes=1_024, linger_seconds=0.01, backoff=SOON)
BOTH = pytest.mark.parametrize("settings", [PLAIN, AGGREGATED], ids=["plain", "aggregated"])


@pytest.fixture
def stream(endpoint):
    name = next(NAMES)
    kinesis = endpoint.client("kinesis")
    kinesis.create_stream(StreamName=name, ShardCount=3)
    _until(lambda: _active(kinesis, name))
    return name


def put_all(proxy, stream, settings, *rules):
    """The counts after every record was put while these rules were in force."""
    with proxy.faults(*rules), Producer(client("kinesis", proxy.url, config=ONCE), stream, settings) as producer:
        for key, data in RECORDS:
            producer.put(data, key)
    return producer.counts()


def read(endpoint, stream):
    """Every user record of the stream, sorted."""
    kinesis = endpoint.client("kinesis")
    found = []
    for shard in kinesis.list_shards(StreamName=stream)["Shards"]:
        place = {"StreamName": stream, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        iterator = kinesis.get_shard_iterator(**place)["ShardIterator"]
        while records := (answer := kinesis.get_records(ShardIterator=iterator))["Records"]:
            iterator = answer["NextShardIterator"]
            for record in records:
                packed = unpack(record["Data"])
                found += [p.data for p in packed] if isinstance(packed, list) else [record["Data"]]
    return sorted(found)


ALL = sorted(data for _, data in RECORDS)


@BOTH
def test_throttled_calls_and_refused_records_are_stored_once(endpoint, proxy, stream, settings):
    throttles = Rule(Throttle(), "kinesis", "PutRecords", times=2)
    partial = Rule(Partial(0.3), "kinesis", "PutRecords", probability=0.7, times=5)
    counts = put_all(proxy, stream, settings, throttles, partial)
    assert (counts.acknowledged, counts.uncertain, read(endpoint, stream)) == (len(RECORDS), 0, ALL)
    assert counts.sent_again > 0


@BOTH
def test_a_lost_answer_leaves_copies_exactly_as_many_as_are_uncertain(endpoint, proxy, stream, settings):
    counts = put_all(proxy, stream, settings, Rule(Reset(applied=True), "kinesis", "PutRecords", times=2))
    stored = read(endpoint, stream)
    assert (counts.acknowledged, sorted(set(stored)), len(stored)) == (600, sorted(set(ALL)), 600 + counts.uncertain)
    assert counts.uncertain > 0


@BOTH
def test_a_lost_request_leaves_no_copies_but_nobody_can_know(endpoint, proxy, stream, settings):
    counts = put_all(proxy, stream, settings, Rule(Reset(), "kinesis", "PutRecords", times=2))
    assert (counts.acknowledged, counts.uncertain > 0, read(endpoint, stream)) == (len(RECORDS), True, ALL)


def test_server_errors_are_uncertain_whether_they_hide_a_write_or_not(endpoint, proxy, stream):
    hidden = Rule(ServerError(applied=True), "kinesis", "PutRecords", times=1)
    honest = Rule(ServerError(503), "kinesis", "PutRecords", skip=1, times=1)
    counts = put_all(proxy, stream, AGGREGATED, hidden, honest)
    assert 600 < len(read(endpoint, stream)) < 600 + counts.uncertain


def test_a_slow_stream_stores_everything(endpoint, proxy, stream):
    counts = put_all(proxy, stream, PLAIN, Rule(Delay(0.05), "kinesis", "PutRecords"))
    assert (counts.acknowledged, read(endpoint, stream)) == (len(RECORDS), ALL)


def test_a_throttled_listing_of_shards_delays_the_start_and_no_more(endpoint, proxy, stream):
    put_all(proxy, stream, AGGREGATED, Rule(Throttle(), "kinesis", "ListShards", times=3))
    assert read(endpoint, stream) == ALL


def test_a_stream_deleted_under_the_producer_is_named_and_every_record_accounted_for(endpoint, proxy, stream):
    with Producer(client("kinesis", proxy.url, config=ONCE), stream, AGGREGATED) as producer:
        stored = [producer.put(data, key) for key, data in RECORDS]
        producer.flush()
        endpoint.client("kinesis").delete_stream(StreamName=stream)
        lost = [producer.put(data, key) for key, data in RECORDS[:5]]
        producer.flush()
    counts = producer.counts()
    assert (counts.made, counts.acknowledged, counts.failed, counts.uncertain) == (605, 600, 5, 0)
    assert [fate.exception() is None for fate in [*stored, *lost]] == [True] * 600 + [False] * 5
    assert f'"{stream}" takes no records (ResourceNotFoundException' in (producer.stopped or "")


def test_after_a_reshard_every_aggregate_lies_in_the_shard_of_all_its_records(endpoint, stream):
    kinesis = endpoint.client("kinesis")
    with Producer(client("kinesis", endpoint.url, config=ONCE), stream, AGGREGATED) as producer:
        producer.put(b"before", "vendor-1").result()
        kinesis.update_shard_count(StreamName=stream, TargetShardCount=7, ScalingType="UNIFORM_SCALING")
        _until(lambda: _active(kinesis, stream))
        producer.put(b"shows the reshard", "vendor-1").result()
        fates = [(key, producer.put(data, key)) for key, data in RECORDS]
    shards = ShardMap.of(kinesis.list_shards(StreamName=stream)["Shards"])
    assert [fate.result().shard_id for _, fate in fates] == [shards.shard_of(key).id for key, _ in fates]
    assert producer.counts().stream_records < 300


def test_the_command_reports_what_lies_in_the_stream(endpoint, proxy, stream, tmp_path):
    with proxy.faults(Rule(Reset(applied=True), "kinesis", "PutRecords", times=1)):
        done = _command(proxy.url, stream, "--rate", "1000", "--seconds", "1", "--report", tmp_path / "report.json")
        _, told = done.communicate(timeout=20)
    report = json.loads((tmp_path / "report.json").read_text())
    records = report["records"]
    assert (done.returncode, report["reconciles"], records["made"], records["acknowledged"]) == (0, True, 1000, 1000)
    assert (len(read(endpoint, stream)), "Traceback" in told) == (1000 + records["uncertain"], False)
    assert records["uncertain"] > 0


def test_ctrl_c_stores_what_was_made_and_reports_it(endpoint, stream, tmp_path):
    command = _command(endpoint.url, stream, "--rate", "500", "--report", tmp_path / "report.json")
    _until(lambda: read(endpoint, stream))
    command.send_signal(signal.SIGINT)
    command.communicate(timeout=20)
    records = json.loads((tmp_path / "report.json").read_text())["records"]
    assert (command.returncode, records["made"], records["failed"]) == (130, len(read(endpoint, stream)), 0)


def test_the_command_whose_stream_is_deleted_under_it_accounts_for_every_record(endpoint, stream, tmp_path):
    command = _command(endpoint.url, stream, "--rate", "500", "--report", tmp_path / "report.json")
    _until(lambda: read(endpoint, stream))
    endpoint.client("kinesis").delete_stream(StreamName=stream)
    _, told = command.communicate(timeout=20)
    report = json.loads((tmp_path / "report.json").read_text())
    records = report["records"]
    assert (command.returncode, report["reconciles"], "Traceback" in told) == (1, True, False)
    assert records["made"] == records["acknowledged"] + records["failed"] > records["acknowledged"] > 0
    assert f'"{stream}" takes no records (ResourceNotFoundException' in report["stopped"]


def test_the_command_says_in_a_line_that_there_is_no_such_stream(endpoint):
    command = _command(endpoint.url, "nowhere")
    _, told = command.communicate(timeout=20)
    assert (command.returncode, told.count("\n"), 'stream "nowhere" takes no records' in told) == (1, 1, True)


def _command(url, stream, *options):
    credentials = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
    return subprocess.Popen(
        [sys.executable, "-m", "producer", "--stream", stream, *map(str, options)],
        cwd=ROOT,
        env={**os.environ, **credentials, "AWS_ENDPOINT_URL": url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _active(kinesis, name):
    summary = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
    return summary["StreamStatus"] == "ACTIVE"


def _until(fact):
    ends = time.monotonic() + 20
    while not fact() and time.monotonic() < ends:
        time.sleep(0.02)
