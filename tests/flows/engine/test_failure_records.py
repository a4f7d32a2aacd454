"""Where the failure record of a discarded batch arrives, besides a bucket: a queue, and a topic's subscriber."""

from __future__ import annotations

import json

import pytest

from tests.flows.engine import functions
from tests.flows.engine.small_stack import ACCOUNT, REGION, eventually

pytestmark = pytest.mark.usefixtures("impatient")


@pytest.fixture
def mailbox(stack):
    """A queue to look into, which lets topics write to it: its url and ARN."""
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{stack.name}-mail"
    sns = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    attributes = {"Policy": json.dumps({"Version": "2012-10-17", "Statement": [sns]})}
    return stack.client("sqs").create_queue(QueueName=f"{stack.name}-mail", Attributes=attributes)["QueueUrl"], arn


def test_a_queue_is_told_which_records_were_discarded(stack, mailbox):
    url, arn = mailbox
    number, record = discard_one(stack, arn, "sqs:SendMessage", url)
    assert pointer(record) == ("RetryAttemptsExhausted", number, number, 1, stack.stream_arn)
    assert "payload" not in record


def test_a_topics_subscriber_is_told_which_records_were_discarded(stack, mailbox):
    url, arn = mailbox
    topic = stack.client("sns").create_topic(Name=stack.name)["TopicArn"]
    raw = {"RawMessageDelivery": "true"}
    stack.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=raw)
    number, record = discard_one(stack, topic, "sns:Publish", url)
    assert pointer(record) == ("RetryAttemptsExhausted", number, number, 1, stack.stream_arn)
    assert "payload" not in record


def discard_one(stack, destination, permission, mailbox_url):
    """A poison record's sequence number, and what came into the mailbox of it."""
    stack.function(functions.refuses_poison, stack.reads_stream, ([permission], destination))
    stack.stream()
    stack.map(
        stack.stream_arn,
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": destination}},
    )
    with stack.engine():
        (number,) = stack.put("poison")
        (message,) = eventually(lambda: received(stack, mailbox_url), "the failure record")
    return number, json.loads(message["Body"])


def received(stack, url):
    return stack.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages")


def pointer(record):
    info = record["KinesisBatchInfo"]
    return (
        record["requestContext"]["condition"],
        info["startSequenceNumber"],
        info["endSequenceNumber"],
        info["batchSize"],
        info["streamArn"],
    )
