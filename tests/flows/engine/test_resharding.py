"""A stream that is split while the engine reads it, on a Kinesis that keeps a closed parent's records."""

from __future__ import annotations

import socket
from contextlib import ExitStack, closing

import boto3
import pytest

from local.endpoint import REGION
from tests.flows.engine import functions
from tests.flows.engine.kinesis_mock import kinesis_mock
from tests.flows.engine.small_stack import eventually, flat

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


def test_children_are_read_after_their_parent_to_its_last_record(stack, kinesis):
    stack.function(functions.slow, stack.reads_stream)
    stack.client("kinesis").create_stream(StreamName=stack.name, ShardCount=1)  # the emulator maps only what it knows
    stack.stream(kinesis=kinesis)
    uuid = stack.map(stack.stream_arn, BatchSize=5)
    with stack.engine() as engine:
        before = put(kinesis, stack, range(40))
        kinesis.split_shard(StreamName=stack.name, ShardToSplit=PARENT, NewStartingHashKey=MIDDLE)
        eventually(lambda: len(kinesis.list_shards(StreamName=stack.name)["Shards"]) == 3, "the split")
        after = put(kinesis, stack, range(40, 80))
        eventually(lambda: len(flat(stack.values())) == 80, "all records")
        eventually(lambda: engine.checkpoints.load(uuid)[PARENT].done, "the parent's end on disk")
    shards = [event["Records"][0]["eventID"].partition(":")[0] for event in stack.seen()]
    of_parent = shards.count(PARENT)
    assert shards[:of_parent] == [PARENT] * of_parent
    assert flat(stack.values()[:of_parent]) == before
    assert sorted(flat(stack.values())) == [*before, *after]


def put(kinesis, stack, values):
    for value in values:
        kinesis.put_record(StreamName=stack.name, PartitionKey=f"key-{value}", Data=str(value).encode())
    return list(values)
