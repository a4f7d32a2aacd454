"""The laws of keeping what no one can use."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamkit.clients import CALL_SECONDS
from streamkit.quarantine import MOST_CALL_BYTES, Quarantine, QuarantineRefusedError, calls, calls_for_one
from streamkit.quarantine_messages import (
    MOST_APART,
    MOST_INLINE_BYTES,
    MOST_MESSAGES,
    Rejected,
    counted,
    kept_whole,
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


# more than an invocation has time for


@pytest.mark.parametrize(
    ("sizes", "whole"),
    [
        ([500, 500], set()),
        ([501, 1], {0}),
        ([400, 301, 300], {0}),
        ([300, 400, 301, 400], {1, 3}),
        ([500] * 1_000, set(range(1_000))),
        ([1] * 1_001, set()),
        ([2, *[1] * 1_000], {0}),
    ],
    ids=[
        "as many as allowed",
        "too large",
        "one too many",
        "the most numerous",
        "all",
        "plain",
        "too many all the same",
    ],
)
def test_aggregates_are_kept_whole_the_most_numerous_first_until_the_messages_are_few(sizes, whole):
    assert kept_whole(sizes) == whole


def test_more_records_than_an_invocation_has_time_for_are_lines_of_objects():
    queue, bucket = MemoryQueue(), MemoryBucket()
    unusable = rejected(*[b"x"] * MOST_MESSAGES, packed(b"y", b"z"))
    assert quarantine(queue, bucket).keep(unusable, plenty).left == []
    key, rest = bucket.objects
    assert queue.messages[0] == {
        "consumer": "trip_writer",
        "shardId": SHARD,
        "sequenceNumber": "1",
        "index": 0,
        "unusableRecords": 1000,
        "lastSequenceNumber": "1000",
        "reason": "1000 user records of 1000 records up to 1000 are unusable, the first: no trip",
        "arrivedAt": "2024-05-01T10:00:01.123Z",
        "messagesKey": key,
    }
    assert bucket.objects[key].decode().split("\n") == [one.body for one in messages("trip_writer", unusable[:1000])]
    assert json.loads(bucket.objects[rest])["unusableRecords"] == 2


def test_an_object_of_lines_is_about_a_megabyte_or_one_record():
    bucket = MemoryBucket()
    quarantine(MemoryQueue(), bucket).keep(rejected(*[b"x" * 2_000] * 1_000, b"x" * 2_000_000), plenty)
    assert [len(body) // 2**20 for body in bucket.objects.values()] == [0, 0, 0, 2]


@pytest.mark.parametrize(
    "payloads",
    [[packed(*[b"x"] * 500)] * 50, [packed(b"x", b"y")] * 1_000, [b"x"] * 10_000, [b"x" * 130_000] * 30],
    ids=["25,000 of 50 aggregates", "2,000 of 1,000 aggregates", "10,000 plain ones", "30 large ones"],
)
def test_whatever_a_batch_brings_is_kept_in_a_hundred_calls_and_counted_right(payloads):
    queue, bucket, unusable = MemoryQueue(), MemoryBucket(), rejected(*payloads)
    quarantine(queue, bucket).keep(unusable, plenty)
    assert len(queue.calls) + len(bucket.calls) <= 100
    assert counted(queue.messages) == {"trip_writer": len(unusable)}


def test_what_is_kept_again_in_other_words_counts_once():
    #  cut by an outage: the first half apart, then all in objects, then the aggregate whole
    queue, bucket = MemoryQueue(), MemoryBucket()
    unusable = rejected(packed(*[b"x"] * 499), *[b"x"] * 1_000)
    quarantine(queue, bucket).keep(unusable[:600], plenty)
    quarantine(queue, bucket).keep(unusable, plenty)
    quarantine(queue, bucket).keep(unusable[:1_100], plenty)
    assert counted(queue.messages) == {"trip_writer": 1_499}


def test_an_object_that_does_not_stand_leaves_every_record_of_it():
    unusable = rejected(*[b"x"] * 1_001)
    bucket = MemoryBucket([refused("SlowDown", 503)] * 100)
    assert quarantine(MemoryQueue(), bucket).keep(unusable, lambda: 0.1).left == unusable


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
