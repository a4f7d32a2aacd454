"""Tumbling windows: where they lie, what travels through them, how they end."""

import pytest

from local.engine import KinesisRecord, TableChange, rulings, simulate
from local.engine.delivery import Succeeded
from local.engine.entries import KinesisEntry, Stamp
from local.engine.lane import Invoke, Wait
from local.engine.mapping import load
from local.engine.rulings import PAYLOAD_LIMIT_BYTES, STATE_LIMIT_BYTES
from local.engine.shard import Shard
from local.engine.source import source
from local.engine.windows import Call, Window
from tests.engine.doubles import (
    BUCKET,
    CONSUMER,
    SHARD,
    STREAM,
    TABLE,
    Poisoned,
    counting,
    deliveries,
    destination,
    mapping,
    numbers,
    records,
)

WINDOW = {"TumblingWindowInSeconds": 10}
REPORTING = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}
NEXT_SHARD = "shardId-000000000001"


def calls(timeline) -> list[str]:
    """Each invocation, drawn: `[1000) 0 1`, `[1000) final`, `[1000) early final`."""
    return [_drawn(invocation) for invocation in timeline.invocations]


def _drawn(invocation) -> str:
    event, window = invocation.event, invocation.windowed.window.start
    if not event["isFinalInvokeForWindow"]:
        return f"[{window}) " + " ".join(map(str, numbers(event)))
    return f"[{window}) " + ("early final" if event["isWindowTerminatedEarly"] else "final")


def states(timeline) -> list[list[int] | None]:
    return [invocation.event["state"].get("seen") for invocation in timeline.invocations]


def failing_final(times: int):
    """Counts, and fails this many final calls."""
    left = [times]

    def handler(event, context):
        if event["isFinalInvokeForWindow"] and left[0]:
            left[0] -= 1
            raise ValueError("final")
        return counting(event, context)

    return handler


def test_windows_are_aligned_to_the_epoch_and_take_records_by_their_own_time():
    # 1000      1010      1020      1030
    # [---------)[---------)[---------)
    #       0  1      2         3
    timeline = simulate(mapping(**WINDOW), records(1006, 1009, 1015, 1025), counting)
    assert [call for call in calls(timeline) if "final" not in call] == ["[1000) 0", "[1000) 1", "[1010) 2", "[1020) 3"]


@pytest.mark.parametrize(
    ("start", "told"),
    [(1000, "[1970-01-01T00:16:40Z, 00:16:50Z)"), (86_390, "[1970-01-01T23:59:50Z, 1970-01-02T00:00:00Z)")],
)
def test_a_window_is_told_by_its_instants(start, told):
    assert str(Window(start, start + 10)) == told


def test_a_record_at_the_end_of_a_window_belongs_to_the_next():
    assert calls(simulate(mapping(**WINDOW), records(1000, 1010), counting))[:3] == [
        "[1000) 0",
        "[1000) final",
        "[1010) 1",
    ]


def test_old_records_get_the_windows_of_their_own_time():
    backlog = [KinesisRecord(SHARD, "key", b'{"n":%d}' % n, at) for n, at in enumerate([100.0, 115.0])]
    assert calls(simulate(mapping(**WINDOW), backlog, counting))[0] == "[100) 0"


def test_a_batch_never_mixes_two_windows():
    timeline = simulate(mapping(MaximumBatchingWindowInSeconds=60, **WINDOW), records(1008, 1009, 1011), counting)
    assert calls(timeline)[:3] == ["[1000) 0 1", "[1000) final", "[1010) 2"]


def test_the_state_of_a_window_is_empty_first_and_then_what_the_function_returned():
    timeline = simulate(mapping(**WINDOW), records(1000, 1003, 1012), counting)
    assert states(timeline) == [None, [0], [0, 1], None, [2]]


def test_a_final_call_carries_the_state_and_no_records():
    final = simulate(mapping(**WINDOW), records(1000, 1012), counting).invocations[1].event
    assert (final["Records"], final["state"], final["isFinalInvokeForWindow"]) == ([], {"seen": [0]}, True)


def test_a_window_closes_when_a_record_of_a_later_one_is_read():
    timeline = simulate(mapping(**WINDOW), records(1000, 1060), counting)
    assert (calls(timeline)[1], timeline.invocations[1].at) == ("[1000) final", 1060.0)


def test_an_idle_window_closes_when_its_end_is_past_and_nothing_was_read_for_two_minutes():
    timeline = simulate(mapping(**WINDOW), records(1003), counting)
    assert (calls(timeline)[1], timeline.invocations[1].at) == ("[1000) final", 1123.0)


