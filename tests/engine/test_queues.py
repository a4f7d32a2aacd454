"""Queues: batches, visibility, redrive, groups, concurrency."""

import json

import pytest

from local.engine import FunctionThrottledError, QueueMessage, QueueSettings, simulate
from tests.engine.doubles import FIFO, QUEUE, Scripted, filters, mapping, nothing

REPORTING = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}
LARGE = {"BatchSize": 10_000, "MaximumBatchingWindowInSeconds": 5}


def messages(count: int, group: str | None = None, sent: float = 1000.0) -> list[QueueMessage]:
    return [QueueMessage(str(n), sent, group_id=group) for n in range(count)]


def grouped(*groups: str) -> list[QueueMessage]:
    return [QueueMessage(str(n), 1000.0, group_id=group) for n, group in enumerate(groups)]


def bodies(event) -> list[str]:
    return [record["body"] for record in event["Records"]]


def deliveries(timeline) -> list[str]:
    return [" ".join(bodies(invocation.event)) for invocation in timeline.invocations]


def poisoned(*poison: str):
    def handler(event, context):
        if set(poison) & set(bodies(event)):
            raise ValueError("poison")

    return handler


def reporting(*failing: str):
    def handler(event, context):
        failed = [record["messageId"] for record in event["Records"] if record["body"] in failing]
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}

    return handler


def test_a_queue_gives_ten_messages_at_a_time():
    assert deliveries(simulate(mapping(QUEUE), messages(12), nothing)) == ["0 1 2 3 4 5 6 7 8 9", "10 11"]


def test_a_batching_window_gathers_more_than_ten():
    timeline = simulate(mapping(QUEUE, **LARGE), [*messages(30), *messages(1, sent=1004.0)], nothing)
    assert [(invocation.at, len(invocation.names)) for invocation in timeline.invocations] == [(1005.0, 31)]


def test_bodies_and_metadata_of_a_batch_stay_within_six_megabytes():
    heavy = [QueueMessage("x" * 1_000_000, 1000.0) for _ in range(8)]
    timeline = simulate(mapping(QUEUE, **LARGE), heavy, nothing)
    assert [len(invocation.names) for invocation in timeline.invocations] == [6, 2]
    assert len(json.dumps(timeline.invocations[0].event)) < 6 * 1024 * 1024


def test_a_failed_batch_comes_back_when_its_visibility_timeout_is_over():
    timeline = simulate(mapping(QUEUE), messages(2), Scripted(ValueError(), None), queue=QueueSettings(40.0))
    assert [(i.at, d) for i, d in zip(timeline.invocations, deliveries(timeline), strict=True)] == [
        (1000.0, "0 1"),
        (1040.0, "0 1"),
    ]


def test_a_message_received_too_often_becomes_a_dead_letter():
    timeline = simulate(mapping(QUEUE), messages(1), poisoned("0"), queue=QueueSettings(max_receive_count=3))
    assert deliveries(timeline) == ["0", "0", "0"]
    assert len(timeline.dead_letters) == 1


def test_without_a_dead_letter_queue_a_message_returns_until_it_is_too_old():
    timeline = simulate(mapping(QUEUE), messages(1), poisoned("0"), queue=QueueSettings(retention_seconds=100.0))
    assert [invocation.at for invocation in timeline.invocations] == [1000.0, 1030.0, 1060.0, 1090.0]


def test_a_message_first_received_at_the_epoch_stays_so():
    settings = QueueSettings(visibility_seconds=10, max_receive_count=2)
    timeline = simulate(mapping(QUEUE), messages(1, sent=0.0), Scripted(ValueError("no")), queue=settings)
    first = [i.event["Records"][0]["attributes"]["ApproximateFirstReceiveTimestamp"] for i in timeline.invocations]
    assert first == ["0", "0"]


def test_each_delivery_tells_how_often_the_message_was_received():
    timeline = simulate(mapping(QUEUE), messages(1), Scripted(ValueError(), None))
    counts = [i.event["Records"][0]["attributes"]["ApproximateReceiveCount"] for i in timeline.invocations]
    assert counts == ["1", "2"]


def test_reported_messages_return_and_the_others_are_deleted():
    timeline = simulate(mapping(QUEUE, **REPORTING), messages(3), reporting("1"), until=1031.0)
    assert deliveries(timeline) == ["0 1 2", "1"]
    assert len(timeline.deleted) == 2


