"""Where the failure record of a discarded batch arrives, besides a bucket: a queue, and a topic's subscriber."""

from __future__ import annotations

import json

import pytest

from tests.flows.engine import functions
from tests.flows.engine.bench_top import ACCOUNT, REGION, eventually

pytestmark = pytest.mark.usefixtures("impatient")


@pytest.fixture
def mailbox(top):
    """A queue to look into, which lets topics write to it: its url and ARN."""
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{top.name}-mail"
    sns = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    attributes = {"Policy": json.dumps({"Version": "2012-10-17", "Statement": [sns]})}
    return top.client("sqs").create_queue(QueueName=f"{top.name}-mail", Attributes=attributes)["QueueUrl"], arn


def test_a_queue_is_told_which_records_were_discarded(top, mailbox):
    url, arn = mailbox
    number, record = discard_one(top, arn, "sqs:SendMessage", url)
    assert pointer(record) == ("RetryAttemptsExhausted", number, number, 1, top.stream_arn)
    assert "payload" not in record


def test_a_topics_subscriber_is_told_which_records_were_discarded(top, mailbox):
    url, arn = mailbox
    topic = top.client("sns").create_topic(Name=top.name)["TopicArn"]
    raw = {"RawMessageDelivery": "true"}
    top.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=raw)
    number, record = discard_one(top, topic, "sns:Publish", url)
    assert pointer(record) == ("RetryAttemptsExhausted", number, number, 1, top.stream_arn)
    assert "payload" not in record


def discard_one(top, destination, permission, mailbox_url):
    """A poison record's sequence number, and what came into the mailbox of it."""
    top.function(functions.refuses_poison, top.reads_stream, ([permission], destination))
    top.stream()
    top.map(
        top.stream_arn,
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": destination}},
    )
    with top.engine():
        (number,) = top.put("poison")
        (message,) = eventually(lambda: received(top, mailbox_url), "the failure record")
    return number, json.loads(message["Body"])


def received(top, url):
    return top.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages")


def pointer(record):
    info = record["KinesisBatchInfo"]
    return (
        record["requestContext"]["condition"],
        info["startSequenceNumber"],
        info["endSequenceNumber"],
        info["batchSize"],
        info["streamArn"],
    )
