"""What is malformed is refused where it is given, by its name, with its value and what to do."""

from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.engine import KinesisRecord, MappingRefusedError, QueueMessage, QueueSettings, TableChange, simulate
from local.engine.mapping import load
from tests.engine.doubles import QUEUE, SHARD, STREAM, TABLE, Scripted, at_once, filters, mapping, nothing, records

HALF = "a\ud800"
MILLISECONDS = 1_700_000_000_000.0
GOOD: dict[Any, dict[str, Any]] = {
    KinesisRecord: {"shard_id": SHARD, "partition_key": "key", "data": b"{}", "arrived": 1000.0},
    TableChange: {"shard_id": SHARD, "event_name": "INSERT", "keys": {"id": {"S": "7"}}, "created": 1000.0},
    QueueMessage: {"body": "{}", "sent": 1000.0},
}
FIELDS = {field.name for kind in GOOD for field in fields(kind)}


def by_name(value: object) -> str:
    """Some values of this file have no text, or too much of it."""
    return value if isinstance(value, str) and len(value) < 80 else type(value).__name__


class Unprintable:
    def __repr__(self) -> str:
        raise RuntimeError("no form")


@pytest.mark.parametrize(
    ("kind", "place", "value", "message"),
    [
        (KinesisRecord, "shard_id", 0, "shard_id must be text that is not empty; got 0"),
        (KinesisRecord, "partition_key", None, "partition_key must be text that is not empty; got None"),
        (KinesisRecord, "data", "text", r"data must be bytes, such as json.dumps\(value\).encode\(\); got 'text'"),
        (KinesisRecord, "arrived", datetime(2026, 1, 1, tzinfo=UTC), "arrived must be epoch seconds, .*; got datetime"),
        (KinesisRecord, "arrived", True, "arrived must be epoch seconds, .*; got True"),
        (KinesisRecord, "arrived", float("nan"), "arrived must be epoch seconds, .*; got nan"),
        (KinesisRecord, "arrived", -1.0, "arrived must be epoch seconds, .*; got -1.0"),
        (KinesisRecord, "arrived", MILLISECONDS, "arrived must be epoch seconds, .* milliseconds; divide them by 1000"),
        (KinesisRecord, "arrived", 10**5000, "arrived must be epoch seconds, .*; got a whole number of 16610 bits"),
        (TableChange, "created", "1000", "created must be epoch seconds, .*; got '1000'"),
        (TableChange, "event_name", "DELETE", "event_name must be one of INSERT, MODIFY, REMOVE; got 'DELETE'"),
        (TableChange, "keys", "id", r"keys must be a mapping of typed DynamoDB values, such as .*; got 'id'"),
        (TableChange, "keys", {"id": "7"}, r"keys\['id'\] must be a typed DynamoDB value, such as .*; got '7'"),
        (TableChange, "new_image", {"n": {"N": 7}}, r"new_image\['n'\] must be a typed .*; got \{'N': 7\}"),
        (TableChange, "old_image", {"l": {"L": [7]}}, r"old_image\['l'\]\['L'\]\[0\] must be a typed .*; got 7"),
        (
            TableChange,
            "new_image",
            {"m": {"M": {"x": {}}}},
            r"new_image\['m'\]\['M'\]\['x'\] must be a typed .*; got {}",
        ),
        (TableChange, "keys", {}, "keys must hold one or two values of type S, N or B, .*; got {}"),
        (TableChange, "keys", {"id": {"BOOL": True}}, "keys must hold one or two values of type S, N or B"),
        (TableChange, "keys", {"id": {"N": "seven"}}, r"keys\['id'\] must be a number as text, .*; got {'N': 'seven'}"),
        (TableChange, "old_image", {"id": {"S": "7"}}, "old_image must be None: what INSERT leaves has none; got "),
        (TableChange, "expired", True, "expired must be true or false, true for a REMOVE only; got True"),
        (KinesisRecord, "partition_key", "k" * 257, "partition_key must be at most 256 characters; got 257"),
        (
            KinesisRecord,
            "data",
            bytes(10 * 2**20),
            "data and partition_key must be 10485760 bytes at most; got 10485763",
        ),
        (QueueMessage, "body", "x" * (2**20 + 1), "body and attributes must be 1048576 bytes at most; got 1048577"),
        (QueueMessage, "attributes", {"a": "x" * 2**20}, "body and attributes must be 1048576 bytes at most"),
        (QueueMessage, "body", "", "body must be text of one character at least; got none"),
        (QueueMessage, "body", {"id": 1}, "body must be text, .*; got {'id': 1}"),
        (QueueMessage, "sent", None, "sent must be epoch seconds, .*; got None"),
        (QueueMessage, "sent", MILLISECONDS, "sent must be epoch seconds, .* milliseconds; divide them by 1000"),
        (QueueMessage, "group_id", 7, "group_id must be text that is not empty; got 7"),
        (QueueMessage, "attributes", ["a"], "attributes must be a mapping .*; got "),
        (QueueMessage, "attributes", {"kind": 7}, r"attributes\['kind'\] must be text, bytes or .*; got 7"),
        (QueueMessage, "attributes", {"kind": {}}, r"attributes\['kind'\] must be text, bytes or .*; got {}"),
        (QueueMessage, "attributes", {7: "x"}, "attributes: a name must be text that is not empty; got 7"),
        (QueueMessage, "attributes", {"kind": {"DataType": "Number", "StringValue": 7}}, r"\['kind'\] must be text"),
        (QueueMessage, "attributes", {"kind": HALF}, r"attributes\['kind'\] must be text that UTF-8 can carry"),
        (QueueMessage, "body", HALF, r"body must be text that UTF-8 can carry; got half a surrogate pair, \\ud800"),
        (QueueMessage, "group_id", HALF, "group_id must be text that UTF-8 can carry"),
        (KinesisRecord, "partition_key", HALF, "partition_key must be text that UTF-8 can carry"),
        (KinesisRecord, "shard_id", HALF, "shard_id must be text that UTF-8 can carry"),
        (TableChange, "keys", {7: {"S": "7"}}, "keys: a name must be text that is not empty; got 7"),
        (TableChange, "keys", {"id": {"S": HALF}}, r"keys\['id'\] must be text that UTF-8 can carry"),
        (TableChange, "keys", {"id": {"SS": "abc"}}, r"keys\['id'\] must be a typed DynamoDB value"),
    ],
    ids=by_name,
)
def test_a_record_is_refused_where_it_is_made(kind, place, value, message):
    with pytest.raises((TypeError, ValueError), match=message):
        kind(**{**GOOD[kind], place: value})