@pytest.mark.parametrize("answer", [None, "", {}, {"batchItemFailures": []}, {"batchItemFailures": None}])
def test_an_empty_answer_deletes_the_batch(answer):
    assert len(simulate(mapping(QUEUE, **REPORTING), messages(2), Scripted(answer)).deleted) == 2


@pytest.mark.parametrize(
    "answer",
    [
        {"batchItemFailures": [{"itemIdentifier": ""}]},
        {"batchItemFailures": [{"itemIdentifier": None}]},
        {"batchItemFailures": [{"id": "x"}]},
        {"batchItemFailures": [{}]},
        {"batchItemFailures": [{"itemIdentifier": "unknown"}]},
        "not an object",
    ],
)
def test_an_answer_that_names_no_message_of_the_batch_returns_all_of_it(answer):
    timeline = simulate(mapping(QUEUE, **REPORTING), messages(2), Scripted(answer), until=1020.0)
    assert timeline.deleted == []


@pytest.mark.parametrize(
    ("answer", "verdict", "reason"),
    [
        (None, "Succeeded", ""),
        ("not an object", "Failed", 'the response is not {"batchItemFailures": [{"itemIdentifier": "..."}]}'),
        ({"batchItemFailures": [{"itemIdentifier": "x"}]}, "Failed", "the response names a message that is not in the"),
        (ValueError("no"), "Failed", "ValueError: no"),
    ],
)
def test_a_call_for_a_queue_says_why_it_failed(answer, verdict, reason):
    (invocation,) = simulate(mapping(QUEUE, **REPORTING), messages(1), Scripted(answer), until=1001.0).invocations
    assert invocation.verdict == verdict
    assert invocation.reason.startswith(reason)


def test_a_batch_of_which_every_message_is_reported_has_failed():
    timeline = simulate(
        mapping(QUEUE, **REPORTING), messages(2), reporting("0", "1"), queue=QueueSettings(max_receive_count=1)
    )
    assert timeline.invocations[0].verdict == "Failed"
    assert "invocation 1: failed (every message is reported)" in timeline.explain()
    assert "received once, moved to the dead-letter queue: #0" in timeline.explain()


def test_an_answer_means_nothing_to_a_mapping_that_did_not_ask_for_it():
    assert len(simulate(mapping(QUEUE), messages(2), reporting("1")).deleted) == 2


def test_a_throttled_batch_is_tried_again_while_its_messages_are_invisible():
    throttled = FunctionThrottledError()
    timeline = simulate(mapping(QUEUE), messages(1), Scripted(throttled, throttled, None), invocation_seconds=0.0)
    assert [invocation.at for invocation in timeline.invocations] == [1000.0, 1001.0, 1002.0]
    counts = {i.event["Records"][0]["attributes"]["ApproximateReceiveCount"] for i in timeline.invocations}
    assert counts == {"1"}


def test_messages_that_do_not_match_are_deleted_from_the_queue():
    mixed = [QueueMessage(body, 1000.0) for body in ('{"n": 1}', '{"n": 2}', "plain")]
    timeline = simulate(mapping(QUEUE, **filters('{"body": {"n": [1]}}')), mixed, nothing)
    assert deliveries(timeline) == ['{"n": 1}']
    assert len(timeline.filtered) == 2


def test_a_plain_pattern_matches_plain_bodies():
    mixed = [QueueMessage(body, 1000.0) for body in ('{"n": 1}', "plain")]
    assert deliveries(simulate(mapping(QUEUE, **filters('{"body": ["plain"]}')), mixed, nothing)) == ["plain"]


def test_five_batches_run_at_first_and_five_more_join_every_second():
    timeline = simulate(mapping(QUEUE, BatchSize=1), messages(100), nothing, invocation_seconds=100.0, until=1002.0)
    starts = [invocation.at for invocation in timeline.invocations]
    assert [sum(at <= 1000.0 + second for at in starts) for second in (0, 1, 2)] == [5, 10, 15]


def test_maximum_concurrency_is_never_exceeded():
    limited = mapping(QUEUE, BatchSize=1, ScalingConfig={"MaximumConcurrency": 2})
    timeline = simulate(limited, messages(6), nothing, invocation_seconds=1.0)
    assert [invocation.at for invocation in timeline.invocations] == [1000.0, 1000.0, 1001.0, 1001.0, 1002.0, 1002.0]