def test_a_long_window_does_not_close_before_its_end_however_idle():
    timeline = simulate(mapping(TumblingWindowInSeconds=900), records(1000), counting)
    assert timeline.invocations[1].at == 1800.0


def test_a_window_stays_open_until_the_poller_has_looked_past_its_end():
    # polls    100.3 ... 899.3  900.3          the window [0, 900) has been idle for minutes at 900.0,
    # records  0             1                 but its last record is not read yet
    timeline = simulate(mapping(TumblingWindowInSeconds=900), records(100.3, 899.5), counting)
    assert calls(timeline) == ["[0) 0", "[0) 1", "[0) final"]
    assert states(timeline)[-1] == [0, 1]


def test_an_outage_of_reads_never_ends_a_window():
    shard = Shard(load(mapping(**WINDOW)), Stamp.of(SHARD, source(STREAM), "role"), lambda: "request")
    (lane,) = shard.lanes
    shard.receive([KinesisEntry("1", "key", b"{}", 1003.0, 0)], 1003.0)
    lane.next(1003.0)
    lane.finish(Succeeded("{}"), 1003.0)
    shard.found_nothing(1122.9)  # a look that began before the deadline says nothing of it
    assert lane.next(1003.0) == Wait(1123.0)
    assert lane.next(5000.0) is None
    shard.found_nothing(5001.0)
    final = lane.next(5001.0)
    assert isinstance(final, Invoke)
    assert final.batch.call is Call.FINAL


def test_windows_without_records_are_never_called():
    timeline = simulate(mapping(**WINDOW), records(1000, 1055), counting)
    assert calls(timeline) == ["[1000) 0", "[1000) final", "[1050) 1", "[1050) final"]


def test_a_record_older_than_the_current_window_joins_it_and_is_told():
    timeline = simulate(mapping(**WINDOW), records(1012, 1009), counting)
    assert calls(timeline)[0] == "[1010) 0 1"
    assert "older than the window" in timeline.explain()


def test_the_state_belongs_to_a_shard():
    two = records(1000) + records(1000, shard=NEXT_SHARD)
    assert states(simulate(mapping(**WINDOW), two, counting))[:2] == [None, None]


def test_a_window_ends_with_its_shard_and_the_child_starts_with_fresh_state():
    two = records(1000) + records(1001, shard=NEXT_SHARD)
    timeline = simulate(mapping(**WINDOW), two, counting, shards={NEXT_SHARD: [SHARD]})
    assert [(i.shard_id[-1], call) for i, call in zip(timeline.invocations, calls(timeline), strict=True)][:3] == [
        ("0", "[1000) 0"),
        ("0", "[1000) final"),
        ("1", "[1000) 0"),
    ]
    assert states(timeline)[2] is None


def oversized(event, context):
    if event["isFinalInvokeForWindow"] or numbers(event) != [0]:
        return counting(event, context)
    return {"state": {"x": "x" * (STATE_LIMIT_BYTES - 7)}}


def test_a_state_of_more_than_one_megabyte_ends_the_window_early_with_the_whole_state():
    early = simulate(mapping(**WINDOW), records(1000), oversized).invocations[1].event
    assert (early["isFinalInvokeForWindow"], early["isWindowTerminatedEarly"]) == (True, True)
    assert len(early["state"]["x"]) == STATE_LIMIT_BYTES - 7


def test_a_state_of_exactly_one_megabyte_is_kept():
    def full(event, context):
        return {"state": {"x": "x" * (STATE_LIMIT_BYTES - 8)}}

    assert "early" not in " ".join(calls(simulate(mapping(**WINDOW), records(1000), full)))


def bursting(event, context):
    """Its state fits into a response, and not into an event beside what else that says."""
    if numbers(event) != [0]:
        return counting(event, context)
    return {"state": {"x": "x" * (PAYLOAD_LIMIT_BYTES - 100)}}


def test_a_state_too_large_to_send_back_spends_the_retries_of_its_final_call_and_is_given_up():
    timeline = simulate(mapping(MaximumRetryAttempts=2, **WINDOW), records(1000, 1001), bursting)
    (discarded,) = timeline.discarded
    assert calls(timeline) == ["[1000) 0", "[1000) 1", "[1000) final"]
    assert states(timeline) == [None, None, [1]]
    assert (discarded.condition, discarded.names) == ("RetryAttemptsExhausted", [])
    assert discarded.record is not None
    assert discarded.record["requestContext"]["approximateInvokeCount"] == 3
    assert "responseContext" not in discarded.record
    assert discarded.record["timeWindowInfo"]["isWindowTerminatedEarly"]


