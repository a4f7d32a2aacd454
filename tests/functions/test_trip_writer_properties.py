"""Whatever the records hold and however the writes fail, no record is lost and none stops the shard."""

import io
from collections.abc import Sequence
from typing import Any

from aws_lambda_powertools.logging import Logger
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from domain.trip import Trip, item, parse
from streamkit.kpl import Packed, pack
from streamkit.quarantine import Quarantine
from streamkit.quarantine_messages import MOST_APART
from streamkit.records import user_records
from tests.doubles import (
    Fate,
    ManualClock,
    ManualContext,
    MemoryBucket,
    MemoryQueue,
    MemoryTable,
    full_waits,
    refused,
    throttled,
    timed_out,
)
from tests.events import kinesis_event, packed, sealed, trip
from trip_writer.batch import BatchFailedError
from trip_writer.handler import settle
from trip_writer.store import TripStore

# Few ids, so that trips meet again; any value where a field should be.
VALUES: Any = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just([[]])
TRIPS = st.builds(trip, st.sampled_from("abc"), fareCents=st.integers(0, 9))
NEARLY_TRIPS = st.builds(trip, VALUES, vendorId=VALUES, pickupAt=VALUES)
NESTED = st.sampled_from([b"[" * 5_000, b'{"tripId":' * 5_000, b'{"tripId": ' + b"9" * 5_000 + b"}"])
USER_RECORDS = TRIPS | NEARLY_TRIPS | NESTED | st.binary(max_size=30)
AGGREGATES = st.lists(USER_RECORDS, min_size=1, max_size=6).map(lambda payloads: packed(*payloads))
CUT = st.builds(lambda payload, length: payload[:length], AGGREGATES, st.integers(0, 60))
CUT_AND_SEALED = st.builds(lambda payload, length: sealed(payload[4 : 4 + length]), AGGREGATES, st.integers(0, 60))
NESTED_AGGREGATES = AGGREGATES.map(lambda payload: packed(trip("a"), payload))
HOSTS = st.just(pack([Packed("k", None, b"")] * MOST_APART + [Packed("k", None, data) for data in (b"x", trip("b"))]))
LARGE = st.just(b"x" * 200_000)
PAYLOADS = USER_RECORDS | AGGREGATES | CUT | CUT_AND_SEALED | NESTED_AGGREGATES | HOSTS | LARGE

ERRORS = [throttled(), timed_out(), refused("InternalError", 500), refused("AccessDeniedException")]
FATES: Any = st.none() | st.integers(0, 10) | st.sampled_from(ERRORS)
SCRIPTS = st.lists(FATES, max_size=12)


class World:
    """The services around one function, each with its script."""

    def __init__(self, table: Sequence[Fate] = (), queue: Sequence[Fate] = (), bucket: Sequence[Fate] = ()):
        self.table, self.queue, self.bucket = MemoryTable(table), MemoryQueue(queue), MemoryBucket(bucket)

    def invoke(self, event):
        """The sequence number from which the batch comes back; None when it is done."""
        clock = ManualClock()
        waits = full_waits(clock)
        try:
            answer = settle(
                event,
                ManualContext(clock, timeout_seconds=11.0),  # with quarantine in wait, half a second of it for waits
                TripStore("trips", self.table, waits),
                Quarantine("trip_writer", "https://queue", "failures", self.queue, lambda: self.bucket, waits),
                Logger(service="trip_writer_properties", stream=io.StringIO()),
            )
        except (BatchFailedError, ClientError):
            return first(event)
        return int(answer["batchItemFailures"][0]["itemIdentifier"]) if answer["batchItemFailures"] else None

    def kept(self):
        """Sequence number and index of what is in quarantine; the index is None where it is a whole aggregate."""
        return {
            (int(one["sequenceNumber"]), None if "unusableRecords" in one else one["index"])
            for one in self.queue.messages
        }


def first(event):
    return int(event["Records"][0]["kinesis"]["sequenceNumber"])


def rest(event, position):
    return {"Records": [one for one in event["Records"] if int(one["kinesis"]["sequenceNumber"]) >= position]}


def acknowledged(event, back_from):
    return [one for one in user_records(event) if back_from is None or one.record.position < back_from]


def stands(world, event, user_record):
    """Whether the record is in quarantine, or its trip in the table as it or a later record of the trip has it."""
    match parse(user_record.data):
        case Trip() as sent:
            later = [one for one in user_records(event) if one.record.position >= user_record.record.position]
            outcomes = [outcome for one in later if isinstance(outcome := parse(one.data), Trip)]
            return world.table.items.get(sent.trip_id) in [item(one) for one in outcomes]
        case _:
            position = user_record.record.position
            return not world.kept().isdisjoint({(position, user_record.index), (position, None)})


@given(st.lists(PAYLOADS, max_size=40), SCRIPTS, SCRIPTS, SCRIPTS)
def test_every_acknowledged_record_stands_in_the_table_or_in_quarantine(payloads, table, queue, bucket):
    world, event = World(table, queue, bucket), kinesis_event(*payloads)
    back_from = world.invoke(event)
    assert [one for one in acknowledged(event, back_from) if not stands(world, event, one)] == []


@given(st.lists(PAYLOADS, min_size=1, max_size=40), SCRIPTS, SCRIPTS, SCRIPTS)
def test_however_writes_fail_the_end_is_that_of_a_batch_whose_writes_do_not(payloads, table, queue, bucket):
    event = kinesis_event(*payloads)
    calm, rough = World(), World(table, queue, bucket)
    calm.invoke(event)
    left = event
    while (back_from := rough.invoke(left)) is not None:
        left = rest(left, back_from)
    assert rough.table.items == calm.table.items
    assert rough.kept() == calm.kept()
    assert rough.bucket.objects == calm.bucket.objects


@given(st.lists(PAYLOADS, max_size=40))
def test_no_content_raises_or_comes_back(payloads):
    assert World().invoke(kinesis_event(*payloads)) is None
