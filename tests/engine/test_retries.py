"""How often a batch is delivered, in which pieces, and when it is given up."""

import pytest

from local.engine import FunctionThrottledError, KinesisRecord, QueueMessage, simulate
from tests.engine.doubles import (
    QUEUE,
    SHARD,
    STREAM,
    Poisoned,
    Reporting,
    Scripted,
    at_once,
    deliveries,
    mapping,
    nothing,
    records,
)

REPORTING = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}
IDENTIFIER = {"batchItemFailures": [{"itemIdentifier": "123"}]}


def conditions(timeline) -> list[tuple[str, int]]:
    return [
        (failure["requestContext"]["condition"], failure["requestContext"]["approximateInvokeCount"])
        for failure in timeline.failures
    ]


def test_n_retries_are_n_plus_one_invocations_of_the_same_batch():
    timeline = simulate(mapping(MaximumRetryAttempts=2), at_once(3), Poisoned(1))
    assert deliveries(timeline) == [[0, 1, 2]] * 3
    assert conditions(timeline) == [("RetryAttemptsExhausted", 3)]


def test_an_unchanged_batch_keeps_its_request_id():
    timeline = simulate(mapping(MaximumRetryAttempts=2), at_once(1), Poisoned(0))
    assert len({invocation.request_id for invocation in timeline.invocations}) == 1


def test_halves_are_new_batches_with_request_ids_of_their_own():
    timeline = simulate(mapping(MaximumRetryAttempts=0, BisectBatchOnFunctionError=True), at_once(2), Poisoned(0))
    assert len({invocation.request_id for invocation in timeline.invocations}) == 3


def test_bisecting_isolates_a_poison_record_and_delivers_all_others_in_order():
    #  0  1  2  3  4! 5  6  7
    # [0..7] [0..3][4..7] [4 5][4][5] [6 7]
    timeline = simulate(mapping(MaximumRetryAttempts=1, BisectBatchOnFunctionError=True), at_once(8), Poisoned(4))
    assert deliveries(timeline) == [[*range(8)], [0, 1, 2, 3], [4, 5, 6, 7], [4, 5], [4], [4], [5], [6, 7]]
    assert conditions(timeline) == [("RetryAttemptsExhausted", 2)]


def test_without_retries_or_age_limit_a_batch_is_tried_until_it_leaves_the_stream():
    timeline = simulate(mapping(), at_once(1), Poisoned(0), retention_seconds=600)
    assert timeline.invocations[-1].at <= 1600.0
    assert [condition for condition, _ in conditions(timeline)] == ["RecordAgeExceeded"]


def test_a_record_failed_last_of_three_is_delivered_once_and_then_retries_plus_one_times():
    #  0  1  2!   retries 3: five deliveries, and the failure record counts the last four
    timeline = simulate(mapping(BatchSize=3, MaximumRetryAttempts=3, **REPORTING), at_once(3), Reporting(2))
    assert deliveries(timeline) == [[0, 1, 2], [2], [2], [2], [2]]
    assert conditions(timeline) == [("RetryAttemptsExhausted", 4)]


def test_the_lowest_reported_record_is_where_the_batch_begins_again():
    timeline = simulate(mapping(MaximumRetryAttempts=0, **REPORTING), at_once(5), Reporting(4, 2))
    assert deliveries(timeline) == [[0, 1, 2, 3, 4], [2, 3, 4]]


def test_partial_responses_mean_nothing_to_a_mapping_that_did_not_ask_for_them():
    timeline = simulate(mapping(), at_once(3), Reporting(0))
    assert deliveries(timeline) == [[0, 1, 2]]
    assert not timeline.discarded


@pytest.mark.parametrize("answer", [None, "", [], {}, {"batchItemFailures": []}, {"batchItemFailures": None}])
def test_an_empty_answer_is_a_success(answer):
    timeline = simulate(mapping(MaximumRetryAttempts=0, **REPORTING), at_once(2), Scripted(answer))
    assert not timeline.discarded


@pytest.mark.parametrize(
    "answer",
    [
        IDENTIFIER,
        {"batchItemFailures": [{"itemIdentifier": ""}]},
        {"batchItemFailures": [{"itemIdentifier": None}]},
        {"batchItemFailures": [{"itemIdentifier": 123}]},
        {"batchItemFailures": [{"id": "1"}]},
        {"batchItemFailures": [{}]},
        {"batchItemFailures": ["1"]},
        {"batchItemFailures": "1"},
        "a text",
        [1],
        0,
        False,
    ],
)
def test_an_answer_that_names_no_record_of_the_batch_fails_all_of_it(answer):
    timeline = simulate(mapping(MaximumRetryAttempts=0, **REPORTING), at_once(2), Scripted(answer))
    (failure,) = timeline.failures
    assert failure["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST", "functionError": None}


@pytest.mark.parametrize("answer", [ValueError("no"), SystemExit(1), {"set"}, {"nan": float("nan")}, "\ud800"])
def test_an_error_of_the_function_never_leaves_the_simulation(answer):
    timeline = simulate(mapping(MaximumRetryAttempts=0), at_once(2), Scripted(answer))
    assert timeline.failures[0]["responseContext"]["functionError"] == "Unhandled"
    assert timeline.invocations[0].error


def test_a_function_past_its_timeout_has_failed_after_exactly_that_long():
    timeline = simulate(
        mapping(MaximumRetryAttempts=0), at_once(1), nothing, invocation_seconds=10.0, function_timeout=3.0
    )
    assert timeline.invocations[0].error == "Task timed out after 3.00 seconds"
    assert timeline.discarded[0].at == 1003.0


