"""The live engine on the local AWS: what a deployed function sees of its queues."""

from __future__ import annotations

import pytest

from tests.flows.engine import functions
from tests.flows.engine.scene import eventually

READS = [f"sqs:{call}" for call in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")]
REPORTS = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}


@pytest.fixture
def fifo(scene):
    """Its url and ARN; what failed is offered again after two seconds."""
    attributes = {"FifoQueue": "true", "ContentBasedDeduplication": "true", "VisibilityTimeout": "2"}
    url = scene.client("sqs").create_queue(QueueName=f"{scene.name}.fifo", Attributes=attributes)["QueueUrl"]
    return url, scene.arn("sqs", f"{scene.name}.fifo")


def test_a_queue_is_received_deleted_and_gives_back_what_failed(scene):
    queue = scene.client("sqs").create_queue(QueueName=scene.name, Attributes={"VisibilityTimeout": "10"})["QueueUrl"]
    arn = scene.arn("sqs", scene.name)
    scene.function(functions.fails_messages_called_bad, (READS, arn))
    scene.map(arn, **REPORTS)
    with scene.engine() as engine:
        entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(["good", "bad", "good"])]
        scene.client("sqs").send_message_batch(QueueUrl=queue, Entries=entries)
        (worker,) = engine.workers.by_uuid.values()
        eventually(lambda: worker.desk.tally.records == 2, "two messages done")
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    left = scene.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    assert sum(map(int, left.values())) == 1


def test_a_fifo_queue_keeps_the_order_of_each_group_and_only_the_group_that_failed_waits(scene, fifo):
    url, arn = fifo
    scene.function(functions.fails_once_at_bad, (READS, arn), timeout=1)
    scene.map(arn, **REPORTS)
    with scene.engine() as engine:
        bodies = ["a 1", "b 1", "a 2 bad", "b 2", "a 3", "b 3"]
        entries = [{"Id": str(n), "MessageBody": body, "MessageGroupId": body[0]} for n, body in enumerate(bodies)]
        scene.client("sqs").send_message_batch(QueueUrl=url, Entries=entries)
        (worker,) = engine.workers.by_uuid.values()
        eventually(lambda: worker.desk.tally.records == 6, "six messages done")
    delivered = [record["body"] for event in scene.seen() for record in event["Records"]]
    of_a, of_b = ([body for body in delivered if body.startswith(group)] for group in "ab")
    assert (of_a[:2], of_a[-2:], len(of_a)) == (["a 1", "a 2 bad"], ["a 2 bad", "a 3"], 5)
    assert of_b == ["b 1", "b 2", "b 3"]
    assert "b 3" in delivered[:6]


@pytest.mark.usefixtures("iam_enforced")
def test_a_role_that_may_not_receive_is_told_and_nobody_receives_in_its_place(scene, fifo):
    url, arn = fifo
    scene.function(functions.plain, (["sqs:GetQueueAttributes"], arn), timeout=1)
    scene.map(arn)
    with scene.engine():
        scene.client("sqs").send_message(QueueUrl=url, MessageBody="a 1", MessageGroupId="a")
        told = eventually(lambda: [text for text in scene.told if "may not read" in text], "the denial")
    assert scene.role_arn in told[0]
    assert scene.seen() == []
