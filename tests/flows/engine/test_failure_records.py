"""Where the failure record of a discarded batch arrives, besides a bucket: a queue, and a topic's subscriber."""

from __future__ import annotations

import json

import pytest

from tests.flows.engine import functions
from tests.flows.engine.scene import eventually

pytestmark = pytest.mark.usefixtures("impatient")


@pytest.fixture
def mailbox(scene):
    """A queue to look into, which lets topics write to it: its url and ARN."""
    arn = scene.arn("sqs", f"{scene.name}-mail")
    sns = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    attributes = {"Policy": json.dumps({"Version": "2012-10-17", "Statement": [sns]})}
    return scene.client("sqs").create_queue(QueueName=f"{scene.name}-mail", Attributes=attributes)["QueueUrl"], arn


def test_a_queue_is_told_which_records_were_discarded(scene, mailbox):
    url, arn = mailbox
    number, record = discard_one(scene, arn, "sqs:SendMessage", url)
    assert pointer(record) == ("RetryAttemptsExhausted", number, number, 1, scene.stream_arn)
    assert "payload" not in record


def test_a_topics_subscriber_is_told_which_records_were_discarded(scene, mailbox):
    url, arn = mailbox
    topic = scene.client("sns").create_topic(Name=scene.name)["TopicArn"]
    raw = {"RawMessageDelivery": "true"}
    scene.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=raw)
    number, record = discard_one(scene, topic, "sns:Publish", url)
    assert pointer(record) == ("RetryAttemptsExhausted", number, number, 1, scene.stream_arn)
    assert "payload" not in record


def discard_one(scene, destination, permission, mailbox_url):
    """A poison record's sequence number, and what came into the mailbox of it."""
    scene.function(functions.refuses_poison, scene.reads_stream, ([permission], destination))
    scene.stream()
    scene.map(
        scene.stream_arn,
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": destination}},
    )
    with scene.engine():
        (number,) = scene.put("poison")
        (message,) = eventually(lambda: received(scene, mailbox_url), "the failure record")
    return number, json.loads(message["Body"])


def received(scene, url):
    return scene.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages")


def pointer(record):
    info = record["KinesisBatchInfo"]
    return (
        record["requestContext"]["condition"],
        info["startSequenceNumber"],
        info["endSequenceNumber"],
        info["batchSize"],
        info["streamArn"],
    )