@pytest.mark.parametrize(
    ("arn", "given", "message"),
    [
        (STREAM, {"hash_ranges": [SHARD]}, "hash_ranges must say the first and last hash key of each shard.*; got "),
        (
            STREAM,
            {"hash_ranges": {SHARD: 7}},
            r"hash_ranges\['shardId-000000000000'\] must be \(first, last\).*; got 7",
        ),
        (STREAM, {"hash_ranges": {SHARD: (1, 0)}}, r"hash_ranges\[.*\] must be \(first, last\).*; got \(1, 0\)"),
        (STREAM, {"hash_ranges": {SHARD: (0, 2**128)}}, r"hash_ranges\[.*\] must be \(first, last\)"),
        (STREAM, {"hash_ranges": {SHARD: ("0", "1")}}, r"hash_ranges\[.*\] must be \(first, last\)"),
        (TABLE, {"hash_ranges": {SHARD: (0, 1)}}, "hash_ranges does not apply to a DynamoDB table stream"),
        (TABLE, {"stream_view_type": "NEW"}, "stream_view_type must be one of KEYS_ONLY, .*; got 'NEW'"),
        (STREAM, {"stream_view_type": "KEYS_ONLY"}, "stream_view_type does not apply to a Kinesis stream"),
        (STREAM, {"until": float("nan")}, "until must be epoch seconds, .*; got nan"),
        (STREAM, {"until": MILLISECONDS}, "until must be epoch seconds, .* milliseconds; divide them by 1000"),
        (STREAM, {"function_timeout": 0}, "function_timeout must be more than 0 and at most 900 seconds; got 0"),
        (STREAM, {"function_timeout": "3"}, "function_timeout must be .*; got '3'"),
        (STREAM, {"retention_seconds": 0}, "retention_seconds must be more than 0 and at most 31536000 seconds; got 0"),
        (
            TABLE,
            {"retention_seconds": 90_000},
            "retention_seconds must be more than 0 and at most 86400 seconds; got 90000",
        ),
        (STREAM, {"retention_seconds": float("inf")}, "retention_seconds must be .*; got inf"),
        (STREAM, {"invocation_seconds": -1.0}, "invocation_seconds must be 0 or more.*; got -1.0"),
        (STREAM, {"invocation_seconds": float("inf")}, "invocation_seconds must be 0 or more.*; got inf"),
        (STREAM, {"invocation_seconds": 86_401}, "invocation_seconds must be 0 or more and at most 86400.*; got 86401"),
        (STREAM, {"invocation_seconds": lambda event: None}, "invocation_seconds must be 0 or more.*; got None"),
        (QUEUE, {"queue": 30}, "queue must be QueueSettings; got 30"),
        (STREAM, {"queue": QueueSettings()}, "queue does not apply to a Kinesis stream"),
        (QUEUE, {"shards": {}}, "shards does not apply to a standard SQS queue"),
        (QUEUE, {"hash_ranges": {}}, "hash_ranges does not apply to a standard SQS queue"),
        (QUEUE, {"retention_seconds": 60}, "retention_seconds does not apply to a standard SQS queue"),
    ],
    ids=by_name,
)
def test_an_argument_is_refused_by_its_name(arn, given, message):
    record: Any = {STREAM: at_once(1), TABLE: [TableChange(**GOOD[TableChange])], QUEUE: [QueueMessage("{}", 1.0)]}[arn]
    with pytest.raises((TypeError, ValueError), match=message):
        simulate(mapping(arn), record, nothing, **given)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
