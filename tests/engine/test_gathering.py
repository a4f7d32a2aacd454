"""When records become a batch."""

from itertools import count

from local.engine import KinesisRecord, TableChange, simulate
from local.engine.rulings import PAYLOAD_LIMIT_BYTES
from tests.engine.doubles import CONSUMER, SHARD, TABLE, at_once, deliveries, mapping, nothing, records


def starts(timeline) -> list[float]:
    return [invocation.at for invocation in timeline.invocations]


def test_a_full_batch_is_sent_at_once():
    timeline = simulate(mapping(BatchSize=2, MaximumBatchingWindowInSeconds=300), at_once(4), nothing)
    assert deliveries(timeline) == [[0, 1], [2, 3]]


def test_a_batch_is_sent_when_its_batching_window_has_elapsed():
    # 1000          1010
    #  0   1   2     |
    # [-------------->
    timeline = simulate(mapping(MaximumBatchingWindowInSeconds=10), records(1000, 1003, 1006), nothing)
    assert deliveries(timeline) == [[0, 1, 2]]
    assert starts(timeline) == [1010.0]


def test_the_next_batching_window_begins_when_the_previous_invocation_is_over():
    #  0 sent at 1010, over at 1014; 1 was read at 1012
    timeline = simulate(
        mapping(MaximumBatchingWindowInSeconds=10), records(1000, 1012), nothing, invocation_seconds=4.0
    )
    assert starts(timeline) == [1010.0, 1024.0]


def test_without_a_batching_window_what_is_there_is_sent():
    timeline = simulate(mapping(), records(1000, 1000, 1005), nothing)
    assert deliveries(timeline) == [[0, 1], [2]]


def test_a_batch_is_sent_before_it_would_outgrow_six_megabytes():
    heavy = [KinesisRecord(SHARD, "key", b'{"n":%d,"x":"%s"}' % (n, b"x" * 1_000_000), 1000.0) for n in range(6)]
    timeline = simulate(mapping(MaximumBatchingWindowInSeconds=300), heavy, nothing)
    assert deliveries(timeline) == [[0, 1, 2, 3], [4, 5]]
    assert starts(timeline)[0] == 1000.0


def test_every_batch_comes_from_one_shard_and_a_shard_has_one_batch_in_flight():
    two = [*at_once(2), KinesisRecord("shardId-000000000001", "key", b'{"n":9}', 1000.0)]
    timeline = simulate(mapping(BatchSize=1), two, nothing, invocation_seconds=1.0)
    assert [(i.shard_id[-1], i.at) for i in timeline.invocations] == [("0", 1000.0), ("1", 1000.0), ("0", 1001.0)]


def test_kinesis_is_polled_once_a_second():
    assert starts(simulate(mapping(), records(1000, 1000.3, 1001.7), nothing)) == [1000.0, 1001.0, 1002.0]


def test_a_table_stream_is_polled_four_times_a_second():
    changes = [
        TableChange(shard_id=SHARD, event_name="INSERT", keys={"id": {"S": "7"}}, created=at) for at in (1000.0, 1000.3)
    ]
    assert starts(simulate(mapping(TABLE), changes, nothing)) == [1000.0, 1000.5]


def test_a_poll_never_comes_a_rounding_error_before_its_record():
    first, second = 0.307, 0.807
    changes = [
        TableChange(shard_id=SHARD, event_name="INSERT", keys={"id": {"S": "7"}}, created=at) for at in (first, second)
    ]
    assert starts(simulate(mapping(TABLE), changes, nothing)) == [first, second]


def test_fan_out_pushes_records_as_they_arrive():
    assert starts(simulate(mapping(CONSUMER), records(1000, 1000.3), nothing)) == [1000.0, 1000.3]


def test_an_hour_of_waiting_takes_no_more_than_its_records():
    timeline = simulate(mapping(), records(1000, 4600), nothing)
    assert len(timeline.happenings) == 4


def test_nothing_happens_after_the_time_that_was_asked_for():
    timeline = simulate(mapping(), records(1000, 1010, 1020), nothing, until=1015.0)
    assert deliveries(timeline) == [[0], [1]]


def test_records_are_taken_from_an_iterator_no_sooner_than_needed():
    endless = (KinesisRecord(SHARD, "key", b'{"n":%d}' % n, 1000.0 + n) for n in count())
    timeline = simulate(mapping(), endless, nothing, until=1002.0)
    assert deliveries(timeline) == [[0], [1], [2]]


def test_the_payload_limit_is_what_lambda_accepts_of_a_synchronous_request():
    assert PAYLOAD_LIMIT_BYTES == 6 * 1024 * 1024
