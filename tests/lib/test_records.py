"""The laws of reading a Kinesis event."""

import json
from pathlib import Path

import pytest

from streamkit.instants import instant
from streamkit.records import EventError, records, user_records
from tests.events import SHARD, aggregate, kinesis_event

FIXTURES = json.loads((Path(__file__).parents[1] / "fixtures" / "kinesis_events.json").read_text())


def identities(event):
    return [(one.record.shard_id, one.record.sequence_number, one.index) for one in user_records(event)]


@pytest.mark.parametrize(
    ("name", "arrivals"),
    [
        ("documented", ["2018-12-17T22:10:50.987Z", "2018-12-17T22:11:51.166Z"]),
        ("recorded", ["2024-12-11T09:54:54.123Z"]),
        ("whole_seconds", ["2015-04-09T00:00:00.000Z"]),
    ],
)
def test_the_events_that_aws_sends_are_read(name, arrivals):
    assert [one.arrived_at for one in user_records(FIXTURES[name]["event"])] == arrivals


def test_a_plain_record_is_its_own_user_record():
    (record,) = user_records(FIXTURES["documented"]["event"])[:1]
    assert (record.record.shard_id, record.index, record.partition_key, record.explicit_hash_key, record.data) == (
        "shardId-000000000006",
        0,
        "1",
        None,
        b"Hello, this is a test.",
    )


def test_an_aggregate_is_numbered_from_the_inside_and_carries_the_inner_keys():
    event = kinesis_event(aggregate(("a", b"one", None), ("b", b"two", "7")), b"three")
    assert identities(event) == [(SHARD, "1", 0), (SHARD, "1", 1), (SHARD, "2", 0)]
    assert [(one.partition_key, one.explicit_hash_key, one.data) for one in user_records(event)] == [
        ("a", None, b"one"),
        ("b", "7", b"two"),
        ("vendor-1", None, b"three"),
    ]


def test_user_records_that_fan_out_hands_over_one_by_one_are_numbered_under_their_sequence_number():
    event = {"Records": kinesis_event(b"a")["Records"] * 3 + kinesis_event(b"b", first=2)["Records"]}
    assert identities(event) == [(SHARD, "1", 0), (SHARD, "1", 1), (SHARD, "1", 2), (SHARD, "2", 0)]


def test_a_payload_that_only_looks_like_an_aggregate_is_a_plain_record_that_says_so():
    payload = aggregate(("a", b"one", None))[:-1]
    (record,) = user_records(kinesis_event(payload))
    assert (record.data, record.flaw) == (payload, "aggregate with a wrong digest")


def test_sequence_numbers_order_as_integers():
    earlier, later = records(kinesis_event(b"", b"", first=9))
    assert (earlier.sequence_number, later.sequence_number) == ("9", "10")
    assert earlier.position < later.position


@pytest.mark.parametrize("text", ["no base64!", "AAA", "naïve", ""])
def test_a_payload_that_is_not_base64_is_kept_as_it_stands(text):
    event = kinesis_event(b"x")
    event["Records"][0]["kinesis"]["data"] = text
    assert user_records(event)[0].data == text.encode()


def test_an_empty_batch_has_no_records():
    assert records({"Records": []}) == []


@pytest.mark.parametrize("event", [{}, {"records": []}, {"Records": None}, {"Records": "x"}])
def test_an_event_without_records_is_refused_with_the_remedy(event):
    with pytest.raises(EventError, match="through a Kinesis event source mapping"):
        records(event)


@pytest.mark.parametrize("record", [{"eventSource": "aws:dynamodb", "dynamodb": {}}, {"kinesis": {}}, {}, "x", None])
def test_a_record_of_another_source_is_refused_with_the_remedy(record):
    with pytest.raises(EventError, match="through a Kinesis event source mapping"):
        records({"Records": [record]})


@pytest.mark.parametrize("arrived", [float("nan"), float("inf"), -1.0, 1e20, "1714557600", None])
def test_an_arrival_that_is_no_moment_is_refused_with_the_remedy(arrived):
    event = kinesis_event(b"x")
    event["Records"][0]["kinesis"]["approximateArrivalTimestamp"] = arrived
    with pytest.raises(EventError, match="through a Kinesis event source mapping"):
        records(event)


def test_the_first_and_the_last_arrival_are_instants():
    event = kinesis_event(b"x", b"y")
    event["Records"][0]["kinesis"]["approximateArrivalTimestamp"] = 0
    event["Records"][1]["kinesis"]["approximateArrivalTimestamp"] = 253402300799
    assert [one.arrived_at for one in user_records(event)] == ["1970-01-01T00:00:00.000Z", "9999-12-31T23:59:59.000Z"]


def test_an_instant_has_the_milliseconds_that_kinesis_has():
    assert instant(0.5) == "1970-01-01T00:00:00.500Z"
