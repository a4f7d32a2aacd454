"""Mappings from what Terraform keeps, in both of the forms in which it shows it."""

import json
import re

import pytest

from local.engine.live.terraform_state import StateError, mappings, read
from local.engine.mapping import load
from tests.engine.doubles import QUEUE, STREAM

UUID = "d3879e40-390c-47e3-9413-1d336a05f28e"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:trip-writer:live"

# As provider 5.100 keeps them, fields of other kinds of sources included; recorded 2026-11-20.
STREAM_ATTRIBUTES = {
    "amazon_managed_kafka_event_source_config": [],
    "arn": f"arn:aws:lambda:us-east-1:123456789012:event-source-mapping:{UUID}",
    "batch_size": 100,
    "bisect_batch_on_function_error": True,
    "destination_config": [{"on_failure": [{"destination_arn": "arn:aws:s3:::failures"}]}],
    "document_db_event_source_config": [],
    "enabled": True,
    "event_source_arn": STREAM,
    "filter_criteria": [{"filter": [{"pattern": '{"data":{"city":["Zurich"]}}'}]}],
    "function_arn": FUNCTION,
    "function_name": FUNCTION,
    "function_response_types": ["ReportBatchItemFailures"],
    "id": UUID,
    "kms_key_arn": "",
    "last_modified": "2026-11-20T22:23:58Z",
    "last_processing_result": "No records processed",
    "maximum_batching_window_in_seconds": 1,
    "maximum_record_age_in_seconds": 21600,
    "maximum_retry_attempts": -1,
    "metrics_config": [{"metrics": ["EventCount"]}],
    "parallelization_factor": 2,
    "provisioned_poller_config": [],
    "queues": None,
    "scaling_config": [],
    "self_managed_event_source": [],
    "self_managed_kafka_event_source_config": [],
    "source_access_configuration": [],
    "starting_position": "AT_TIMESTAMP",
    "starting_position_timestamp": "2026-11-20T10:00:00Z",
    "state": "Enabled",
    "state_transition_reason": "USER_INITIATED",
    "tags": None,
    "tags_all": {},
    "topics": None,
    "tumbling_window_in_seconds": 0,
    "uuid": UUID,
}
QUEUE_ATTRIBUTES = {
    **STREAM_ATTRIBUTES,
    "event_source_arn": QUEUE,
    "batch_size": 10,
    "destination_config": [],
    "filter_criteria": [],
    "scaling_config": [{"maximum_concurrency": 5}],
    "starting_position": "",
    "starting_position_timestamp": "",
    "parallelization_factor": 0,
    "maximum_retry_attempts": 0,
    "maximum_record_age_in_seconds": 0,
    "bisect_batch_on_function_error": False,
}


def shown(*attributes):
    resources = [
        {"address": f"aws_lambda_event_source_mapping.m[{n}]", "mode": "managed",
         "type": "aws_lambda_event_source_mapping", "values": each}
        for n, each in enumerate(attributes)
    ]  # fmt: skip
    module = {"child_modules": [{"address": "module.trips", "resources": resources}]}
    return json.dumps({"format_version": "1.0", "values": {"root_module": module}})


def state_file(*attributes):
    instances = [{"index_key": n, "attributes": each} for n, each in enumerate(attributes)]
    resource = {"mode": "managed", "type": "aws_lambda_event_source_mapping", "name": "m", "instances": instances}
    return json.dumps({"version": 4, "resources": [{"module": "module.trips", **resource}]})


@pytest.mark.parametrize("form", [shown, state_file])
def test_every_setting_of_a_stream_mapping_is_read(form):
    (fields,) = mappings(form(STREAM_ATTRIBUTES))
    loaded = load(fields)
    assert (loaded.uuid, loaded.function, loaded.source.arn) == (UUID, FUNCTION, STREAM)
    assert (loaded.parallelization_factor, loaded.bisect_on_error, loaded.retry_attempts) == (2, True, -1)
    assert (loaded.starting_timestamp, loaded.record_age_seconds) == (1795168800.0, 21600)
    assert (loaded.on_failure, loaded.event_count_metrics, loaded.report_item_failures) == (
        "arn:aws:s3:::failures",
        True,
        True,
    )
    assert loaded.filters.patterns


@pytest.mark.parametrize("form", [shown, state_file])
def test_a_queue_mapping_has_none_of_a_streams_settings(form):
    (fields,) = mappings(form(QUEUE_ATTRIBUTES))
    assert load(fields).maximum_concurrency == 5


def test_zeros_that_stand_for_settings_an_endpoint_did_not_echo_are_the_defaults():
    silent = {"parallelization_factor": 0, "maximum_retry_attempts": 0, "maximum_record_age_in_seconds": 0}
    loaded = load(mappings(shown({**STREAM_ATTRIBUTES, **silent}))[0])
    assert (loaded.parallelization_factor, loaded.retry_attempts, loaded.record_age_seconds) == (1, -1, -1)


