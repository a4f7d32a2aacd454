"""The live engine on the local AWS: what a deployed function sees of its streams."""

from __future__ import annotations

import json

import pytest

from tests.flows.engine import functions
from tests.flows.engine.scene import eventually, flat, values_of


def test_a_stream_is_read_in_batches_while_the_emulators_poller_is_off_and_on_again_afterwards(scene):
    scene.function(functions.plain, scene.reads_stream)
    uuid = scene.map(scene.stream(), BatchSize=4)
    with scene.engine():
        during = scene.poller_state(uuid)
        scene.put(*range(10))
        eventually(lambda: len(flat(scene.values())) == 10, "ten records")
    assert (scene.values(), during, scene.poller_state(uuid)) == (
        [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]],
        "Disabled",
        "Enabled",
    )


@pytest.mark.usefixtures("impatient")
def test_a_poison_record_is_bisected_out_into_the_bucket_with_its_payload(scene):
    bucket = f"{scene.name}-failures"
    scene.client("s3").create_bucket(Bucket=bucket)
    scene.function(functions.refuses_poison, scene.reads_stream, (["s3:PutObject"], f"arn:aws:s3:::{bucket}/*"))
    scene.stream()
    uuid = scene.map(
        scene.stream_arn,
        BisectBatchOnFunctionError=True,
        MaximumRetryAttempts=1,
        DestinationConfig={"OnFailure": {"Destination": f"arn:aws:s3:::{bucket}"}},
    )
    with scene.engine():
        number = scene.put(1, 2, "poison", 4)[2]
        listed = eventually(
            lambda: scene.client("s3").list_objects_v2(Bucket=bucket).get("Contents"), "an object of the failed batch"
        )
        eventually(lambda: [4] in scene.values(), "the record after the poison")
    (found,) = listed
    record = json.loads(scene.client("s3").get_object(Bucket=bucket, Key=found["Key"])["Body"].read())
    assert found["Key"].startswith(f"aws/lambda/{uuid}/shardId-000000000000/")
    assert values_of(json.loads(record["payload"])) == ["poison"]
    assert record["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert record["KinesisBatchInfo"]["startSequenceNumber"] == number
    assert scene.values() == [[1, 2, "poison", 4], [1, 2], ["poison", 4], ["poison"], ["poison"], [4]]


@pytest.mark.usefixtures("impatient")
def test_after_a_partial_response_only_the_rest_comes_again(scene):
    scene.function(functions.reports_poison, scene.reads_stream)
    scene.stream()
    scene.map(scene.stream_arn, FunctionResponseTypes=["ReportBatchItemFailures"], MaximumRetryAttempts=1)
    with scene.engine():
        scene.put(1, "poison", 3)
        eventually(lambda: any("discarded" in text for text in scene.told), "the end of the retries")
    assert scene.values() == [[1, "poison", 3], ["poison", 3], ["poison", 3]]


def test_parallel_batches_of_one_shard_run_side_by_side_and_keep_the_order_of_each_key(scene):
    scene.function(functions.waits_for_company, scene.reads_stream)
    uuid = scene.map(scene.stream(), BatchSize=5, ParallelizationFactor=4)
    keys = [f"key-{n}" for n in range(8)]
    with scene.engine() as engine:
        records = [{"PartitionKey": key, "Data": json.dumps([key, turn])} for turn in range(5) for key in keys]
        scene.client("kinesis").put_records(StreamName=scene.name, Records=records)
        eventually(lambda: len(flat(scene.values())) >= 40, "forty records")
    delivered = flat(scene.values())
    assert {key: [turn for of, turn in delivered if of == key] for key in keys} == {key: [*range(5)] for key in keys}
    assert len(engine.checkpoints.load(uuid)["shardId-000000000000"].positions) == 4


@pytest.mark.usefixtures("impatient")
def test_a_window_ends_in_one_final_call_with_the_state_of_all_its_records(scene):
    scene.function(functions.counts, scene.reads_stream)
    scene.stream()
    scene.map(scene.stream_arn, BatchSize=2, TumblingWindowInSeconds=1)
    with scene.engine():
        scene.put(*range(5))
        eventually(lambda: sum(_final_counts(scene)) == 5, "final calls")
    finals = [event for event in scene.seen() if event["isFinalInvokeForWindow"]]
    assert len({event["window"]["start"] for event in finals}) == len(finals)
    assert all(event["Records"] == [] for event in finals)


def _final_counts(scene):
    return [event["state"]["count"] for event in scene.seen() if event["isFinalInvokeForWindow"]]


def test_a_tables_changes_are_read_though_an_emulator_denies_its_stream_to_every_role(scene, capabilities):
    arn = scene.table()
    scene.function(functions.plain, scene.reads_table)
    scene.map(arn)
    with scene.engine():
        scene.client("dynamodb").put_item(TableName=scene.name, Item={"id": {"S": "7"}, "photo": {"B": b"\x00\x01"}})
        (event, *_) = eventually(scene.seen, "the change")
    (record,) = event["Records"]
    assert (record["eventName"], record["dynamodb"]["NewImage"]) == (
        "INSERT",
        {"id": {"S": "7"}, "photo": {"B": "AAE="}},
    )
    wrongly_denied = [
        text for text in scene.told if "its policy allows it, the endpoint refuses it all the same" in text
    ]
    assert bool(wrongly_denied) == (capabilities.iam_enforced.offered and scene.endpoint.kind == "ministack")


def test_a_consumer_is_pushed_to_through_its_own_subscription(scene):
    scene.stream()
    consumer = scene.client("kinesis").register_stream_consumer(StreamARN=scene.stream_arn, ConsumerName="reader")[
        "Consumer"
    ]
    scene.function(functions.plain, scene.reads_stream, (["kinesis:SubscribeToShard"], consumer["ConsumerARN"]))
    scene.map(consumer["ConsumerARN"])
    with scene.engine():
        scene.put(1, 2, 3)
        eventually(lambda: len(flat(scene.values())) == 3, "three records")
    assert scene.seen()[0]["Records"][0]["eventSourceARN"] == consumer["ConsumerARN"]
    assert not [text for text in scene.told if "not offered" in text]


@pytest.mark.usefixtures("iam_enforced")
def test_a_role_that_may_not_read_its_stream_is_told_and_nothing_is_read_in_its_place(scene):
    scene.function(functions.plain, (["kinesis:ListShards", "kinesis:DescribeStreamSummary"], scene.stream_arn))
    scene.stream()
    scene.map(scene.stream_arn)
    with scene.engine():
        scene.put(1)
        told = eventually(lambda: [text for text in scene.told if "may not read" in text], "the denial")
    assert scene.role_arn in told[0]
    assert scene.seen() == []


def test_an_engine_that_is_told_to_stop_finishes_what_is_in_flight(scene):
    scene.function(functions.dawdles, scene.reads_stream)
    uuid = scene.map(scene.stream())
    with scene.engine() as engine:
        (number,) = scene.put(1)
        eventually(scene.seen, "the call")
        assert engine.checkpoints.load(uuid)["shardId-000000000000"].lowest is None
    assert engine.checkpoints.load(uuid)["shardId-000000000000"].lowest == number


def test_a_mapping_that_comes_later_is_run_and_one_that_goes_is_told_once(scene):
    scene.function(functions.plain, scene.reads_stream)
    scene.stream()
    with scene.engine() as engine:
        engine.state = None  # as if there were no state: the Lambda API says what there is
        scene.map(scene.stream_arn, Enabled=False)
        uuid = scene.map(scene.stream_arn)
        eventually(lambda: uuid in engine.workers.by_uuid and engine.workers.are_ready, "the mapping")
        scene.put(1)
        eventually(scene.seen, "its record")
        scene.client("lambda").delete_event_source_mapping(UUID=uuid)
        scene.uuids.remove(uuid)
        eventually(lambda: uuid not in engine.workers.by_uuid, "the end of the mapping")
    assert len([text for text in scene.told if f"mapping {uuid} is gone" in text]) == 1


def test_a_mapping_changed_while_it_runs_goes_on_where_it_was(scene):
    scene.function(functions.plain, scene.reads_stream)
    uuid = scene.map(scene.stream(), BatchSize=2)
    with scene.engine():
        scene.put(1, 2, 3)
        eventually(lambda: len(flat(scene.values())) == 3, "the first records")
        scene.declared[0]["BatchSize"] = 3
        scene.state()
        eventually(lambda: [text for text in scene.told if f"mapping {uuid} or its function was changed" in text], "it")
        scene.put(4, 5, 6)
        eventually(lambda: len(flat(scene.values())) == 6, "the other records")
    assert scene.values() == [[1, 2], [3], [4, 5, 6]]


def test_a_function_that_vanished_while_it_is_run_is_told_once(scene):
    scene.function(functions.plain, scene.reads_stream)
    scene.map(scene.stream())
    with scene.engine() as engine:
        scene.client("lambda").delete_function(FunctionName=scene.name)
        scene.put(1)
        eventually(lambda: not engine.workers.by_uuid, "its mapping to rest")
        scene.put(2)
        engine.loop.post(lambda: engine.rounds.begin(engine.loop.clock()))
    assert len([text for text in scene.told if "is gone; looked for again" in text]) == 1


def test_metrics_are_on_the_endpoint_and_on_disk(scene):
    scene.function(functions.plain, scene.reads_stream)
    uuid = scene.map(scene.stream(), MetricsConfig={"Metrics": ["EventCount"]})
    with scene.engine() as engine:
        scene.put(*range(3))
        eventually(scene.seen, "the records")
    lines = [json.loads(line) for line in (engine.home / "metrics.jsonl").read_text().splitlines()]
    counted = {line["name"]: line["sum"] for line in lines if line["dimension"] == ["EventSourceMappingUUID", uuid]}
    assert counted == {"PolledEventCount": 3, "InvokedEventCount": 3}
    listed = scene.client("cloudwatch").list_metrics(Namespace="AWS/Lambda", MetricName="IteratorAge")["Metrics"]
    assert [{"Name": "FunctionName", "Value": scene.name}] in [metric["Dimensions"] for metric in listed]
