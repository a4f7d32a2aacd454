"""Events, field by field and in AWS's order."""

import json
from hashlib import md5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.engine import KinesisRecord, QueueMessage, TableChange, simulate
from local.engine.entries import KinesisEntry, Stamp, compact, table_entry
from local.engine.events import event, payload_bytes, windowed_envelope_bytes
from local.engine.source import source
from local.engine.windows import Call, Window, Windowed
from tests.engine.doubles import CONSUMER, FIFO, QUEUE, SHARD, STREAM, TABLE, Scripted, mapping, nothing

ROLE = "arn:aws:iam::123456789012:role/function"
STAMP = Stamp.of(SHARD, source(STREAM), ROLE)


def only_event(timeline):
    (invocation,) = timeline.invocations
    return invocation.event


def test_a_kinesis_event_is_the_one_of_aws():
    received = only_event(simulate(mapping(), [KinesisRecord(SHARD, "7", b"Hello", 1545084650.987)], nothing))
    number = received["Records"][0]["kinesis"]["sequenceNumber"]
    assert compact(received) == compact(
        {
            "Records": [
                {
                    "kinesis": {
                        "kinesisSchemaVersion": "1.0",
                        "partitionKey": "7",
                        "sequenceNumber": number,
                        "data": "SGVsbG8=",
                        "approximateArrivalTimestamp": 1545084650.987,
                    },
                    "eventSource": "aws:kinesis",
                    "eventVersion": "1.0",
                    "eventID": f"{SHARD}:{number}",
                    "eventName": "aws:kinesis:record",
                    "invokeIdentityArn": ROLE,
                    "awsRegion": "us-east-1",
                    "eventSourceARN": STREAM,
                }
            ]
        }
    )


def test_through_fan_out_the_source_of_a_record_is_the_consumer():
    received = only_event(simulate(mapping(CONSUMER), [KinesisRecord(SHARD, "7", b"", 1000.0)], nothing))
    assert received["Records"][0]["eventSourceARN"] == CONSUMER


def test_a_table_event_is_the_one_of_aws():
    change = TableChange(
        shard_id=SHARD,
        event_name="MODIFY",
        keys={"id": {"S": "7"}},
        new_image={"id": {"S": "7"}, "raw": {"B": b"\x00"}},
        old_image={"id": {"S": "7"}},
        created=1545084650.987,
    )
    (record,) = only_event(simulate(mapping(TABLE), [change], nothing))["Records"]
    assert compact(record) == compact(
        {
            "eventID": record["eventID"],
            "eventName": "MODIFY",
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": "us-east-1",
            "dynamodb": {
                "ApproximateCreationDateTime": 1545084650.0,
                "Keys": {"id": {"S": "7"}},
                "NewImage": {"id": {"S": "7"}, "raw": {"B": "AA=="}},
                "OldImage": {"id": {"S": "7"}},
                "SequenceNumber": record["dynamodb"]["SequenceNumber"],
                "SizeBytes": 13,
                "StreamViewType": "NEW_AND_OLD_IMAGES",
            },
            "eventSourceARN": TABLE,
        }
    )


def test_a_change_without_an_image_has_no_field_for_it():
    change = TableChange(shard_id=SHARD, event_name="REMOVE", keys={"id": {"S": "7"}}, created=1000.0)
    (record,) = only_event(simulate(mapping(TABLE), [change], nothing, stream_view_type="KEYS_ONLY"))["Records"]
    assert list(record["dynamodb"]) == [
        "ApproximateCreationDateTime",
        "Keys",
        "SequenceNumber",
        "SizeBytes",
        "StreamViewType",
    ]


@pytest.mark.parametrize(
    ("view", "shown", "size"),
    [
        ("KEYS_ONLY", [], 3),
        ("NEW_IMAGE", ["NewImage"], 11),
        ("OLD_IMAGE", ["OldImage"], 6),
        ("NEW_AND_OLD_IMAGES", ["NewImage", "OldImage"], 14),
    ],
)
def test_a_table_stream_shows_of_an_item_what_its_view_shows(view, shown, size):
    old = {"id": {"S": "7"}}
    change = TableChange(SHARD, "MODIFY", old, {**old, "raw": {"B": b"\x00\x01"}}, old, created=1000.0)
    (record,) = only_event(simulate(mapping(TABLE), [change], nothing, stream_view_type=view))["Records"]
    told = record["dynamodb"]
    assert [name for name in told if name.endswith("Image")] == shown
    assert (told["StreamViewType"], told["SizeBytes"]) == (view, size)


