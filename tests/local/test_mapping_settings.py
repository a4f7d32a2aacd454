"""The local AWS shows every setting that a mapping was given, as AWS does."""

import pytest

DEFAULTS = {
    "BatchSize": 100,
    "BisectBatchOnFunctionError": False,
    "DestinationConfig": {"OnFailure": {}},
    "MaximumRecordAgeInSeconds": -1,
    "MaximumRetryAttempts": -1,
    "ParallelizationFactor": 1,
    "TumblingWindowInSeconds": 0,
}


@pytest.fixture(scope="module")
def stream(endpoint):
    kinesis = endpoint.client("kinesis")
    kinesis.create_stream(StreamName="settings", ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName="settings", WaiterConfig={"Delay": 1})
    return kinesis.describe_stream_summary(StreamName="settings")["StreamDescriptionSummary"]["StreamARN"]


@pytest.fixture(scope="module")
def function(endpoint, deploy):
    return deploy(endpoint, "settings", "def handle(event, context):\n    print(event)\n", ["kinesis:*"])


@pytest.fixture
def mapped(endpoint, function):
    """Creates a mapping and returns what each call of the Lambda API shows of it."""
    functions = endpoint.client("lambda")
    uuids = []

    def mapped(arn, **settings):
        created = functions.create_event_source_mapping(
            EventSourceArn=arn, FunctionName=function, StartingPosition="TRIM_HORIZON", **settings
        )
        uuids.append(created["UUID"])
        listed = functions.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
        return created["UUID"], [
            created,
            functions.get_event_source_mapping(UUID=created["UUID"]),
            *(each for each in listed if each["UUID"] == created["UUID"]),
        ]

    yield mapped
    for uuid in uuids:
        functions.delete_event_source_mapping(UUID=uuid)


def test_a_window_and_event_counts_are_shown_wherever_the_mapping_is(mapped, stream):
    _, shown = mapped(stream, TumblingWindowInSeconds=60, MetricsConfig={"Metrics": ["EventCount"]})
    assert [each["TumblingWindowInSeconds"] for each in shown] == [60, 60, 60]
    assert [each["MetricsConfig"] for each in shown] == [{"Metrics": ["EventCount"]}] * 3


def test_what_a_stream_mapping_leaves_out_has_awss_defaults(mapped, stream):
    _, shown = mapped(stream)
    assert [DEFAULTS | each for each in shown] == shown


def test_a_consumer_can_be_a_source(endpoint, mapped, stream):
    kinesis = endpoint.client("kinesis")
    arn = kinesis.register_stream_consumer(StreamARN=stream, ConsumerName="reader")["Consumer"]["ConsumerARN"]
    _, shown = mapped(arn)
    assert [each["EventSourceArn"] for each in shown] == [arn] * 3


def test_an_update_is_kept_beside_what_was_there(endpoint, mapped, stream):
    uuid, _ = mapped(stream, MetricsConfig={"Metrics": ["EventCount"]})
    functions = endpoint.client("lambda")
    functions.update_event_source_mapping(UUID=uuid, TumblingWindowInSeconds=30, Enabled=False)
    shown = functions.get_event_source_mapping(UUID=uuid)
    assert (shown["TumblingWindowInSeconds"], shown["MetricsConfig"], shown["State"]) == (
        30,
        {"Metrics": ["EventCount"]},
        "Disabled",
    )


def test_a_refusal_passes_as_it_is(endpoint):
    functions = endpoint.client("lambda")
    with pytest.raises(functions.exceptions.ResourceNotFoundException):
        functions.get_event_source_mapping(UUID="11111111-2222-3333-4444-555555555555")
