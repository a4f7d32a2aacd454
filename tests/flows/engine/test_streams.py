"""The live engine on the local AWS: what a deployed function sees of its streams."""

from __future__ import annotations

import json

import pytest

from tests.flows.engine import functions
from tests.flows.engine.bench_top import eventually, flat, values_of


def test_a_stream_is_read_in_batches_while_the_emulators_poller_is_off_and_on_again_afterwards(top):
    top.function(functions.plain, top.reads_stream)
    uuid = top.map(top.stream(), BatchSize=4)
    with top.engine():
        during = top.poller_state(uuid)
        top.put(*range(10))
        eventually(lambda: len(flat(top.values())) == 10, "ten records")
    assert (top.values(), during, top.poller_state(uuid)) == (
        [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]],
        "Disabled",
        "Enabled",
    )


@pytest.mark.usefixtures("impatient")
def test_a_poison_record_is_bisected_out_into_the_bucket_with_its_payload(top):
    bucket = f"{top.name}-failures"
    top.client("s3").create_bucket(Bucket=bucket)
    top.function(functions.refuses_poison, top.reads_stream, (["s3:PutObject"], f"arn:aws:s3:::{bucket}/*"))
    top.stream()
    uuid = top.map(
        top.stream_arn,
        BisectBatchOnFunctionError=True,
        MaximumRetryAttempts=1,
        DestinationConfig={"OnFailure": {"Destination": f"arn:aws:s3:::{bucket}"}},
    )
    with top.engine():
        number = top.put(1, 2, "poison", 4)[2]
        listed = eventually(
            lambda: top.client("s3").list_objects_v2(Bucket=bucket).get("Contents"), "an object of the failed batch"
        )
        eventually(lambda: [4] in top.values(), "the record after the poison")
    (found,) = listed
    record = json.loads(top.client("s3").get_object(Bucket=bucket, Key=found["Key"])["Body"].read())
    assert found["Key"].startswith(f"aws/lambda/{uuid}/shardId-000000000000/")
    assert values_of(json.loads(record["payload"])) == ["poison"]
    assert record["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert record["KinesisBatchInfo"]["startSequenceNumber"] == number
    assert top.values() == [[1, 2, "poison", 4], [1, 2], ["poison", 4], ["poison"], ["poison"], [4]]


@pytest.mark.usefixtures("impatient")
def test_after_a_partial_response_only_the_rest_comes_again(top):
    top.function(functions.reports_poison, top.reads_stream)
    top.stream()
    top.map(top.stream_arn, FunctionResponseTypes=["ReportBatchItemFailures"], MaximumRetryAttempts=1)
    with top.engine():
        top.put(1, "poison", 3)
        eventually(lambda: any("discarded" in text for text in top.told), "the end of the retries")
    assert top.values() == [[1, "poison", 3], ["poison", 3], ["poison", 3]]


def test_parallel_batches_of_one_shard_run_side_by_side_and_keep_the_order_of_each_key(top):
    top.function(functions.waits_for_company, top.reads_stream)
    uuid = top.map(top.stream(), BatchSize=5, ParallelizationFactor=4)
    keys = [f"key-{n}" for n in range(8)]
    with top.engine() as engine:
        records = [{"PartitionKey": key, "Data": json.dumps([key, turn])} for turn in range(5) for key in keys]
        top.client("kinesis").put_records(StreamName=top.name, Records=records)
        eventually(lambda: len(flat(top.values())) >= 40, "forty records")
    delivered = flat(top.values())
    assert {key: [turn for of, turn in delivered if of == key] for key in keys} == {key: [*range(5)] for key in keys}
    assert len(engine.checkpoints.load(uuid)["shardId-000000000000"].positions) == 4


@pytest.mark.usefixtures("impatient")
def test_a_window_ends_in_one_final_call_with_the_state_of_all_its_records(top):
    top.function(functions.counts, top.reads_stream)
    top.stream()
    top.map(top.stream_arn, BatchSize=2, TumblingWindowInSeconds=1)
    with top.engine():
        top.put(*range(5))
        eventually(lambda: sum(_final_counts(top)) == 5, "final calls")
    finals = [event for event in top.seen() if event["isFinalInvokeForWindow"]]
    assert len({event["window"]["start"] for event in finals}) == len(finals)
    assert all(event["Records"] == [] for event in finals)


def _final_counts(top):
    return [event["state"]["count"] for event in top.seen() if event["isFinalInvokeForWindow"]]


def test_a_tables_changes_are_read_though_the_emulator_denies_its_stream_to_every_role(top):
    table = top.client("dynamodb").create_table(
        TableName=top.name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )["TableDescription"]
    reads = [f"dynamodb:{call}" for call in ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")]
    top.function(functions.plain, (reads, table["LatestStreamArn"]))
    top.map(table["LatestStreamArn"])
    with top.engine():
        top.client("dynamodb").put_item(TableName=top.name, Item={"id": {"S": "7"}, "photo": {"B": b"\x00\x01"}})
        (event, *_) = eventually(top.seen, "the change")
    (record,) = event["Records"]
    assert (record["eventName"], record["dynamodb"]["NewImage"]) == (
        "INSERT",
        {"id": {"S": "7"}, "photo": {"B": "AAE="}},
    )
    assert [text for text in top.told if "its policy allows it, the endpoint refuses it all the same" in text]


def test_a_consumer_is_pushed_to_through_its_own_subscription(top):
    top.stream()
    consumer = top.client("kinesis").register_stream_consumer(StreamARN=top.stream_arn, ConsumerName="reader")[
        "Consumer"
    ]
    top.function(functions.plain, top.reads_stream, (["kinesis:SubscribeToShard"], consumer["ConsumerARN"]))
    top.map(consumer["ConsumerARN"])
    with top.engine():
        top.put(1, 2, 3)
        eventually(lambda: len(flat(top.values())) == 3, "three records")
    assert top.seen()[0]["Records"][0]["eventSourceARN"] == consumer["ConsumerARN"]
    assert not [text for text in top.told if "not offered" in text]


def test_a_role_that_may_not_read_its_stream_is_told_and_nothing_is_read_in_its_place(top):
    top.function(functions.plain, (["kinesis:ListShards", "kinesis:DescribeStreamSummary"], top.stream_arn))
    top.stream()
    top.map(top.stream_arn)
    with top.engine():
        top.put(1)
        told = eventually(lambda: [text for text in top.told if "may not read" in text], "the denial")
    assert top.role_arn in told[0]
    assert top.seen() == []


def test_an_engine_that_is_told_to_stop_finishes_what_is_in_flight(top):
    top.function(functions.dawdles, top.reads_stream)
    uuid = top.map(top.stream())
    with top.engine() as engine:
        (number,) = top.put(1)
        eventually(top.seen, "the call")
        assert engine.checkpoints.load(uuid)["shardId-000000000000"].lowest is None
    assert engine.checkpoints.load(uuid)["shardId-000000000000"].lowest == number


def test_a_mapping_that_comes_later_is_run_and_one_that_goes_is_told_once(top):
    top.function(functions.plain, top.reads_stream)
    top.stream()
    with top.engine() as engine:
        engine.state = None  # as if there were no state: the Lambda API says what there is
        uuid = top.map(top.stream_arn)
        eventually(lambda: uuid in engine.workers.by_uuid and engine.workers.are_ready, "the mapping")
        top.put(1)
        eventually(top.seen, "its record")
        top.client("lambda").delete_event_source_mapping(UUID=uuid)
        top.uuids.remove(uuid)
        eventually(lambda: uuid not in engine.workers.by_uuid, "the end of the mapping")
    assert len([text for text in top.told if f"mapping {uuid} is gone" in text]) == 1


def test_metrics_are_on_the_endpoint_and_on_disk(top):
    top.function(functions.plain, top.reads_stream)
    uuid = top.map(top.stream(), MetricsConfig={"Metrics": ["EventCount"]})
    with top.engine() as engine:
        top.put(*range(3))
        eventually(top.seen, "the records")
    lines = [json.loads(line) for line in (engine.home / "metrics.jsonl").read_text().splitlines()]
    counted = {line["name"]: line["sum"] for line in lines if line["dimension"] == ["EventSourceMappingUUID", uuid]}
    assert counted == {"PolledEventCount": 3, "InvokedEventCount": 3}
    listed = top.client("cloudwatch").list_metrics(Namespace="AWS/Lambda", MetricName="IteratorAge")["Metrics"]
    assert [{"Name": "FunctionName", "Value": top.name}] in [metric["Dimensions"] for metric in listed]