def test_a_windowed_event_has_the_fields_of_aws_in_their_order():
    received = event((), STAMP, Windowed(Window(1607497440, 1607497560), '{"1":"282"}', Call.FINAL))
    assert compact(received) == compact(
        {
            "Records": [],
            "shardId": SHARD,
            "eventSourceARN": STREAM,
            "window": {"start": "2020-12-09T07:04:00Z", "end": "2020-12-09T07:06:00Z"},
            "state": {"1": "282"},
            "isFinalInvokeForWindow": True,
            "isWindowTerminatedEarly": False,
        }
    )


def test_a_queue_event_is_the_one_of_aws():
    message = QueueMessage('{"a":  1}', 1545082649.183, attributes={"kind": "x"})
    (record,) = only_event(simulate(mapping(QUEUE), [message], nothing))["Records"]
    assert compact(record) == compact(
        {
            "messageId": record["messageId"],
            "receiptHandle": record["receiptHandle"],
            "body": '{"a":  1}',
            "attributes": {
                "ApproximateReceiveCount": "1",
                "SentTimestamp": "1545082649183",
                "SenderId": record["attributes"]["SenderId"],
                "ApproximateFirstReceiveTimestamp": "1545082649183",
            },
            "messageAttributes": {
                "kind": {"stringValue": "x", "stringListValues": [], "binaryListValues": [], "dataType": "String"}
            },
            "md5OfBody": md5(b'{"a":  1}').hexdigest(),
            "md5OfMessageAttributes": record["md5OfMessageAttributes"],
            "eventSource": "aws:sqs",
            "eventSourceARN": QUEUE,
            "awsRegion": "us-east-1",
        }
    )


@pytest.mark.parametrize(
    ("value", "packed"),
    [
        ("x", b"\0\0\0\4kind\0\0\0\6String\1\0\0\0\1x"),
        (b"\xff\0x", b"\0\0\0\4kind\0\0\0\6Binary\2\0\0\0\3\xff\0x"),
        ({"DataType": "Number", "StringValue": "7"}, b"\0\0\0\4kind\0\0\0\6Number\1\0\0\0\0017"),
    ],
)
def test_the_digest_of_message_attributes_is_the_one_of_sqs(value, packed):
    message = QueueMessage("{}", 1000.0, attributes={"kind": value})
    (record,) = only_event(simulate(mapping(QUEUE), [message], nothing))["Records"]
    assert record["md5OfMessageAttributes"] == md5(packed).hexdigest()


def test_a_fifo_message_says_its_place_and_group():
    (record,) = only_event(simulate(mapping(FIFO), [QueueMessage("x", 1000.0, group_id="g")], nothing))["Records"]
    told = record["attributes"]
    assert list(told) == [
        "ApproximateReceiveCount",
        "SentTimestamp",
        "SequenceNumber",
        "MessageGroupId",
        "SenderId",
        "MessageDeduplicationId",
        "ApproximateFirstReceiveTimestamp",
    ]
    assert (told["MessageGroupId"], told["MessageDeduplicationId"]) == ("g", record["messageId"])


def test_an_item_whose_time_to_live_is_over_is_removed_by_the_service():
    change = TableChange(SHARD, "REMOVE", {"id": {"S": "7"}}, created=1000.0, expired=True)
    (record,) = only_event(simulate(mapping(TABLE), [change], nothing))["Records"]
    assert list(record)[-2:] == ["userIdentity", "eventSourceARN"]
    assert record["userIdentity"] == {"type": "Service", "principalId": "dynamodb.amazonaws.com"}


def test_a_message_of_a_fair_queue_says_its_group_and_no_place():
    (record,) = only_event(simulate(mapping(QUEUE), [QueueMessage("x", 1000.0, group_id="g")], nothing))["Records"]
    told = record["attributes"]
    assert told["MessageGroupId"] == "g"
    assert {"SequenceNumber", "MessageDeduplicationId"}.isdisjoint(told)