def test_a_state_too_large_to_send_back_blocks_its_shard_as_long_as_a_record_may_age():
    timeline = simulate(mapping(MaximumRecordAgeInSeconds=60, **WINDOW), records(1000, 1061.5), bursting)
    (discarded,) = timeline.discarded
    assert (discarded.condition, round(discarded.at, 3)) == ("RecordAgeExceeded", 1060.05)
    assert timeline.invocations[1].at == 1062.0


def test_a_final_call_that_can_never_be_sent_could_be_given_up_at_once(monkeypatch):
    monkeypatch.setattr(rulings, "OVERSIZED_FINAL_SPENDS_RETRIES", False)
    (discarded,) = simulate(mapping(**WINDOW), records(1000), bursting).discarded
    assert discarded.at == 1000.05


def test_after_an_early_end_the_same_window_goes_on_with_empty_state_and_gets_its_own_final_call():
    timeline = simulate(mapping(**WINDOW), records(1000, 1005), oversized)
    assert calls(timeline) == ["[1000) 0", "[1000) early final", "[1000) 1", "[1000) final"]
    assert timeline.invocations[2].event["state"] == {}


def test_after_an_early_end_without_further_records_no_second_final_call_follows():
    assert calls(simulate(mapping(**WINDOW), records(1000), oversized)) == ["[1000) 0", "[1000) early final"]


@pytest.mark.parametrize("answer", [None, {}, {"State": {}}, {"state": None}, {"state": [1]}, "state"])
def test_an_answer_without_state_is_a_failed_invocation(answer):
    timeline = simulate(mapping(MaximumRetryAttempts=0, **WINDOW), records(1000), lambda event, context: answer)
    assert timeline.failures[0]["requestContext"]["condition"] == "RetryAttemptsExhausted"


def test_a_state_with_half_a_surrogate_pair_is_a_failed_invocation():
    answer = {"state": {"x": "\ud800"}}
    timeline = simulate(mapping(MaximumRetryAttempts=0, **WINDOW), records(1000), lambda event, context: answer)
    assert timeline.invocations[0].reason.startswith("Runtime.MarshalError")


def test_a_retry_gets_the_same_records_and_the_state_from_before():
    failures = [ValueError("once")]

    def once(event, context):
        if failures and numbers(event) == [1]:
            raise failures.pop()
        return counting(event, context)

    timeline = simulate(mapping(**WINDOW), records(1000, 1002), once)
    assert states(timeline)[1:3] == [[0], [0]]
    assert deliveries(timeline)[1:3] == [[1], [1]]


def test_a_window_goes_on_without_a_discarded_batch():
    def poisoned(event, context):
        Poisoned(1)(event, context)
        return counting(event, context)

    timeline = simulate(mapping(MaximumRetryAttempts=0, **WINDOW), records(1000, 1002, 1004), poisoned)
    assert states(timeline)[-1] == [0, 2]


def test_halves_of_a_batch_run_in_order_with_the_state_of_the_last_success():
    def poisoned(event, context):
        Poisoned(2)(event, context)
        return counting(event, context)

    settings = mapping(MaximumRetryAttempts=0, BisectBatchOnFunctionError=True, **WINDOW)
    timeline = simulate(settings, records(1000, 1000, 1000, 1000), poisoned)
    assert states(timeline) == [None, None, [0, 1], [0, 1], [0, 1], [0, 1, 3]]


def test_a_partial_response_leaves_the_state_from_before_the_batch():
    def partly(event, context):
        failed = [r["kinesis"]["sequenceNumber"] for r in event["Records"][1:]]
        return counting(event, context) | {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}

    timeline = simulate(mapping(**WINDOW, **REPORTING), records(1000, 1000), partly)
    assert (deliveries(timeline)[1], states(timeline)[1]) == ([1], None)


def test_a_failing_final_call_is_retried_and_holds_the_next_window_back():
    timeline = simulate(mapping(**WINDOW), records(1000, 1012), failing_final(2))
    assert calls(timeline)[:5] == ["[1000) 0", *["[1000) final"] * 3, "[1010) 1"]


def test_a_final_call_out_of_retries_is_discarded_and_the_next_window_proceeds():
    timeline = simulate(mapping(MaximumRetryAttempts=1, **WINDOW), records(1000, 1012), failing_final(2))
    assert calls(timeline)[:4] == ["[1000) 0", "[1000) final", "[1000) final", "[1010) 1"]


def test_the_record_of_a_discarded_final_call_names_its_window_and_no_place_in_the_stream():
    settings = mapping(MaximumRetryAttempts=0, **WINDOW, **destination(BUCKET))
    (failure,) = simulate(settings, records(1000), failing_final(1)).failures
    assert failure["timeWindowInfo"] == {
        "window": {"start": "1970-01-01T00:16:40Z", "end": "1970-01-01T00:16:50Z"},
        "isFinalInvokeForWindow": True,
        "isWindowTerminatedEarly": False,
    }
    assert list(failure["KinesisBatchInfo"]) == ["shardId", "streamArn"]
    assert '"Records":[]' in failure["payload"]