def test_provisioned_pollers_run_ten_batches_each_from_the_start():
    pollers = mapping(QUEUE, BatchSize=1, ProvisionedPollerConfig={"MinimumPollers": 3})
    timeline = simulate(pollers, messages(50), nothing, invocation_seconds=10.0, until=1000.0)
    assert len(timeline.invocations) == 30


def test_a_failing_function_makes_the_pollers_back_off():
    def flaky(event, context):
        if bodies(event) == ["0"]:
            raise ValueError

    settings = mapping(QUEUE, BatchSize=1)
    calm = simulate(settings, messages(200), nothing, invocation_seconds=2.5, until=1005.0)
    shaken = simulate(settings, messages(200), flaky, invocation_seconds=2.5, until=1005.0)
    assert len(shaken.invocations) < len(calm.invocations)


def test_a_message_that_outlives_its_invisibility_is_delivered_again():
    timeline = simulate(
        mapping(QUEUE), messages(1), nothing, invocation_seconds=lambda event: 45.0, queue=QueueSettings(30.0)
    )
    assert [invocation.at for invocation in timeline.invocations][:2] == [1000.0, 1030.0]


@pytest.mark.parametrize(("arn", "starts"), [(QUEUE, [1000.0, 1030.0]), (FIFO, [1000.0, 1030.0, 1060.0])])
def test_a_late_answer_deletes_from_a_standard_queue_and_is_too_late_for_a_fifo_one(arn, starts):
    #  first  1000 ----- 1045 answers late
    #  second      1030 ------------- 1090
    durations = [45.0, 60.0, 1.0]
    timeline = simulate(
        mapping(arn), messages(1, group="g"), nothing, invocation_seconds=lambda event: durations.pop(0)
    )
    assert [invocation.at for invocation in timeline.invocations] == starts


def test_a_window_and_a_timeout_longer_than_the_visibility_timeout_prolong_it():
    settings = mapping(QUEUE, MaximumBatchingWindowInSeconds=20)
    timeline = simulate(
        settings, messages(1), Scripted(ValueError(), None), function_timeout=20.0, queue=QueueSettings(30.0)
    )
    assert [invocation.at for invocation in timeline.invocations] == [1020.0, 1090.0]


def test_a_batching_window_as_long_as_the_visibility_timeout_receives_a_message_once():
    settings = mapping(QUEUE, BatchSize=100, MaximumBatchingWindowInSeconds=30)
    timeline = simulate(settings, messages(1), nothing, queue=QueueSettings(30.0, max_receive_count=1))
    assert deliveries(timeline) == ["0"]
    assert (len(timeline.deleted), timeline.dead_letters) == (1, [])


@pytest.mark.parametrize(
    ("window", "taken", "again"),
    [(20, 15.0, 1065.0), (20, 5.0, 1030.0), (28, 0.0, 1061.0)],
    ids=["a call that takes long", "one that does not", "one of which nothing is known"],
)
def test_a_timeout_that_is_not_told_is_the_default_or_what_every_call_takes(window, taken, again):
    settings = mapping(QUEUE, MaximumBatchingWindowInSeconds=window)
    timeline = simulate(settings, messages(1), Scripted(ValueError(), None), invocation_seconds=taken)
    assert timeline.invocations[1].at == again + window


def test_a_group_keeps_its_order_and_a_batch_may_hold_several():
    timeline = simulate(mapping(FIFO), grouped("a", "b", "a", "b"), nothing)
    assert deliveries(timeline) == ["0 2 1 3"]


def test_a_group_has_one_batch_in_flight_and_groups_run_at_once():
    timeline = simulate(mapping(FIFO, BatchSize=1), grouped("a", "b", "a"), nothing, invocation_seconds=1.0)
    assert [(i.at, d) for i, d in zip(timeline.invocations, deliveries(timeline), strict=True)] == [
        (1000.0, "0"),
        (1000.0, "1"),
        (1001.0, "2"),
    ]


def test_a_failed_message_holds_its_group_back_until_it_is_done_or_dead():
    settings = QueueSettings(max_receive_count=2)
    timeline = simulate(mapping(FIFO, BatchSize=1), grouped("a", "a", "b"), poisoned("0"), queue=settings)
    assert deliveries(timeline) == ["0", "2", "0", "1"]
    assert len(timeline.dead_letters) == 1