def test_fifo_messages_ascend_in_sequence_number():
    three = [QueueMessage(str(n), 1000.0, group_id="g") for n in range(3)]
    numbers = [
        r["attributes"]["SequenceNumber"] for r in only_event(simulate(mapping(FIFO), three, nothing))["Records"]
    ]
    assert numbers == sorted(set(numbers))
    assert {len(number) for number in numbers} == {20}


@pytest.mark.parametrize("arn", [QUEUE, FIFO])
@given(
    bodies=st.lists(
        st.text(min_size=1, max_size=20) | st.sampled_from(['{"a":  1.0}', "[ ]", "null"]), min_size=1, max_size=10
    )
)
def test_the_body_of_a_message_reaches_the_function_as_it_was_sent(arn, bodies):
    sent = [QueueMessage(body, 1000.0, group_id="g") for body in bodies]
    received = only_event(simulate(mapping(arn), sent, nothing))["Records"]
    assert [record["body"] for record in received] == bodies
    assert [record["md5OfBody"] for record in received] == [md5(body.encode()).hexdigest() for body in bodies]


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ("x", {"stringValue": "x", "dataType": "String"}),
        (b"\xff", {"binaryValue": "/w==", "dataType": "Binary"}),
        ({"DataType": "Number", "StringValue": "7"}, {"stringValue": "7", "dataType": "Number"}),
        ({"DataType": "Binary.png", "BinaryValue": b"\0"}, {"binaryValue": "AA==", "dataType": "Binary.png"}),
    ],
)
def test_message_attributes_have_the_form_of_the_event(value, form):
    message = QueueMessage("{}", 1000.0, attributes={"kind": value})
    (record,) = only_event(simulate(mapping(QUEUE), [message], nothing))["Records"]
    assert record["messageAttributes"] == {"kind": {**form, "stringListValues": [], "binaryListValues": []}}


def test_every_delivery_of_a_message_has_its_own_receipt_and_the_same_id():
    timeline = simulate(mapping(QUEUE), [QueueMessage("x", 1000.0)], Scripted(ValueError("no"), None))
    first, second = (invocation.event["Records"][0] for invocation in timeline.invocations)
    assert first["messageId"] == second["messageId"]
    assert first["receiptHandle"] != second["receiptHandle"]


@given(
    st.lists(
        st.tuples(st.text(min_size=1, max_size=8), st.binary(max_size=40), st.floats(0, 4e9)), min_size=1, max_size=4
    )
)
def test_the_size_of_a_kinesis_event_is_known_to_the_byte_before_it_exists(given_records):
    entries = [
        KinesisEntry(str(n), key, data, round(arrived, 3), STAMP.overhead)
        for n, (key, data, arrived) in enumerate(given_records)
    ]
    windowed = Windowed(Window(1607497440, 1607497560), '{"ä":1}', Call.ORDINARY)
    size = payload_bytes(entries) + windowed_envelope_bytes(STAMP) + len(windowed.state.encode())
    assert size == len(compact(event(entries, STAMP, windowed)).encode())


@given(st.dictionaries(st.text(min_size=1, max_size=4), st.fixed_dictionaries({"S": st.text(max_size=6)}), max_size=3))
def test_the_size_of_a_table_event_is_known_to_the_byte(image):
    change = TableChange(SHARD, "INSERT", {"id": {"S": "7"}}, {**image, "raw": {"B": b"\x00"}}, created=1000.0)
    stamp = Stamp.of(SHARD, source(TABLE), ROLE)
    entry = table_entry("1", change, "NEW_IMAGE", stamp)
    assert entry.size == len(compact(entry.as_event(stamp)).encode())


def test_records_of_another_source_are_refused_by_place():
    with pytest.raises(TypeError, match=r"records\[1\] must be a KinesisRecord"):
        simulate(mapping(), [KinesisRecord(SHARD, "7", b"", 1000.0), QueueMessage("x", 1.0)], nothing)


def test_an_event_is_plain_json():
    received = only_event(simulate(mapping(), [KinesisRecord(SHARD, "ü", b"\xff", 1000.0)], nothing))
    assert json.loads(json.dumps(received)) == received