def test_no_retries_stay_no_retries():
    assert load(mappings(shown({**STREAM_ATTRIBUTES, "maximum_retry_attempts": 0}))[0]).retry_attempts == 0


@pytest.mark.parametrize("empty", ['{"format_version": "1.0"}', '{"version": 4, "resources": []}'])
def test_an_empty_state_has_no_mappings(empty):
    assert mappings(empty) == []


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("No state.", "is not JSON"),
        ("[]", "values: is missing"),
        ('{"values": {"root_module": []}}', "root_module: must be a JSON object"),
        (shown({**STREAM_ATTRIBUTES, "uuid": ""}), "m[0]: uuid: is missing"),
        (shown({**STREAM_ATTRIBUTES, "starting_position_timestamp": "noon"}), "starting_position_timestamp"),
        ('{"version": 4, "resources": [{"type": "aws_lambda_event_source_mapping", "mode": "managed"}]}', "instances"),
        (shown(STREAM_ATTRIBUTES).replace('"mode"', '"made"'), "aws_lambda_event_source_mapping: mode: must be"),
        (state_file(STREAM_ATTRIBUTES).replace('"mode"', '"made"'), "aws_lambda_event_source_mapping: mode: must be"),
    ],
)
def test_a_state_that_is_none_is_refused_by_the_name_of_its_field(text, named):
    with pytest.raises(StateError, match=re.escape(named)):
        mappings(text)


ODD = [5, True, "x", ["x"], [5], [[]], {"a": 1}, [{"a": 1}], [None]]
TYPED = [
    "uuid", "event_source_arn", "function_arn", "filter_criteria", "destination_config", "metrics_config",
    "scaling_config", "provisioned_poller_config", "starting_position_timestamp",
]  # fmt: skip
NESTED = [
    ("destination_config", "on_failure", ["x"]),
    ("destination_config", "on_failure", {"a": 1}),
    ("destination_config.on_failure", "destination_arn", 5),
    ("filter_criteria", "filter", ["x"]),
    ("filter_criteria", "filter", 5),
    ("filter_criteria.filter", "pattern", 5),
    ("metrics_config", "metrics", 5),
    ("scaling_config", "maximum_concurrency", "x"),
    ("provisioned_poller_config", "minimum_pollers", "x"),
]


@pytest.mark.parametrize("form", [shown, state_file])
@pytest.mark.parametrize("odd", ODD, ids=repr)
@pytest.mark.parametrize("field", TYPED)
def test_a_field_of_another_type_is_refused_by_its_name_or_harmless(form, field, odd):
    try:
        mappings(form({**STREAM_ATTRIBUTES, field: odd}))
    except StateError as error:
        assert f": {field}: " in str(error)  # noqa: PT017  some are harmless


@pytest.mark.parametrize("odd", [5, "x", {"a": 1}, ["x"]], ids=repr)
@pytest.mark.parametrize("field", [each for each in TYPED if each.endswith(("_config", "_criteria"))])
def test_a_block_that_is_none_is_refused(field, odd):
    with pytest.raises(StateError, match=f": {field}: must be"):
        mappings(shown({**STREAM_ATTRIBUTES, field: odd}))


@pytest.mark.parametrize(("block", "field", "odd"), NESTED)
def test_a_field_of_a_block_is_refused_by_its_name(block, field, odd):
    attributes = {field: odd}
    for name in reversed(block.split(".")):
        attributes = {name: [attributes]}
    with pytest.raises(StateError, match=rf": {block}\.{field}: must be"):
        mappings(shown({**STREAM_ATTRIBUTES, **attributes}))


@pytest.mark.parametrize(
    ("field", "odd"), [("instances", ["x"]), ("instances", [5]), ("name", 5), ("module", 5), ("type", 5)]
)
def test_a_resource_of_a_state_file_is_refused_by_the_name_of_its_field(field, odd):
    state = json.loads(state_file(STREAM_ATTRIBUTES))
    state["resources"][0][field] = odd
    with pytest.raises(StateError, match=f": {field}: must be"):
        mappings(json.dumps(state))


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"[" * 100_000, b'{"values":' * 100_000, b"9" * 5000])
def test_a_file_that_is_no_state_is_refused(tmp_path, content):
    path = tmp_path / "terraform.tfstate"
    path.write_bytes(content)
    with pytest.raises(StateError, match=r"terraform\.tfstate: is not JSON"):
        read(path)


def test_modules_may_be_nested_as_deep_as_json_is():
    deep = '{"child_modules": [' * 400 + "{}" + "]}" * 400
    assert mappings(f'{{"values": {{"root_module": {deep}}}}}') == []


def test_a_state_that_is_not_there_says_what_to_give(tmp_path):
    with pytest.raises(StateError, match=r"give --state a terraform\.tfstate"):
        read(tmp_path / "nowhere.tfstate")
