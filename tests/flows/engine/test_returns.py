"""The live engine on the local AWS: what is deleted and created again is run again, and forgotten by nobody."""

from __future__ import annotations

import json
from base64 import b64decode

import pytest

from tests.flows.engine import functions
from tests.flows.engine.scene import eventually

RECEIVES = [f"sqs:{call}" for call in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")]


@pytest.fixture
def told(scene):
    """Waits until the engine told something that contains a text."""
    return lambda what: eventually(lambda: [text for text in scene.told if what in text], what)


def delivered(scene):
    """What the function saw of either source, as numbers."""
    records = [record for event in scene.seen() for record in event["Records"]]
    return [
        json.loads(record["body"] if "body" in record else b64decode(record["kinesis"]["data"])) for record in records
    ]


@pytest.fixture
def arrived(scene):
    return lambda value: eventually(lambda: value in delivered(scene), f"the delivery of {value}")


def test_what_lacked_its_function_its_queue_or_its_stream_for_a_while_is_run_again_and_on_at_the_end(
    scene, told, arrived
):
    sqs, queue_arn = scene.client("sqs"), scene.arn("sqs", scene.name)
    queue = sqs.create_queue(QueueName=scene.name)["QueueUrl"]
    scene.function(functions.plain, scene.reads_stream, (RECEIVES, queue_arn))
    mappings = [scene.map(scene.stream()), scene.map(queue_arn)]
    with scene.engine():
        scene.client("lambda").delete_function(FunctionName=scene.name)
        told(f"its function {scene.function_arn} is gone")
        scene.put(1)
        sqs.send_message(QueueUrl=queue, MessageBody="2")
        scene.deploy(functions.plain)
        arrived(1)
        arrived(2)

        sqs.delete_queue(QueueUrl=queue)
        told(f"its queue {queue_arn} is gone")
        queue = sqs.create_queue(QueueName=scene.name)["QueueUrl"]
        sqs.send_message(QueueUrl=queue, MessageBody="3")
        arrived(3)

        scene.client("kinesis").delete_stream(StreamName=scene.name)
        told(f"{scene.stream_arn} is gone; looked for again")
        scene.stream()
        scene.put(4)
        arrived(4)
    assert [scene.poller_state(uuid) for uuid in mappings] == ["Enabled", "Enabled"]
    assert not (scene.home / "pollers.json").exists()
