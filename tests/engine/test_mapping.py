"""What a mapping is when little is said, and what AWS refuses to create."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.engine.mapping import FOREVER, Mapping, Pollers, load, refuse_short_visibility
from local.engine.refusals import MappingRefusedError
from tests.engine.doubles import BUCKET, CONSUMER, FAILURES, FIFO, QUEUE, STREAM, TABLE

ON_STREAM = {"EventSourceArn": STREAM, "StartingPosition": "TRIM_HORIZON"}
ON_TABLE = {"EventSourceArn": TABLE, "StartingPosition": "TRIM_HORIZON"}
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:trips:live"
ON_QUEUE = {"EventSourceArn": QUEUE}


def refusal(fields) -> MappingRefusedError:
    with pytest.raises(MappingRefusedError) as caught:
        load(fields)
    return caught.value


def loaded_or_refused(fields) -> bool:
    """True unless the refusal names no field; any other exception rises."""
    try:
        return isinstance(load(fields), Mapping)
    except MappingRefusedError as refused:
        return str(refused).startswith(refused.field)


def destination(arn):
    return {"DestinationConfig": {"OnFailure": {"Destination": arn}}}


def filters(*patterns):
    return {"FilterCriteria": {"Filters": [{"Pattern": pattern} for pattern in patterns]}}


@pytest.mark.parametrize("position", [ON_STREAM, ON_TABLE, {**ON_STREAM, "EventSourceArn": CONSUMER}])
def test_a_stream_mapping_has_the_defaults_of_aws(position):
    mapping = load(position)
    assert (
        mapping.batch_size,
        mapping.batching_window_seconds,
        mapping.parallelization_factor,
        mapping.bisect_on_error,
        mapping.retry_attempts,
        mapping.record_age_seconds,
        mapping.tumbling_window_seconds,
        mapping.report_item_failures,
        mapping.on_failure,
    ) == (100, 0, 1, False, FOREVER, FOREVER, 0, False, None)


def test_a_queue_mapping_takes_ten_messages_at_a_time():
    assert load(ON_QUEUE).batch_size == 10


def test_a_stream_takes_large_batches_without_a_batching_window():
    assert load({**ON_STREAM, "BatchSize": 10_000}).batch_size == 10_000


def test_a_queue_takes_large_batches_only_with_a_batching_window():
    assert refusal({**ON_QUEUE, "BatchSize": 11}).text == (
        "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
    )


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("BatchSize", 0, "greater than or equal to 1"),
        ("BatchSize", 10_001, "less than or equal to 10000"),
        ("MaximumBatchingWindowInSeconds", 301, "less than or equal to 300"),
        ("ParallelizationFactor", 11, "less than or equal to 10"),
        ("MaximumRetryAttempts", -2, "greater than or equal to -1"),
        ("MaximumRetryAttempts", 10_001, "less than or equal to 10000"),
        ("MaximumRecordAgeInSeconds", 604_801, "less than or equal to 604800"),
        ("TumblingWindowInSeconds", 901, "less than or equal to 900"),
    ],
)
def test_a_number_out_of_bounds_is_refused_in_the_words_of_aws(field, value, rule):
    name = field[0].lower() + field[1:]
    assert refusal({**ON_STREAM, field: value}).text == (
        f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: "
        f"Member must have value {rule}"
    )


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "EventSourceArn"),
        ({"EventSourceArn": "trips"}, "EventSourceArn"),
        ({"EventSourceArn": "arn:aws:kafka:us-east-1:123456789012:cluster/x/y"}, "EventSourceArn"),
        ({"EventSourceArn": STREAM}, "StartingPosition"),
        ({**ON_STREAM, "StartingPosition": "EARLIEST"}, "StartingPosition"),
        ({**ON_TABLE, "StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": 1}, "StartingPosition"),
        ({**ON_STREAM, "StartingPosition": "AT_TIMESTAMP"}, "StartingPositionTimestamp"),
        ({**ON_STREAM, "StartingPositionTimestamp": 1}, "StartingPositionTimestamp"),
        ({**ON_STREAM, "BatchSizes": 1}, "BatchSizes"),
        ({**ON_STREAM, "BatchSize": "100"}, "BatchSize"),
        ({**ON_STREAM, "BatchSize": True}, "BatchSize"),
        ({**ON_STREAM, "BisectBatchOnFunctionError": "yes"}, "BisectBatchOnFunctionError"),
        ({**ON_STREAM, "MaximumRecordAgeInSeconds": 59}, "MaximumRecordAgeInSeconds"),
        ({**ON_STREAM, "FunctionResponseTypes": ["Batch"]}, "FunctionResponseTypes"),
        ({**ON_STREAM, "ScalingConfig": {"MaximumConcurrency": 2}}, "ScalingConfig"),
        ({**ON_STREAM, "ProvisionedPollerConfig": {"MinimumPollers": 2}}, "ProvisionedPollerConfig"),
        ({**ON_STREAM, "Topics": ["trips"]}, "Topics"),
        ({**ON_STREAM, "MetricsConfig": {"Metrics": ["KafkaMetrics"]}}, "MetricsConfig.Metrics"),
        ({**ON_STREAM, **destination(FIFO)}, "DestinationConfig.OnFailure.Destination"),
        ({**ON_STREAM, **destination("kafka://failures")}, "DestinationConfig.OnFailure.Destination"),
        ({**ON_STREAM, "DestinationConfig": {"OnFailed": {}}}, "DestinationConfig.OnFailed"),
        ({**ON_STREAM, "DestinationConfig": {"OnSuccess": {"Destination": QUEUE}}}, "DestinationConfig.OnSuccess"),
        ({**ON_STREAM, "TumblingWindowInSeconds": 60, "ParallelizationFactor": 2}, "ParallelizationFactor"),
        ({**ON_STREAM, "TumblingWindowInSeconds": 60, **filters('{"data": {}}')}, "FilterCriteria"),
        ({**ON_STREAM, **filters("{")}, "FilterCriteria.Filters[0].Pattern"),
        ({**ON_STREAM, **filters("{}", '{"data": "x"}')}, "FilterCriteria.Filters[1].Pattern"),
        ({**ON_STREAM, **filters(" " * 4097)}, "FilterCriteria.Filters[0].Pattern"),
        ({**ON_STREAM, **filters(*["{}"] * 6)}, "FilterCriteria.Filters"),
        ({**ON_QUEUE, **filters('{"messageId": ["1"]}')}, "FilterCriteria.Filters[0].Pattern"),
        ({**ON_QUEUE, "TumblingWindowInSeconds": 60}, "TumblingWindowInSeconds"),
        ({**ON_QUEUE, **destination(FAILURES)}, "DestinationConfig"),
        ({**ON_QUEUE, "ScalingConfig": {"MaximumConcurrency": 1}}, "ScalingConfig.MaximumConcurrency"),
        ({**ON_QUEUE, "ProvisionedPollerConfig": {"MaximumPollers": 1}}, "ProvisionedPollerConfig.MaximumPollers"),
        (
            {**ON_QUEUE, "ProvisionedPollerConfig": {"MinimumPollers": 9, "MaximumPollers": 8}},
            "ProvisionedPollerConfig.MinimumPollers",
        ),
        ({**ON_STREAM, **destination(f"{BUCKET}/key")}, "DestinationConfig.OnFailure.Destination"),
        ({**ON_STREAM, **destination("arn:aws:sqs::123456789012:q")}, "DestinationConfig.OnFailure.Destination"),
        ({**ON_STREAM, "EventSourceArn": STREAM.replace("us-east-1", "")}, "EventSourceArn"),
        ({**ON_STREAM, "FilterCriteria": {"Filters": [{}]}}, "FilterCriteria.Filters[0].Pattern"),
        ({**ON_STREAM, "UUID": "../u-1"}, "UUID"),
        ({**ON_STREAM, "Tags": ["team"]}, "Tags"),
        ({**ON_STREAM, "Tags": {"team": 7}}, "Tags"),
        (
            {**ON_QUEUE, "ScalingConfig": {"MaximumConcurrency": 2}, "ProvisionedPollerConfig": {"MinimumPollers": 2}},
            "ScalingConfig",
        ),
        ({"EventSourceArn": FIFO, "BatchSize": 11, "MaximumBatchingWindowInSeconds": 1}, "BatchSize"),
        ({"EventSourceArn": FIFO, "MaximumBatchingWindowInSeconds": 1}, "MaximumBatchingWindowInSeconds"),
    ],
)
def test_a_refusal_names_the_field_at_fault(fields, field):
    assert refusal(fields).field == field


def test_a_bucket_may_have_a_name_that_only_looks_like_fifo():
    assert load({**ON_STREAM, **destination("arn:aws:s3:::my.fifo")}).on_failure_is_bucket


def test_a_number_within_another_setting_is_named_by_both():
    refused = refusal({**ON_QUEUE, "ScalingConfig": {"MaximumConcurrency": 1001}})
    assert "at 'scalingConfig.maximumConcurrency' failed to satisfy constraint" in refused.text


def test_an_unknown_setting_is_refused_with_the_one_it_may_mean():
    with pytest.raises(MappingRefusedError, match=r"BatchSze: .*; did you mean BatchSize\?"):
        load({**ON_STREAM, "BatchSze": 1})


def test_a_filter_that_is_no_pattern_is_refused_in_the_words_of_aws():
    assert refusal({**ON_STREAM, **filters("[]")}).text.startswith("Invalid filter pattern definition.")


@pytest.mark.parametrize("operator", ["wildcard", "cidr"])
def test_operators_that_aws_does_not_list_for_mappings_are_refused_never_ignored(operator):
    assert operator in refusal({**ON_STREAM, **filters(f'{{"data": {{"x": [{{"{operator}": "a"}}]}}}}')}).text


def test_an_empty_filter_container_goes_with_a_window():
    windowed = {**ON_STREAM, "TumblingWindowInSeconds": 60, "FilterCriteria": {"Filters": []}}
    assert load(windowed).tumbling_window_seconds == 60


def test_a_window_goes_with_every_other_setting_of_a_stream():
    mapping = load(
        {
            **ON_STREAM,
            "EventSourceArn": CONSUMER,
            "TumblingWindowInSeconds": 60,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "MaximumBatchingWindowInSeconds": 20,
            "MaximumRecordAgeInSeconds": 3600,
            "MaximumRetryAttempts": 3,
            "ParallelizationFactor": 1,
            "BisectBatchOnFunctionError": True,
            **destination(BUCKET),
        }
    )
    assert mapping.tumbling_window_seconds == 60


def test_filtering_kinesis_on_anything_but_data_is_told():
    (warning,) = load({**ON_STREAM, **filters('{"partitionKey": ["1"], "data": {"x": [1]}}')}).warnings
    assert "partitionKey" in warning


def test_filters_that_could_not_be_decrypted_are_refused_never_ignored():
    hidden = {"KMSKeyArn": "arn:key", "FilterCriteriaError": {"ErrorCode": "KMSAccessDenied", "Message": "no"}}
    assert refusal({**ON_STREAM, **hidden}).field == "FilterCriteriaError"


@pytest.mark.parametrize(("shown", "told"), [({}, 1), (filters('{"data": {"x": [1]}}'), 0)])
def test_criteria_that_a_key_may_hide_are_told(shown, told):
    assert len(load({**ON_STREAM, "KMSKeyArn": "arn:key", **shown}).warnings) == told


def test_a_description_of_a_mapping_is_a_mapping():
    described = {**ON_STREAM, "UUID": "u-1", "State": "Enabled", "LastModified": "2026-01-01", "FunctionArn": FUNCTION}
    assert load(described).uuid == "u-1"


def test_provisioned_pollers_have_the_bounds_of_aws():
    assert load({**ON_QUEUE, "ProvisionedPollerConfig": {"MinimumPollers": 3}}).pollers == Pollers(3, 200)


def test_a_function_may_not_run_longer_than_its_messages_stay_invisible():
    with pytest.raises(MappingRefusedError) as caught:
        refuse_short_visibility(load(ON_QUEUE), visibility_seconds=30, timeout_seconds=60)
    assert caught.value.text == "Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds"


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.sampled_from(
    [
        "EventSourceArn", "FunctionName", "Enabled", "BatchSize", "FilterCriteria", "MetricsConfig", "UUID",
        "DestinationConfig", "StartingPosition", "StartingPositionTimestamp", "MaximumRecordAgeInSeconds",
        "FunctionResponseTypes", "ScalingConfig", "ProvisionedPollerConfig", "Topics",
    ]
)  # fmt: skip
NESTED = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("Filters", "OnFailure", "OnSuccess", "Metrics", "MaximumConcurrency"), JUNK)
)


@given(
    base=st.sampled_from([ON_STREAM, ON_TABLE, ON_QUEUE, {"EventSourceArn": FIFO}]),
    changed=st.dictionaries(FIELDS, JUNK | NESTED, max_size=4),
)
def test_a_malformed_mapping_is_refused_by_name_or_loaded_never_anything_else(base, changed):
    assert loaded_or_refused({**base, **changed})


@given(JUNK)
def test_a_mapping_of_any_type_is_refused_by_name(junk):
    assert refusal(junk).field in str(refusal(junk))