ARGUMENTS = st.sampled_from(
    ["shards", "hash_ranges", "stream_view_type", "until", "function_timeout", "retention_seconds",
     "invocation_seconds", "queue", "records", "function"]
)  # fmt: skip


@given(arn=st.sampled_from([STREAM, TABLE, QUEUE]), name=ARGUMENTS, junk=JUNK)
def test_an_argument_however_odd_is_refused_or_taken_and_upsets_nothing(arn, name, junk):
    given: dict[str, Any] = {"records": [], "function": nothing, name: junk}
    try:
        told = simulate(mapping(arn), **given).explain()
    except (TypeError, ValueError) as refused:
        told = str(refused)
    assert told == "Nothing happened." or name in told


def made(kind: Any, changes: dict[str, Any]) -> tuple[Any, str]:
    """A record, or the text that refuses it."""
    try:
        return kind(**{**GOOD[kind], **changes}), ""
    except (TypeError, ValueError) as refused:
        return None, str(refused)


@given(kind=st.sampled_from(list(GOOD)), changes=st.dictionaries(st.sampled_from(sorted(FIELDS)), JUNK, max_size=2))
def test_a_record_however_odd_is_refused_by_its_field_or_delivered(kind, changes):
    changes = {name: junk for name, junk in changes.items() if name in {field.name for field in fields(kind)}}
    record, refusal = made(kind, changes)
    source = {KinesisRecord: STREAM, TableChange: TABLE, QueueMessage: QUEUE}[kind]
    delivered = [] if refusal else simulate(mapping(source), [record], nothing).invocations
    assert refusal.startswith(tuple(changes)) if refusal else len(delivered) == 1


@given(JUNK | st.dictionaries(st.sampled_from(["state", "batchItemFailures"]), JUNK), st.sampled_from([0, 60]))
def test_an_answer_however_odd_never_leaves_the_simulation(answer, seconds):
    settings = mapping(
        MaximumRetryAttempts=1, TumblingWindowInSeconds=seconds, FunctionResponseTypes=["ReportBatchItemFailures"]
    )
    timeline = simulate(settings, at_once(2), Scripted(answer))
    assert all(invocation.verdict for invocation in timeline.invocations)


def test_records_that_are_none_are_refused():
    with pytest.raises(TypeError, match="records must be KinesisRecords for this mapping's source; got None"):
        simulate(mapping(), None, nothing)  # type: ignore[arg-type]


def test_the_last_moment_that_is_taken_leaves_time_for_all_that_follows():
    last = 221_845_391_999.0
    settings = mapping(TumblingWindowInSeconds=900, MaximumRetryAttempts=1)
    timeline = simulate(settings, records(last), Scripted(ValueError("no")), retention_seconds=31_536_000)
    assert timeline.failures[0]["timestamp"].startswith("9000-01-01T00:00:0")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"visibility_seconds": 0}, "visibility_seconds must be more than 0 and at most 43200 seconds; got 0"),
        ({"visibility_seconds": None}, "visibility_seconds must be .*; got None"),
        ({"max_receive_count": 0}, "max_receive_count must be a whole number from 1 to 1000, or None; got 0"),
        ({"max_receive_count": 2.5}, "max_receive_count must be a whole number from 1 to 1000, or None; got 2.5"),
        ({"retention_seconds": -1}, "retention_seconds must be more than 0 and at most 1209600 seconds; got -1"),
    ],
)
def test_the_settings_of_a_queue_are_refused_by_name(given, message):
    with pytest.raises(ValueError, match=message):
        QueueSettings(**given)


