"""A stream is resharded while records are put, on a Kinesis that keeps a closed parent's records."""

import socket
import time
from contextlib import ExitStack, closing

import pytest
from botocore.config import Config

from local.endpoint import client
from producer import Producer, Settings
from streamkit.kpl import Packed, unpack
from tests.flows.engine.kinesis_mock import kinesis_mock

STREAM = "trips"
ONCE = Config(retries={"total_max_attempts": 1, "mode": "standard"})
RECORDS = [(f"vendor-{number % 50}", b"%06d" % number) for number in range(2_000)]


@pytest.fixture
def kinesis(tmp_path):
    with ExitStack() as stack:
        sockets = [stack.enter_context(closing(socket.create_server(("127.0.0.1", 0)))) for _ in range(2)]
        ports = [each.getsockname()[1] for each in sockets]
    with kinesis_mock(ports[0], ports[1], tmp_path / "kinesis.log") as url:
        kinesis = client("kinesis", url, config=ONCE)
        kinesis.create_stream(StreamName=STREAM, ShardCount=2)
        _until(lambda: _active(kinesis))
        yield kinesis


def test_no_record_is_lost_or_foreign_to_its_shard_while_shards_split(kinesis):
    with Producer(kinesis, STREAM, Settings(aggregate_bytes=1_024, linger_seconds=0.02)) as producer:
        for key, data in RECORDS[:800]:
            producer.put(data, key)
        kinesis.update_shard_count(StreamName=STREAM, TargetShardCount=4, ScalingType="UNIFORM_SCALING")
        for key, data in RECORDS[800:1_200]:
            producer.put(data, key)
            time.sleep(0.0005)
        _until(lambda: _active(kinesis))
        producer.put(b"shows the reshard", "vendor-1").result()
        late = [producer.put(data, key) for key, data in RECORDS[1_200:]]
    shards = kinesis.list_shards(StreamName=STREAM)["Shards"]
    stored = [(shard, packed) for shard in shards for packed in read(kinesis, shard)]
    assert sorted(packed.data for _, packed in stored) == sorted([*(data for _, data in RECORDS), b"shows the reshard"])
    assert [packed for shard, packed in stored if not holds(shard, packed)] == []
    assert len({fate.result().shard_id for fate in late}) == 4


def read(kinesis, shard):
    """The user records of a shard to its end, or to its last record where it is open."""
    place = {"StreamName": STREAM, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
    iterator, found = kinesis.get_shard_iterator(**place)["ShardIterator"], []
    while iterator:
        answer = kinesis.get_records(ShardIterator=iterator)
        for record in answer["Records"]:
            packed = unpack(record["Data"])
            found += packed if isinstance(packed, list) else [Packed(record["PartitionKey"], None, record["Data"])]
        iterator = answer.get("NextShardIterator") if answer["Records"] else None
    return found


def holds(shard, packed):
    """Whether the hash key that an aggregate gave this record lies in the shard that holds the aggregate."""
    keys = shard["HashKeyRange"]
    place = packed.explicit_hash_key
    return place is None or int(keys["StartingHashKey"]) <= int(place) <= int(keys["EndingHashKey"])


def _active(kinesis):
    return kinesis.describe_stream_summary(StreamName=STREAM)["StreamDescriptionSummary"]["StreamStatus"] == "ACTIVE"


def _until(fact):
    ends = time.monotonic() + 20
    while not fact() and time.monotonic() < ends:
        time.sleep(0.02)