def test_a_throttled_invocation_spends_no_retry():
    throttled = FunctionThrottledError("rate exceeded")
    timeline = simulate(mapping(MaximumRetryAttempts=0), at_once(1), Scripted(throttled, throttled, None))
    assert [invocation.verdict for invocation in timeline.invocations] == ["Throttled", "Throttled", "Succeeded"]


@pytest.mark.parametrize(
    ("arn", "record"), [(STREAM, at_once(1)[0]), (QUEUE, QueueMessage("{}", 1000.0))], ids=["stream", "queue"]
)
def test_a_call_that_is_throttled_is_an_attempt_all_the_same(arn, record):
    throttled = FunctionThrottledError()
    timeline = simulate(mapping(arn), [record], Scripted(throttled, throttled, None))
    assert [invocation.attempt for invocation in timeline.invocations] == [1, 2, 3]


def test_throttles_are_not_counted_as_invocations():
    throttled = FunctionThrottledError()
    timeline = simulate(mapping(MaximumRetryAttempts=1), at_once(1), Scripted(throttled, throttled, ValueError()))
    assert conditions(timeline) == [("RetryAttemptsExhausted", 2)]


def test_nothing_of_a_shard_is_delivered_while_a_batch_of_it_is_retried():
    timeline = simulate(mapping(BatchSize=1, MaximumRetryAttempts=1), at_once(3), Poisoned(0))
    assert deliveries(timeline) == [[0], [0], [1], [2]]


def test_a_failing_shard_does_not_hold_the_others_back():
    other = [KinesisRecord("shardId-000000000001", "key", b'{"n":7}', 1000.0)]
    timeline = simulate(mapping(MaximumRetryAttempts=5), at_once(1) + other, Poisoned(0))
    assert next(i.ended for i in timeline.invocations if i.shard_id != SHARD) == 1000.05


def test_only_the_expired_records_of_a_batch_are_given_up_and_the_rest_is_delivered():
    #  0 (age 90)  1 (age 90)  2 (age 10)       limit 60
    settings = mapping(MaximumRecordAgeInSeconds=60, MaximumBatchingWindowInSeconds=90, BatchSize=3)
    timeline = simulate(settings, records(1000, 1000, 1080), nothing)
    assert deliveries(timeline) == [[2]]
    assert [len(discarded.names) for discarded in timeline.discarded] == [2]


def test_what_is_left_of_a_batch_that_lost_expired_records_is_a_new_batch():
    settings = mapping(MaximumRecordAgeInSeconds=60, MaximumBatchingWindowInSeconds=90, BatchSize=2)
    timeline = simulate(settings, records(1000, 1030), Poisoned(0))
    assert deliveries(timeline)[-2:] == [[0, 1], [1]]
    assert timeline.invocations[-1].request_id != timeline.invocations[-2].request_id


def test_a_record_that_expired_before_its_first_delivery_is_reported_as_tried_once_and_unanswered():
    settings = mapping(MaximumRecordAgeInSeconds=60, MaximumBatchingWindowInSeconds=90)
    timeline = simulate(settings, records(1000), nothing)
    assert conditions(timeline) == [("RecordAgeExceeded", 1)]
    assert "responseContext" not in timeline.failures[0]


def test_a_batch_that_has_become_too_old_does_not_wait_for_its_next_try():
    #  tries  1000 1001 1003 ... 1123       next 1183        too old at 1130
    timeline = simulate(mapping(MaximumRecordAgeInSeconds=130), records(1000, 1129), Poisoned(0))
    assert round(timeline.discarded[0].at, 3) == 1130.0
    assert round(timeline.invocations[-1].at, 3) == 1130.0


def test_endless_retries_end_when_the_records_are_too_old():
    timeline = simulate(mapping(MaximumRecordAgeInSeconds=60), at_once(1), Poisoned(0))
    assert [round(invocation.at - 1000) for invocation in timeline.invocations] == [0, 1, 3, 7, 15, 31]
    assert conditions(timeline) == [("RecordAgeExceeded", 6)]


def test_a_shard_goes_on_after_a_discarded_batch():
    timeline = simulate(mapping(BatchSize=1, MaximumRetryAttempts=0), at_once(2), Poisoned(0))
    assert deliveries(timeline) == [[0], [1]]


def test_a_record_too_large_to_send_spends_the_retries_without_ever_reaching_the_function():
    large = [KinesisRecord(SHARD, "key", b"x" * 5_000_000, 1000.0), *at_once(1)]
    timeline = simulate(mapping(MaximumRetryAttempts=2), large, nothing)
    assert deliveries(timeline) == [[0]]
    assert conditions(timeline) == [("RetryAttemptsExhausted", 3)]
    assert "responseContext" not in timeline.failures[0]


def test_what_a_handler_does_to_its_event_never_reaches_the_next_delivery():
    seen = []

    def vandal(event, context):
        seen.append(len(event["Records"]))
        event["Records"].clear()
        raise ValueError

    simulate(mapping(MaximumRetryAttempts=1), at_once(2), vandal)
    assert seen == [2, 2]


def test_a_disabled_mapping_delivers_nothing():
    assert simulate(mapping(Enabled=False), at_once(1), nothing).invocations == []


def test_a_disabled_mapping_refuses_what_an_enabled_one_would():
    with pytest.raises(TypeError, match=r"records\[0\] must be a QueueMessage"):
        simulate(mapping(QUEUE, Enabled=False), at_once(1), nothing)
