"""A stream that is split while the engine reads it, on a Kinesis that keeps a closed parent's records."""

from __future__ import annotations

import socket
from contextlib import ExitStack, closing

import boto3
import pytest

from local.endpoint import REGION
from tests.flows.engine import functions
from tests.flows.engine.kinesis_mock import kinesis_mock
from tests.flows.engine.scene import eventually, flat

PARENT = "shardId-000000000000"
MIDDLE = str(2**127)


@pytest.fixture
def kinesis(tmp_path, monkeypatch):
    """Clients and engine find it by the service's own address, as Terraform would."""
    with ExitStack() as opened:
        sockets = [opened.enter_context(closing(socket.create_server(("127.0.0.1", 0)))) for _ in range(2)]
        ports = [each.getsockname()[1] for each in sockets]
    with kinesis_mock(ports[0], ports[1], tmp_path / "kinesis.log") as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_KINESIS", url)
        yield boto3.client(
            "kinesis",
            region_name=REGION,
            endpoint_url=url,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )


def test_children_are_read_after_their_parent_to_its_last_record(scene, kinesis):
    scene.function(functions.slow, scene.reads_stream)
    scene.client("kinesis").create_stream(StreamName=scene.name, ShardCount=1)  # the emulator maps only what it knows
    scene.stream(kinesis=kinesis)
    uuid = scene.map(scene.stream_arn, BatchSize=5)
    with scene.engine() as engine:
        before = put(kinesis, scene, range(40))
        kinesis.split_shard(StreamName=scene.name, ShardToSplit=PARENT, NewStartingHashKey=MIDDLE)
        eventually(lambda: len(kinesis.list_shards(StreamName=scene.name)["Shards"]) == 3, "the split")
        after = put(kinesis, scene, range(40, 80))
        eventually(lambda: len(flat(scene.values())) == 80, "all records")
        eventually(lambda: engine.checkpoints.load(uuid)[PARENT].done, "the parent's end on disk")
    shards = [event["Records"][0]["eventID"].partition(":")[0] for event in scene.seen()]
    of_parent = shards.count(PARENT)
    assert shards[:of_parent] == [PARENT] * of_parent
    assert flat(scene.values()[:of_parent]) == before
    assert sorted(flat(scene.values())) == [*before, *after]


def put(kinesis, scene, values):
    for value in values:
        kinesis.put_record(StreamName=scene.name, PartitionKey=f"key-{value}", Data=str(value).encode())
    return list(values)
