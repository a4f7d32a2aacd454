"""The laws of trip_writer: every record is written, quarantined, or comes back."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aws_lambda_powertools.logging import Logger
from botocore.exceptions import ClientError

from domain.trip import Trip, item, parse
from streamkit.clients import CALL_SECONDS
from streamkit.invocation import ANSWER_SECONDS
from streamkit.kpl import Packed, pack
from streamkit.quarantine import Quarantine, QuarantineRefusedError
from streamkit.quarantine_messages import MOST_APART
from streamkit.records import EventError
from streamkit.settings import SettingsError, read
from tests.doubles import (
    ManualClock,
    ManualContext,
    MemoryBucket,
    MemoryQueue,
    MemoryTable,
    Rubbish,
    full_waits,
    refused,
    throttled,
    timed_out,
)
from tests.events import SHARD, kinesis_event, packed, trip
from trip_writer.batch import BatchFailedError
from trip_writer.handler import settle
from trip_writer.settings import Settings
from trip_writer.store import MOST_ITEMS, TripStore, calls

ROOT = Path(__file__).parents[2]
DONE: dict[str, Any] = {"batchItemFailures": []}
POISON = b"no trip"
ALWAYS_THROTTLED = [throttled()] * 100


def back_from(sequence_number):
    return {"batchItemFailures": [{"itemIdentifier": str(sequence_number)}]}


def invoke(event, table, queue=None, bucket=None, clock=None, stream=None):
    clock = clock or ManualClock()
    queue = queue if queue is not None else MemoryQueue()
    return settle(
        event,
        ManualContext(clock),
        TripStore("trips", table, full_waits(clock)),
        Quarantine("trip_writer", "https://queue", "failures", queue, lambda: bucket, full_waits(clock)),
        # Loggers of one service share their stream.
        Logger(service=f"trip_writer_{uuid4()}", stream=stream or io.StringIO()),
    )


def clean(data):
    outcome = parse(data)
    assert isinstance(outcome, Trip)
    return item(outcome)


def kept(queue):
    return [(message["sequenceNumber"], message["index"]) for message in queue.messages]


def trips(count):
    return [trip(f"t-{number}") for number in range(1, count + 1)]


# what becomes of a batch


def test_clean_trips_are_written_as_items_plain_and_aggregated():
    table = MemoryTable()
    one, two, three = trip("t-1", fareCents=5), trip("t-2", correlationId="c"), trip("t-3", vendorId=7)
    assert invoke(kinesis_event(one, packed(two, three)), table) == DONE
    assert list(table.items.values()) == [clean(one), clean(two), clean(three)]


def test_unusable_records_are_quarantined_and_fail_nothing():
    table, queue = MemoryTable(), MemoryQueue()
    assert invoke(kinesis_event(POISON, packed(trip("t-1"), POISON), trip("t-2")), table, queue) == DONE
    assert list(table.items) == ["t-1", "t-2"]
    assert kept(queue) == [("1", 0), ("2", 1)]


def test_a_record_of_1_mib_is_quarantined_through_the_failures_bucket():
    queue, bucket = MemoryQueue(), MemoryBucket()
    assert invoke(kinesis_event(b"x" * 2**20), MemoryTable(), queue, bucket) == DONE
    assert bucket.objects == {queue.messages[0]["dataKey"]: b"x" * 2**20}


def test_a_broken_aggregate_is_quarantined_whole_with_its_flaw():
    queue = MemoryQueue()
    assert invoke(kinesis_event(packed(trip())[:-1]), MemoryTable(), queue) == DONE
    assert queue.messages[0]["reason"] == "aggregate with a wrong digest"


def test_an_empty_batch_is_done_without_a_call():
    table, queue = MemoryTable(), MemoryQueue()
    assert invoke({"Records": []}, table, queue) == DONE
    assert (table.calls, queue.calls) == ([], [])


def test_an_event_of_another_source_is_an_error():
    with pytest.raises(EventError):
        invoke({"detail": {}}, MemoryTable())


# several records of one trip


def test_of_several_records_of_one_trip_the_last_is_put_once():
    table = MemoryTable()
    assert invoke(kinesis_event(trip(fareCents=1), trip("t-2"), trip(fareCents=3)), table) == DONE
    assert (table.calls, table.items["t-1"]["fareCents"]) == ([2], 3)


def test_a_put_that_fails_brings_back_every_record_it_stands_for():
    #  1 t-1   2 t-2   3 t-1      the call takes t-2 alone
    table = MemoryTable([1, *ALWAYS_THROTTLED])
    assert invoke(kinesis_event(trip("t-2"), trip("t-1", fareCents=1), trip("t-1")), table) == back_from(2)


def test_delivering_any_rest_of_a_batch_again_changes_nothing():
    first, second, third = trip(fareCents=1), trip("t-2"), trip(fareCents=3)
    table = MemoryTable()
    invoke(kinesis_event(first, second, third), table)
    once = dict(table.items)
    invoke(kinesis_event(second, third, first=2), table)
    assert table.items == once


# failed writes


def test_unprocessed_items_are_put_again_until_they_stand():
    table = MemoryTable([10, 5])
    assert invoke(kinesis_event(*trips(25)), table) == DONE
    assert (table.calls, len(table.items)) == ([25, 15, 10], 25)


@pytest.mark.parametrize("error", [throttled(), timed_out(), refused("InternalServerError", 500)], ids=repr)
def test_a_call_that_fails_for_now_is_made_again(error):
    table = MemoryTable([error])
    assert invoke(kinesis_event(*trips(3)), table) == DONE
    assert table.calls == [3, 3]


def test_what_cannot_be_written_comes_back_from_the_lowest_sequence_number():
    table = MemoryTable([2, *ALWAYS_THROTTLED])
    assert invoke(kinesis_event(*trips(4), first=9), table) == back_from(11)


def test_one_user_record_that_fails_brings_back_its_whole_aggregate():
    table = MemoryTable([2, *ALWAYS_THROTTLED])
    assert invoke(kinesis_event(trip("t-1"), packed(trip("t-2"), trip("t-3"))), table) == back_from(2)


def test_a_batch_of_which_nothing_is_settled_raises():
    with pytest.raises(BatchFailedError, match=r"settled none.*ProvisionedThroughputExceededException"):
        invoke(kinesis_event(*trips(2)), MemoryTable(ALWAYS_THROTTLED))


@pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException", "ValidationException"])
def test_what_no_retry_mends_raises_even_after_records_were_written(code):
    table = MemoryTable([None, refused(code)])
    with pytest.raises(ClientError, match=code):
        invoke(kinesis_event(*trips(30)), table)
    assert table.calls == [25, 5]


def test_waiting_ends_while_a_last_call_an_answer_and_a_quarantine_fit_into_the_time():
    clock = ManualClock()
    with pytest.raises(BatchFailedError):
        invoke(kinesis_event(trip(), POISON), MemoryTable(ALWAYS_THROTTLED), clock=clock)
    assert clock.now == pytest.approx(19.5, abs=3.0)


def test_items_count_as_written_only_in_an_answer_that_says_what_is_not():
    with pytest.raises(BatchFailedError, match="settled none"):
        invoke(kinesis_event(trip()), Rubbish())


# quarantine and failed writes together


def test_only_what_will_be_acknowledged_is_quarantined():
    #  1 poison   2 trip   3 trip!   4 poison      comes back from 3 on, with the second poison
    table, queue = MemoryTable([1, *ALWAYS_THROTTLED]), MemoryQueue()
    assert invoke(kinesis_event(POISON, trip("t-1"), trip("t-2"), POISON), table, queue) == back_from(3)
    assert kept(queue) == [("1", 0)]


def test_a_poison_inside_an_aggregate_that_comes_back_comes_with_it():
    table, queue = MemoryTable([1, *ALWAYS_THROTTLED]), MemoryQueue()
    assert invoke(kinesis_event(trip("t-1"), packed(POISON, trip("t-2"))), table, queue) == back_from(2)
    assert kept(queue) == []


def test_what_could_not_be_quarantined_is_not_acknowledged():
    table, queue = MemoryTable(), MemoryQueue(ALWAYS_THROTTLED)
    assert invoke(kinesis_event(trip("t-1"), POISON, trip("t-2")), table, queue) == back_from(2)


def test_the_lower_of_the_two_failures_counts():
    table, queue = MemoryTable([1, *ALWAYS_THROTTLED]), MemoryQueue(ALWAYS_THROTTLED)
    assert invoke(kinesis_event(trip("t-1"), POISON, trip("t-2")), table, queue) == back_from(2)


def test_a_quarantine_that_refuses_for_good_raises():
    queue = MemoryQueue([0], code="KMS.AccessDeniedException", sender_fault=True)
    with pytest.raises(QuarantineRefusedError):
        invoke(kinesis_event(trip(), POISON), MemoryTable(), queue)


# the time


def test_an_aggregate_of_nothing_but_poison_is_settled_in_one_invocation():
    clock = ManualClock()
    aggregate = pack([Packed("k", None, b"")] * 19_999 + [Packed("k", None, trip("t-1"))])
    table, queue = MemoryTable(), MemoryQueue().slow(clock, 0.03)
    assert invoke(kinesis_event(aggregate, trip("t-2")), table, queue, clock=clock) == DONE
    assert list(table.items) == ["t-1", "t-2"]
    assert (kept(queue), queue.begun) == ([("1", 0)], [0.0])


def test_the_most_that_one_aggregate_makes_of_messages_fits_into_the_shortest_timeout():
    clock = ManualClock()
    aggregate = pack([Packed("k", None, b"x" * 2_000)] * MOST_APART)
    queue = MemoryQueue().slow(clock, 0.1)
    assert invoke(kinesis_event(aggregate), MemoryTable(), queue, clock=clock) == DONE
    assert clock.now < 20 - ANSWER_SECONDS - 2 * CALL_SECONDS


def test_no_call_begins_with_less_time_than_it_may_take():
    clock = ManualClock()
    table, queue = MemoryTable().slow(clock, 0.5), MemoryQueue().slow(clock, 3.9)
    bucket = MemoryBucket().slow(clock, 3.9)
    invoke(kinesis_event(*[b"x" * 140_000] * 10, *trips(2_400)), table, queue, bucket, clock)
    assert [at for at in table.begun + bucket.begun + queue.begun if at > 30 - ANSWER_SECONDS - CALL_SECONDS] == []
    assert len(queue.bodies) > 0


# what it tells


def test_an_invocation_tells_how_many_records_came_to_what():
    stream = io.StringIO()
    table = MemoryTable([1, *ALWAYS_THROTTLED])
    invoke(kinesis_event(POISON, trip("t-1"), trip("t-2"), POISON), table, stream=stream)
    line = json.loads(stream.getvalue().splitlines()[-1])
    told = {name: line[name] for name in ("message", "records", "written", "quarantined", "returned", "refusal")}
    assert told == {
        "message": "invocation_done",
        "records": 4,
        "written": 1,
        "quarantined": 1,
        "returned": 2,
        "refusal": "ProvisionedThroughputExceededException",
    }


def test_a_poison_has_a_line_with_its_place_its_reason_and_its_correlation_id():
    stream = io.StringIO()
    invoke(kinesis_event(trip(vendorId=0, correlationId="c-7")), MemoryTable(), stream=stream)
    line = json.loads(stream.getvalue().splitlines()[0])
    told = {name: line[name] for name in ("message", "level", "shard", "sequence_number", "index", "correlation_id")}
    assert told == {
        "message": "record_unusable",
        "level": "WARNING",
        "shard": SHARD,
        "sequence_number": "1",
        "index": 0,
        "correlation_id": "c-7",
    }
    assert line["reason"] == "vendorId must be an integer from 1 to 2147483647; got 0"


# settings and sizes


def test_importing_reads_no_environment_and_needs_no_region():
    code = "import sys; sys.path[:0] = ['lib', 'functions']; import trip_writer.handler"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, env={}, check=False).returncode == 0


def test_a_function_without_its_settings_says_which():
    with pytest.raises(SettingsError, match="TRIPS_TABLE must be set"):
        read(Settings, {"QUARANTINE_QUEUE_URL": "https://queue", "FAILURES_BUCKET": "failures"})


def test_the_longest_trips_fill_no_call_beyond_16_mb_and_no_item_beyond_400_kb():
    longest = clean(
        trip("é" * 128, vendorId=2**31 - 1, fareCents=10**12, correlationId="€" * 256, schemaVersion="€" * 256)
    )
    size = len(json.dumps(longest, ensure_ascii=False).encode())
    assert size < 400_000
    assert size * MOST_ITEMS < 16_000_000


def test_calls_hold_25_puts_in_order():
    puts: list[Any] = list(range(60))
    assert list(calls(puts)) == [puts[:25], puts[25:50], puts[50:]]
