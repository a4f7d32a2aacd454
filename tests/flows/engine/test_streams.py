"""The live engine on the local AWS: what a deployed function sees of its streams."""

from __future__ import annotations

import json

import pytest

from tests.flows.engine import functions
from tests.flows.engine.small_stack import eventually, flat, values_of


def test_a_stream_is_read_in_batches_while_the_emulators_poller_is_off_and_on_again_afterwards(stack):
    stack.function(functions.plain, stack.reads_stream)
    uuid = stack.map(stack.stream(), BatchSize=4)
    with stack.engine():
        during = stack.poller_state(uuid)
        stack.put(*range(10))
        eventually(lambda: len(flat(stack.values())) == 10, "ten records")
    assert (stack.values(), during, stack.poller_state(uuid)) == (
        [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]],
        "Disabled",
        "Enabled",
    )


@pytest.mark.usefixtures("impatient")
def test_a_poison_record_is_bisected_out_into_the_bucket_with_its_payload(stack):
    bucket = f"{stack.name}-failures"
    stack.client("s3").create_bucket(Bucket=bucket)
    stack.function(functions.refuses_poison, stack.reads_stream, (["s3:PutObject"], f"arn:aws:s3:::{bucket}/*"))
    stack.stream()
    uuid = stack.map(
        stack.stream_arn,
        BisectBatchOnFunctionError=True,
        MaximumRetryAttempts=1,
        DestinationConfig={"OnFailure": {"Destination": f"arn:aws:s3:::{bucket}"}},
    )
    with stack.engine():
        number = stack.put(1, 2, "poison", 4)[2]
        listed = eventually(
            lambda: stack.client("s3").list_objects_v2(Bucket=bucket).get("Contents"), "an object of the failed batch"
        )
        eventually(lambda: [4] in stack.values(), "the record after the poison")
    (found,) = listed
    record = json.loads(stack.client("s3").get_object(Bucket=bucket, Key=found["Key"])["Body"].read())
    assert found["Key"].startswith(f"aws/lambda/{uuid}/shardId-000000000000/")
    assert values_of(json.loads(record["payload"])) == ["poison"]
    assert record["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert record["KinesisBatchInfo"]["startSequenceNumber"] == number
    assert stack.values() == [[1, 2, "poison", 4], [1, 2], ["poison", 4], ["poison"], ["poison"], [4]]


@pytest.mark.usefixtures("impatient")
def test_after_a_partial_response_only_the_rest_comes_again(stack):
    stack.function(functions.reports_poison, stack.reads_stream)
    stack.stream()
    stack.map(stack.stream_arn, FunctionResponseTypes=["ReportBatchItemFailures"], MaximumRetryAttempts=1)
    with stack.engine():
        stack.put(1, "poison", 3)
        eventually(lambda: any("discarded" in text for text in stack.told), "the end of the retries")
    assert stack.values() == [[1, "poison", 3], ["poison", 3], ["poison", 3]]


def test_parallel_batches_of_one_shard_run_side_by_side_and_keep_the_order_of_each_key(stack):
    stack.function(functions.waits_for_company, stack.reads_stream)
    uuid = stack.map(stack.stream(), BatchSize=5, ParallelizationFactor=4)
    keys = [f"key-{n}" for n in range(8)]
    with stack.engine() as engine:
        records = [{"PartitionKey": key, "Data": json.dumps([key, turn])} for turn in range(5) for key in keys]
        stack.client("kinesis").put_records(StreamName=stack.name, Records=records)
        eventually(lambda: len(flat(stack.values())) >= 40, "forty records")
    delivered = flat(stack.values())
    assert {key: [turn for of, turn in delivered if of == key] for key in keys} == {key: [*range(5)] for key in keys}
    assert len(engine.checkpoints.load(uuid)["shardId-000000000000"].positions) == 4


@pytest.mark.usefixtures("impatient")
def test_a_window_ends_in_one_final_call_with_the_state_of_all_its_records(stack):
    stack.function(functions.counts, stack.reads_stream)
    stack.stream()
    stack.map(stack.stream_arn, BatchSize=2, TumblingWindowInSeconds=1)
    with stack.engine():
        stack.put(*range(5))
        eventually(lambda: sum(_final_counts(stack)) == 5, "final calls")
    finals = [event for event in stack.seen() if event["isFinalInvokeForWindow"]]
    assert len({event["window"]["start"] for event in finals}) == len(finals)
    assert all(event["Records"] == [] for event in finals)


def _final_counts(stack):
    return [event["state"]["count"] for event in stack.seen() if event["isFinalInvokeForWindow"]]


def test_a_tables_changes_are_read_though_the_emulator_denies_its_stream_to_every_role(stack):
    arn = stack.table()
    stack.function(functions.plain, stack.reads_table)
    stack.map(arn)
    with stack.engine():
        stack.client("dynamodb").put_item(TableName=stack.name, Item={"id": {"S": "7"}, "photo": {"B": b"\x00\x01"}})
        (event, *_) = eventually(stack.seen, "the change")
    (record,) = event["Records"]
    assert (record["eventName"], record["dynamodb"]["NewImage"]) == (
        "INSERT",
        {"id": {"S": "7"}, "photo": {"B": "AAE="}},
    )
    assert [text for text in stack.told if "its policy allows it, the endpoint refuses it all the same" in text]


def test_a_consumer_is_pushed_to_through_its_own_subscription(stack):
    stack.stream()
    consumer = stack.client("kinesis").register_stream_consumer(StreamARN=stack.stream_arn, ConsumerName="reader")[
        "Consumer"
    ]
    stack.function(functions.plain, stack.reads_stream, (["kinesis:SubscribeToShard"], consumer["ConsumerARN"]))
    stack.map(consumer["ConsumerARN"])
    with stack.engine():
        stack.put(1, 2, 3)
        eventually(lambda: len(flat(stack.values())) == 3, "three records")
    assert stack.seen()[0]["Records"][0]["eventSourceARN"] == consumer["ConsumerARN"]
    assert not [text for text in stack.told if "not offered" in text]


def test_a_role_that_may_not_read_its_stream_is_told_and_nothing_is_read_in_its_place(stack):
    stack.function(functions.plain, (["kinesis:ListShards", "kinesis:DescribeStreamSummary"], stack.stream_arn))
    stack.stream()
    stack.map(stack.stream_arn)
    with stack.engine():
        stack.put(1)
        told = eventually(lambda: [text for text in stack.told if "may not read" in text], "the denial")
    assert stack.role_arn in told[0]
    assert stack.seen() == []


def test_an_engine_that_is_told_to_stop_finishes_what_is_in_flight(stack):
    stack.function(functions.dawdles, stack.reads_stream)
    uuid = stack.map(stack.stream())
    with stack.engine() as engine:
        (number,) = stack.put(1)
        eventually(stack.seen, "the call")
        assert engine.checkpoints.load(uuid)["shardId-000000000000"].lowest is None
    assert engine.checkpoints.load(uuid)["shardId-000000000000"].lowest == number


def test_a_mapping_that_comes_later_is_run_and_one_that_goes_is_told_once(stack):
    stack.function(functions.plain, stack.reads_stream)
    stack.stream()
    with stack.engine() as engine:
        engine.state = None  # as if there were no state: the Lambda API says what there is
        uuid = stack.map(stack.stream_arn)
        eventually(lambda: uuid in engine.workers.by_uuid and engine.workers.are_ready, "the mapping")
        stack.put(1)
        eventually(stack.seen, "its record")
        stack.client("lambda").delete_event_source_mapping(UUID=uuid)
        stack.uuids.remove(uuid)
        eventually(lambda: uuid not in engine.workers.by_uuid, "the end of the mapping")
    assert len([text for text in stack.told if f"mapping {uuid} is gone" in text]) == 1


def test_a_mapping_changed_while_it_runs_goes_on_where_it_was(stack):
    stack.function(functions.plain, stack.reads_stream)
    uuid = stack.map(stack.stream(), BatchSize=2)
    with stack.engine():
        stack.put(1, 2, 3)
        eventually(lambda: len(flat(stack.values())) == 3, "the first records")
        stack.declared[0]["BatchSize"] = 3
        stack.state()
        eventually(lambda: [text for text in stack.told if f"mapping {uuid} or its function was changed" in text], "it")
        stack.put(4, 5, 6)
        eventually(lambda: len(flat(stack.values())) == 6, "the other records")
    assert stack.values() == [[1, 2], [3], [4, 5, 6]]


def test_a_function_that_vanished_while_it_is_run_is_told_once(stack):
    stack.function(functions.plain, stack.reads_stream)
    stack.map(stack.stream())
    with stack.engine() as engine:
        stack.client("lambda").delete_function(FunctionName=stack.name)
        stack.put(1)
        eventually(lambda: not engine.workers.by_uuid, "its mapping to rest")
        stack.put(2)
        engine.loop.post(lambda: engine._refresh(engine.loop.clock()))
    assert len([text for text in stack.told if "is gone; looked for again" in text]) == 1


def test_metrics_are_on_the_endpoint_and_on_disk(stack):
    stack.function(functions.plain, stack.reads_stream)
    uuid = stack.map(stack.stream(), MetricsConfig={"Metrics": ["EventCount"]})
    with stack.engine() as engine:
        stack.put(*range(3))
        eventually(stack.seen, "the records")
    lines = [json.loads(line) for line in (engine.home / "metrics.jsonl").read_text().splitlines()]
    counted = {line["name"]: line["sum"] for line in lines if line["dimension"] == ["EventSourceMappingUUID", uuid]}
    assert counted == {"PolledEventCount": 3, "InvokedEventCount": 3}
    listed = stack.client("cloudwatch").list_metrics(Namespace="AWS/Lambda", MetricName="IteratorAge")["Metrics"]
    assert [{"Name": "FunctionName", "Value": stack.name}] in [metric["Dimensions"] for metric in listed]