@pytest.mark.parametrize(
    ("settings", "field", "text"),
    [
        ({"BatchSize": 10**5000}, "BatchSize", "a whole number of 16610 bits"),
        ({"BatchSize": Unprintable()}, "BatchSize", "got a value of type Unprintable that cannot be shown"),
        ({"FunctionName": "arn:aws:lambda:f"}, "FunctionName", "must be a function's name or ARN"),
        ({"FunctionArn": "trips writer"}, "FunctionArn", "must be a function's name or ARN"),
        ({"KMSKeyArn": 7}, "KMSKeyArn", "must be text; got 7"),
        ({"StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": MILLISECONDS}, None, "divide them by 1000"),
        (
            {"StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": datetime(1, 1, 1, tzinfo=UTC)},
            None,
            "must be epoch seconds",
        ),
        ({"StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": 10**5000}, None, "must be epoch seconds"),
        ({"FilterCriteriaError": {"ErrorCode": "KMSAccessDenied", "Message": "no"}}, None, "KMSAccessDenied"),
    ],
    ids=by_name,
)
def test_a_setting_is_refused_by_its_field(settings, field, text):
    with pytest.raises(MappingRefusedError) as refused:
        load(mapping(**settings))
    assert refused.value.field == (field or list(settings)[-1])
    assert text in refused.value.text


@pytest.mark.parametrize(
    "pattern",
    [
        '{"data": {"a": [{"numeric": [[], 1]}]}}',
        '{"data": {"a": [{"numeric": [{}, 1]}]}}',
        '{"data": {"a": [{"numeric": ["<", 5, ">", 1]}]}}',
        '{"data": {"a": [{"numeric": ["=", 5, "=", 5]}]}}',
        '{"data": {"a": [{"numeric": [">", 5, "<", 1]}]}}',
        '{"data": {"a": [{"anything-but": {"prefix": []}}]}}',
        '{"data": ' + '{"a":' * 120 + '["x"]' + "}" * 121,
        '{"data": ' + '{"$or":[{"a":["x"]},' * 120 + '{"b":["x"]}' + "]}" * 120 + "}",
    ],
    ids=by_name,
)
def test_an_odd_pattern_is_refused_by_its_filter(pattern):
    with pytest.raises(MappingRefusedError, match=r"^FilterCriteria\.Filters\[0\]\.Pattern: .*Invalid filter pattern"):
        load(mapping(**filters(pattern)))


@pytest.mark.parametrize("pattern", ['{"$or": [{"messageId": ["1"]}, {"body": ["x"]}]}'])
def test_a_queue_filter_can_hide_no_other_field_in_an_alternative(pattern):
    with pytest.raises(MappingRefusedError, match="filters of a queue see only body; got messageId"):
        load(mapping(QUEUE, **filters(pattern)))


def test_a_kinesis_filter_can_hide_no_metadata_in_an_alternative():
    (warning,) = load(mapping(**filters('{"$or": [{"partitionKey": ["1"]}, {"data": {"x": [1]}}]}'))).warnings
    assert "partitionKey" in warning


class SpeechlessError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


class Hollow(dict):  # type: ignore[type-arg]
    def items(self):
        raise KeyError("nothing in here")


@pytest.mark.parametrize("arn", [STREAM, QUEUE])
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (SpeechlessError(), "SpeechlessError: <its text cannot be shown: RuntimeError>"),
        (Hollow(a=1), "Runtime.MarshalError: Unable to marshal response: 'nothing in here'"),
        (SystemExit(Unprintable()), "Runtime.ExitError: exit status <its text cannot be shown: RuntimeError>"),
    ],
    ids=by_name,
)
def test_an_odd_answer_of_a_handler_is_an_error_of_the_function(arn, answer, error):
    one: Any = {STREAM: records(1000), QUEUE: [QueueMessage("{}", 1000.0)]}[arn]
    (invocation,) = simulate(mapping(arn), one, Scripted(answer), until=1000.5).invocations
    assert invocation.error == error