def test_in_a_window_too_n_retries_are_n_plus_one_invocations_with_the_same_state():
    def poisoned(event, context):
        Poisoned(1)(event, context)
        return counting(event, context)

    timeline = simulate(mapping(MaximumRetryAttempts=2, **WINDOW), records(1000, 1002, 1004), poisoned)
    assert deliveries(timeline) == [[0], [1], [1], [1], [2], []]
    assert states(timeline) == [None, [0], [0], [0], [0], [0, 2]]
    (failure,) = timeline.failures
    assert failure["requestContext"]["approximateInvokeCount"] == 3


def test_in_a_window_too_a_record_that_is_too_old_is_given_up_and_the_window_goes_on():
    def poisoned(event, context):
        Poisoned(0)(event, context)
        return counting(event, context)

    settings = mapping(MaximumRecordAgeInSeconds=60, TumblingWindowInSeconds=600)
    timeline = simulate(settings, records(1000, 1050), poisoned)
    assert [discarded.condition for discarded in timeline.discarded] == ["RecordAgeExceeded"]
    assert (deliveries(timeline)[-2:], states(timeline)[-1]) == ([[1], []], [1])


def test_a_window_of_a_fan_out_consumer_works_with_every_other_setting():
    #  0  1  2! 3     2 is reported, then raised for, then given up: 0 1 | 2 3 | 2 | 2 | 3
    script = iter(["report", "raise", "raise", "raise"])

    def handler(event, context):
        fault = next(script, "") if 2 in numbers(event) else ""
        if fault == "raise":
            raise ValueError("2")
        failed = [r["kinesis"]["sequenceNumber"] for r in event["Records"][2:]] if fault else []
        return counting(event, context) | {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}

    settings = mapping(
        CONSUMER,
        **WINDOW,
        **REPORTING,
        **destination(BUCKET),
        BisectBatchOnFunctionError=True,
        MaximumBatchingWindowInSeconds=5,
        MaximumRetryAttempts=1,
        MaximumRecordAgeInSeconds=3600,
        ParallelizationFactor=1,
        StartingPosition="AT_TIMESTAMP",
        StartingPositionTimestamp=1000,
        MetricsConfig={"Metrics": ["EventCount"]},
    )
    timeline = simulate(settings, records(1000, 1001, 1002, 1003), handler)
    assert calls(timeline) == ["[1000) 0 1 2 3", "[1000) 2 3", "[1000) 2", "[1000) 2", "[1000) 3", "[1000) final"]
    assert states(timeline)[-1] == [3]  # the partial response kept the state from before it
    assert [(len(d.names), d.condition) for d in timeline.discarded] == [(1, "RetryAttemptsExhausted")]


def test_the_record_of_a_discarded_batch_in_a_window_names_both():
    settings = mapping(MaximumRetryAttempts=0, **WINDOW)
    (failure,) = simulate(settings, records(1000), lambda event, context: None).failures[:1]
    assert failure["KinesisBatchInfo"]["batchSize"] == 1
    assert failure["timeWindowInfo"]["isFinalInvokeForWindow"] is False


def test_a_failing_final_call_blocks_its_shard_as_long_as_the_retry_policy_allows():
    settings = mapping(MaximumRecordAgeInSeconds=600, **WINDOW)
    timeline = simulate(settings, records(1000, 1011), failing_final(1000), until=1600.0)
    assert "[1010) 1" not in calls(timeline)


def test_a_final_call_is_given_up_when_it_was_tried_for_as_long_as_a_record_may_age():
    settings = mapping(MaximumRecordAgeInSeconds=60, **WINDOW)
    timeline = simulate(settings, records(1000, 1011), failing_final(1000), until=3000.0)
    final = timeline.discarded[0]
    assert (final.names, final.condition) == ([], "RecordAgeExceeded")


def test_table_streams_have_windows_by_the_time_of_the_change():
    changes = [
        TableChange(shard_id=SHARD, event_name="INSERT", keys={"id": {"S": "7"}}, created=at) for at in (1003.0, 1012.0)
    ]
    timeline = simulate(mapping(TABLE, **WINDOW), changes, lambda event, context: {"state": {}})
    assert [invocation.event["window"]["start"][-3:] for invocation in timeline.invocations] == [
        "40Z",
        "40Z",
        "50Z",
        "50Z",
    ]