MEGABYTE = "x" * 1_000_000  # six of them fill an event


def heavy(*groups: str) -> list[QueueMessage]:
    return [QueueMessage(f"{n}{MEGABYTE}", 1000.0, group_id=group) for n, group in enumerate(groups)]


def starts(timeline) -> list[tuple[float, str]]:
    """When each batch was sent, and the first characters of its bodies."""
    return [(i.at, "".join(body[0] for body in bodies(i.event))) for i in timeline.invocations]


def test_what_one_event_cannot_hold_of_a_group_follows_when_its_batch_is_done():
    timeline = simulate(mapping(FIFO), heavy(*"aaaaaaaa"), nothing, invocation_seconds=1.0)
    assert starts(timeline) == [(1000.0, "012345"), (1001.0, "67")]


def test_what_one_event_cannot_hold_of_a_group_returns_to_the_queue_behind_what_failed():
    timeline = simulate(mapping(FIFO), heavy(*"aaaaaaaa"), Scripted(ValueError(), None), invocation_seconds=1.0)
    assert starts(timeline) == [(1000.0, "012345"), (1030.0, "012345"), (1031.0, "67")]


def test_what_one_event_cannot_hold_of_a_group_is_received_again_if_its_batch_outlives_its_invisibility():
    durations = iter([45.0, 1.0, 1.0])
    timeline = simulate(
        mapping(FIFO), heavy(*"aaaaaaaa"), nothing, invocation_seconds=lambda event: next(durations), until=1040.0
    )
    assert starts(timeline) == [(1000.0, "012345"), (1030.0, "012345"), (1031.0, "67")]


def test_what_waited_too_long_behind_its_batch_for_a_call_of_its_own_is_received_again_and_sent_once():
    #  0-5  1000 ------ 1020
    #  6-7              1020 ------ 1040, received again at 1020, though invisible until 1030
    timeline = simulate(mapping(FIFO), heavy(*"aaaaaaaa"), nothing, invocation_seconds=20.0, function_timeout=20.0)
    assert starts(timeline) == [(1000.0, "012345"), (1020.0, "67")]


def test_what_waited_too_long_for_a_free_slot_is_received_again_and_sent_once():
    busy = mapping(QUEUE, ScalingConfig={"MaximumConcurrency": 2})
    sent = [QueueMessage(MEGABYTE, 1000.0) for _ in range(40)]
    timeline = simulate(busy, sent, nothing, invocation_seconds=25.0, function_timeout=25.0)
    assert sum(len(invocation.names) for invocation in timeline.invocations) == len(timeline.deleted) == 40


def test_what_one_event_cannot_hold_of_other_groups_waits_for_nobody():
    timeline = simulate(mapping(FIFO), heavy(*"aaaaaaabb"), nothing, invocation_seconds=1.0)
    assert starts(timeline) == [(1000.0, "012345"), (1000.0, "78"), (1001.0, "6")]


def test_what_a_fifo_function_deletes_past_a_failure_is_its_own_affair():
    timeline = simulate(mapping(FIFO, **REPORTING), grouped("a", "a", "a"), reporting("1"), until=1031.0)
    assert deliveries(timeline) == ["0 1 2", "1"]


def test_messages_of_a_group_go_in_the_order_in_which_they_were_sent_however_they_are_listed():
    listed = [QueueMessage("late", 1010.0, group_id="g"), QueueMessage("early", 1000.0, group_id="g")]
    function = Scripted(ValueError(), None)
    timeline = simulate(mapping(FIFO, BatchSize=1), listed, function, queue=QueueSettings(30.0))
    assert deliveries(timeline) == ["early", "early", "late"]
    assert [timeline.place_of(invocation.names[0]) for invocation in timeline.invocations] == [1, 1, 0]
    early, _, late = [i.event["Records"][0]["attributes"]["SequenceNumber"] for i in timeline.invocations]
    assert early < late


def test_a_fifo_message_needs_a_group():
    with pytest.raises(ValueError, match="group_id"):
        simulate(mapping(FIFO), messages(1), nothing)


def test_queues_know_no_positions_and_no_failure_destination():
    timeline = simulate(mapping(QUEUE), messages(1), poisoned("0"), until=1000.0)
    assert (timeline.checkpoints, timeline.failures) == ({}, [])
