"""The deployed trip_writer: every record of an event is in the table, in quarantine, or comes back."""

import base64
import json
from pathlib import Path

import pytest

from local.faults import Delay, Partial, Reset, Rule, ServerError, Throttle
from tests.events import SHARD, kinesis_event, packed, sealed, trip

RECORDED = json.loads((Path(__file__).parent.parent / "fixtures" / "kinesis_events.json").read_text())
SUCCESS: dict[str, list[str]] = {"batchItemFailures": []}


def many(count: int) -> list[bytes]:
    return [trip(f"t-{number:04d}") for number in range(count)]


def ids(count: int) -> set[str]:
    return {f"t-{number:04d}" for number in range(count)}


def test_plain_trips_end_in_the_table(trips):
    assert trips.invoke_writer(kinesis_event(*many(60))).response == SUCCESS
    assert set(trips.items()) == ids(60)
    assert trips.quarantined() == []


def test_a_trip_is_stored_with_its_money_in_cents_and_its_time_in_utc(trips):
    trips.invoke_writer(kinesis_event(trip("t-1", fareCents=1250, pickupAt="2024-05-01T12:00:00+02:00")))
    item = trips.items()["t-1"]
    assert item["fareCents"] == {"N": "1250"}
    assert item["pickupAt"]["S"].startswith("2024-05-01T10:00:00")


def test_aggregated_trips_end_in_the_table_one_by_one(trips):
    assert trips.invoke_writer(kinesis_event(packed(*many(40)), trip("plain"))).response == SUCCESS
    assert set(trips.items()) == ids(40) | {"plain"}


def test_what_was_written_twice_is_written_once(trips):
    event = kinesis_event(*many(30))
    trips.invoke_writer(event)
    once = trips.items()
    assert trips.invoke_writer(event).response == SUCCESS
    assert trips.items() == once


def test_poison_goes_to_quarantine_with_its_reason_and_fails_nothing(trips):
    #  1 clean   2 no JSON   3 [clean, no vendor]   4 clean
    event = kinesis_event(trip("t-1"), b"no json", packed(trip("t-2"), trip("t-3", vendorId=...)), trip("t-4"))
    assert trips.invoke_writer(event).response == SUCCESS
    assert set(trips.items()) == {"t-1", "t-2", "t-4"}
    first, second = trips.quarantined()
    assert (first["consumer"], first["shardId"], first["sequenceNumber"], first["index"]) == (
        "trip_writer",
        SHARD,
        "2",
        0,
    )
    assert base64.b64decode(first["data"]) == b"no json"
    assert (second["sequenceNumber"], second["index"]) == ("3", 1)
    assert "vendorId" in second["reason"]


@pytest.mark.parametrize("recording", RECORDED)
def test_events_as_aws_sends_them_are_read(trips, recording):
    event = RECORDED[recording]["event"]
    assert trips.invoke_writer(event).response == SUCCESS
    assert len(trips.items()) + len(trips.quarantined()) == len(event["Records"])


def test_a_record_of_a_mebibyte_is_kept_whole_in_the_failures_bucket(trips):
    poison = b"\x00" * 2**20
    assert trips.invoke_writer(kinesis_event(poison)).response == SUCCESS
    (message,) = trips.quarantined()
    assert "data" not in message
    assert trips.kept_object(message["dataKey"]) == poison


def test_an_aggregate_with_a_hostile_inside_is_quarantined_not_lost(trips):
    payload = sealed(b"\xff" * 50)
    assert trips.invoke_writer(kinesis_event(payload)).response == SUCCESS
    (message,) = trips.quarantined()
    assert base64.b64decode(message["data"]) == payload


@pytest.mark.parametrize(
    "fault",
    [
        Throttle(),
        Partial(0.5),
        ServerError(500),
        ServerError(503, applied=True),
        Reset(),
        Reset(applied=True),
        Delay(0.5),
    ],
    ids=lambda fault: f"{fault}".lower(),
)
def test_a_table_that_fails_for_a_while_costs_time_and_no_trip(trips, proxy, fault):
    rule = Rule(fault, "dynamodb", "BatchWriteItem", times=3)
    with trips.writer_calling(proxy.url), proxy.faults(rule):
        assert trips.invoke_writer(kinesis_event(*many(60))).response == SUCCESS
    assert len(proxy.injected) == 3
    assert set(trips.items()) == ids(60)


@pytest.mark.parametrize("fault", [Partial(0.5), Throttle(), Reset(applied=True)], ids=["partial", "throttle", "reset"])
def test_a_quarantine_that_fails_for_a_while_loses_no_poison(trips, proxy, fault):
    operation = Rule(fault, "sqs", "SendMessageBatch", times=2)
    with trips.writer_calling(proxy.url), proxy.faults(operation):
        assert trips.invoke_writer(kinesis_event(*[b"poison %d" % number for number in range(12)])).response == SUCCESS
    assert len(proxy.injected) == 2
    assert {message["sequenceNumber"] for message in trips.quarantined()} == {str(number) for number in range(1, 13)}


@pytest.mark.usefixtures("iam_enforced")
@pytest.mark.parametrize(
    ("sid", "record"),
    [("WriteTrips", trip()), ("SendToQuarantine", b"poison"), ("KeepLargeUnusable", b"\x00" * 200_000)],
    ids=["WriteTrips", "SendToQuarantine", "KeepLargeUnusable"],
)
def test_a_role_without_one_permission_fails_with_access_denied(trips, sid, record):
    with trips.writer_without(sid):
        invocation = trips.invoke_writer(kinesis_event(record))
    assert invocation.error is not None
    assert "AccessDenied" in invocation.message
