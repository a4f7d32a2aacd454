"""The laws of keeping what no one can use."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamkit.clients import CALL_SECONDS
from streamkit.quarantine import (
    MOST_APART,
    MOST_CALL_BYTES,
    MOST_INLINE_BYTES,
    Quarantine,
    QuarantineRefusedError,
    Rejected,
    calls,
    calls_for_one,
    messages,
)
from streamkit.records import user_records
from tests.doubles import ManualClock, MemoryBucket, MemoryQueue, Rubbish, full_waits, refused, throttled
from tests.events import SHARD, kinesis_event, packed


def rejected(*payloads, reason="no trip"):
    return [Rejected(record, reason) for record in user_records(kinesis_event(*payloads))]


def quarantine(queue, bucket=None):
    return Quarantine("trip_writer", "https://queue", "failures", queue, lambda: bucket, full_waits(ManualClock()))


def plenty():
    return 60.0


def test_a_message_carries_the_identity_the_reason_and_the_bytes():
    queue = MemoryQueue()
    quarantine(queue).keep(rejected(packed(b"one", b"\xff"))[1:], plenty)
    assert queue.messages == [
        {
            "consumer": "trip_writer",
            "shardId": SHARD,
            "sequenceNumber": "1",
            "index": 1,
            "reason": "no trip",
            "arrivedAt": "2024-05-01T10:00:01.123Z",
            "data": base64.b64encode(b"\xff").decode(),
        }
    ]


def test_bytes_up_to_128_kib_travel_in_the_message():
    queue, bucket = MemoryQueue(), MemoryBucket()
    quarantine(queue, bucket).keep(rejected(b"x" * MOST_INLINE_BYTES), plenty)
    assert base64.b64decode(queue.messages[0]["data"]) == b"x" * MOST_INLINE_BYTES
    assert bucket.objects == {}


def test_bytes_above_128_kib_go_to_the_failures_bucket_and_the_message_says_where():
    queue, bucket = MemoryQueue(), MemoryBucket()
    quarantine(queue, bucket).keep(rejected(b"x" * (MOST_INLINE_BYTES + 1)), plenty)
    assert bucket.objects == {queue.messages[0]["dataKey"]: b"x" * (MOST_INLINE_BYTES + 1)}
    assert "data" not in queue.messages[0]


def test_the_object_of_a_record_kept_twice_is_the_same():
    bucket = MemoryBucket()
    quarantine(MemoryQueue(), bucket).keep(rejected(b"x" * 200_000) * 2, plenty)
    (key,) = bucket.objects
    assert key.startswith(f"quarantine/trip_writer/{SHARD}/1/0-")


def test_two_large_records_of_one_place_are_two_objects():
    """As fan-out hands them over when it cuts an aggregate into two batches."""
    queue, bucket = MemoryQueue(), MemoryBucket()
    quarantine(queue, bucket).keep(rejected(b"x" * 200_000) + rejected(b"y" * 200_000), plenty)
    assert [bucket.objects[message["dataKey"]][:1] for message in queue.messages] == [b"x", b"y"]


def test_no_message_is_sent_before_its_object_stands():
    queue, bucket = MemoryQueue(), MemoryBucket([refused("SlowDown", 503)] * 100)
    placed = quarantine(queue, bucket).keep(rejected(b"x" * 200_000), lambda: 0.1)
    assert (queue.messages, placed.left, placed.refusal) == ([], rejected(b"x" * 200_000), "SlowDown")


@given(st.text())
def test_a_message_is_ascii_whatever_the_reason_quotes(reason):
    body = next(messages("trip_writer", rejected(b"x", reason=reason))).body
    assert body.isascii()


def test_the_longest_message_fits_a_queue_that_takes_256_kib():
    body = next(messages("trip_writer", rejected(b"x" * MOST_INLINE_BYTES, reason="\0" * 100_000))).body
    assert len(body) < MOST_CALL_BYTES


@given(st.lists(st.integers(0, MOST_INLINE_BYTES), max_size=40))
def test_calls_hold_every_message_in_order_within_the_limits_of_sqs(sizes):
    several = list(messages("trip_writer", rejected(*(b"x" * size for size in sizes))))
    packed_calls = list(calls(several))
    assert [one for call in packed_calls for one in call] == several
    assert all(len(call) <= 10 and sum(len(one.body) for one in call) <= MOST_CALL_BYTES for call in packed_calls)


def test_entries_that_failed_are_sent_again():
    queue = MemoryQueue([3, None])
    assert quarantine(queue).keep(rejected(*[b"x"] * 10), plenty).left == []
    assert (queue.calls, len(queue.messages)) == ([10, 7], 10)


def test_what_a_throttled_queue_did_not_take_is_left():
    unusable = rejected(b"a", b"b")
    assert quarantine(MemoryQueue([throttled()] * 9)).keep(unusable, lambda: 0.1).left == unusable


def test_an_entry_that_the_queue_will_never_take_raises_with_its_code():
    queue = MemoryQueue([0], code="KMS.AccessDeniedException", sender_fault=True)
    with pytest.raises(QuarantineRefusedError, match=r"refused one with KMS\.AccessDeniedException"):
        quarantine(queue).keep(rejected(b"x"), plenty)


def test_what_an_answer_of_the_queue_does_not_name_is_left():
    unusable = rejected(b"a", b"b")
    assert quarantine(Rubbish()).keep(unusable, lambda: 0.1).left == unusable


def test_no_message_is_sent_for_an_object_that_the_bucket_did_not_confirm():
    queue = MemoryQueue()
    placed = quarantine(queue, Rubbish()).keep(rejected(b"x" * 200_000), lambda: 0.1)
    assert (queue.messages, placed.left) == ([], rejected(b"x" * 200_000))


# many of one aggregate


def test_up_to_500_unusable_records_of_one_aggregate_are_kept_apart():
    queue = MemoryQueue()
    quarantine(queue).keep(rejected(packed(*[b"x"] * MOST_APART)), plenty)
    assert [one["index"] for one in queue.messages] == list(range(500))


def test_an_aggregate_with_more_is_one_message_with_all_its_bytes():
    queue, aggregate = MemoryQueue(), packed(*[b"x"] * (MOST_APART + 2))
    unusable = rejected(aggregate)[1:]
    assert quarantine(queue).keep(unusable, plenty).left == []
    assert queue.messages == [
        {
            "consumer": "trip_writer",
            "shardId": SHARD,
            "sequenceNumber": "1",
            "index": 0,
            "unusableRecords": 501,
            "reason": "501 user records of this aggregate are unusable, the first at index 1: no trip",
            "arrivedAt": "2024-05-01T10:00:01.123Z",
            "data": base64.b64encode(aggregate).decode(),
        }
    ]


def test_an_aggregate_above_128_kib_is_kept_whole_in_the_failures_bucket():
    queue, bucket = MemoryQueue(), MemoryBucket()
    aggregate = packed(*[b"x" * 1_000] * (MOST_APART + 1))
    quarantine(queue, bucket).keep(rejected(aggregate), plenty)
    assert bucket.objects == {queue.messages[0]["dataKey"]: aggregate}


def test_an_aggregate_that_could_not_be_kept_is_left_with_every_record():
    unusable = rejected(b"a", packed(*[b"x"] * (MOST_APART + 1)), b"b")
    assert quarantine(MemoryQueue([1, *[throttled()] * 9])).keep(unusable, lambda: 0.1).left == unusable[1:]


def test_unusable_records_of_many_sequence_numbers_stay_apart():
    queue = MemoryQueue()
    quarantine(queue).keep(rejected(*[b"x"] * (MOST_APART + 1)), plenty)
    assert len(queue.messages) == 501


# the time


def test_bytes_for_the_bucket_make_two_calls_of_one():
    assert [calls_for_one(rejected(*payloads)) for payloads in ([], [b"x"], [b"x", b"x" * 200_000])] == [0, 1, 2]


@pytest.mark.parametrize("timeout", [6.0, 11.0, 12.0, 20.0, 33.0, 60.0])
def test_no_call_but_the_first_begins_with_less_time_than_it_may_take(timeout):
    clock = ManualClock()
    queue, bucket = MemoryQueue().slow(clock, 3.9), MemoryBucket().slow(clock, 3.9)
    quarantine(queue, bucket).keep(rejected(*[b"x" * 140_000] * 29), lambda: timeout - CALL_SECONDS - clock.now)
    assert [at for at in sorted([*bucket.begun, *queue.begun])[2:] if at > timeout - CALL_SECONDS] == []


def test_what_the_time_did_not_suffice_for_is_left_in_order():
    clock = ManualClock()
    queue, bucket = MemoryQueue().slow(clock, 0.03), MemoryBucket().slow(clock, 3.9)
    unusable = rejected(*[b"x" * 140_000] * 29)
    placed = quarantine(queue, bucket).keep(unusable, lambda: 30.0 - clock.now)
    assert placed.left == unusable[len(queue.messages) :]
    assert len(queue.messages) == 7
