"""On-failure records, byte for byte."""

import json

from local.engine import TableChange, simulate
from local.engine.entries import compact
from tests.engine.doubles import (
    BUCKET,
    CONSUMER,
    FAILURES,
    SHARD,
    STREAM,
    TABLE,
    Poisoned,
    Scripted,
    destination,
    mapping,
    nothing,
    records,
)

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"
GIVING_UP = {"MaximumRetryAttempts": 0, "FunctionName": "f"}


def test_a_kinesis_failure_record_is_the_one_of_aws():
    settings = mapping(BatchSize=2, MaximumBatchingWindowInSeconds=9, **GIVING_UP)
    timeline = simulate(settings, records(1573691884.835, 1573691885.58), Poisoned(0))
    (failure,) = timeline.failures
    (invocation,) = timeline.invocations
    assert compact(failure) == compact(
        {
            "requestContext": {
                "requestId": invocation.request_id,
                "functionArn": FUNCTION,
                "condition": "RetryAttemptsExhausted",
                "approximateInvokeCount": 1,
            },
            "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
            "version": "1.0",
            "timestamp": "2019-11-14T00:38:05.885Z",
            "KinesisBatchInfo": {
                "shardId": SHARD,
                "startSequenceNumber": invocation.names[0],
                "endSequenceNumber": invocation.names[1],
                "approximateArrivalOfFirstRecord": "2019-11-14T00:38:04.835Z",
                "approximateArrivalOfLastRecord": "2019-11-14T00:38:05.580Z",
                "batchSize": 2,
                "streamArn": STREAM,
            },
        }
    )


def test_the_arrivals_of_a_table_batch_are_told_in_whole_seconds():
    change = TableChange(shard_id=SHARD, event_name="INSERT", keys={"id": {"S": "7"}}, created=1573690399.7)
    (failure,) = simulate(mapping(TABLE, **GIVING_UP), [change], Scripted(ValueError())).failures
    info = failure["DDBStreamBatchInfo"]
    assert (info["approximateArrivalOfFirstRecord"], failure["timestamp"]) == (
        "2019-11-14T00:13:19Z",
        "2019-11-14T00:13:19.750Z",
    )


def test_a_pointer_for_sqs_or_sns_holds_no_payload():
    (failure,) = simulate(mapping(**GIVING_UP), records(1000), Poisoned(0)).failures
    assert "payload" not in failure


def test_the_s3_form_holds_the_whole_event_as_text():
    timeline = simulate(mapping(**GIVING_UP | destination(BUCKET)), records(1000, 1000), Poisoned(0))
    assert json.loads(timeline.failures[0]["payload"]) == timeline.invocations[0].event
    assert list(timeline.failures[0])[-1] == "payload"


def test_the_s3_object_lies_under_mapping_shard_and_time():
    settings = mapping(UUID="u-1", **GIVING_UP | destination(BUCKET))
    (discarded,) = simulate(settings, records(1573691884.0), Poisoned(0)).discarded
    assert discarded.object_key is not None
    assert discarded.object_key.startswith(f"aws/lambda/u-1/{SHARD}/2019/11/14/2019-11-14T00.38.04-")


def test_through_fan_out_a_failure_record_names_the_consumer():
    (failure,) = simulate(mapping(CONSUMER, **GIVING_UP), records(1000), Poisoned(0)).failures
    assert failure["KinesisBatchInfo"]["streamArn"] == CONSUMER


def test_without_a_destination_a_discarded_batch_leaves_no_record_but_is_told():
    settings = mapping(**GIVING_UP | {"DestinationConfig": {"OnFailure": {}}})
    timeline = simulate(settings, records(1000), Poisoned(0))
    assert timeline.failures == []
    assert "no destination is set" in timeline.explain()


def test_the_version_that_an_arn_pins_is_the_version_executed():
    settings = mapping(**GIVING_UP | {"FunctionName": f"{FUNCTION}:7"})
    (failure,) = simulate(settings, records(1000), Poisoned(0)).failures
    assert failure["responseContext"]["executedVersion"] == "7"


def test_the_destination_may_be_a_queue_a_topic_or_a_bucket():
    assert [
        len(simulate(mapping(**GIVING_UP | destination(arn)), records(1000), Poisoned(0)).failures)
        for arn in (FAILURES, FAILURES.replace("sqs", "sns"), BUCKET)
    ] == [1, 1, 1]


def test_a_delivered_batch_leaves_no_failure_record():
    assert simulate(mapping(), records(1000), nothing).failures == []
