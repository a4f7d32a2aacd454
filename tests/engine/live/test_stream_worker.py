"""The live engine's decisions about a stream, in one thread and without waiting."""

from dataclasses import replace

import pytest

from local.engine.live.reading import HORIZON, Position
from tests.doubles import refused
from tests.engine.doubles import SHARD
from tests.engine.live.doubles import MemoryStream, ScriptedFunctions, Stage, failed_by_service, throttled_by_lambda

CHILD = "shardId-000000000001"


@pytest.fixture
def stream():
    stream = MemoryStream()
    stream.shard(SHARD)
    return stream


@pytest.fixture
def stage(stream, tmp_path):
    """Makes a mapping at work on `stream` whose function answers from a script."""
    return lambda *script, **settings: Stage(stream, ScriptedFunctions(*script), tmp_path, **settings)


def test_a_throttled_invocation_is_tried_again_and_spends_no_retry(stream, stage):
    stream.put(1, 2)
    at_work = stage(throttled_by_lambda(), failed_by_service(), "raises", {}, MaximumRetryAttempts=1)
    at_work.pass_time(20)
    assert at_work.functions.numbers == [["1", "2"]] * 4
    assert at_work.worker.desk.tally.discarded == 0


def test_a_service_that_fails_is_told_once_and_so_is_its_return(stream, stage):
    stream.put(1)
    at_work = stage(failed_by_service(), failed_by_service(), {})
    at_work.pass_time(20)
    assert [text.partition(": ")[2][:17] for text in at_work.told] == ["cannot be invoked", "is invoked again"]


def test_a_function_that_is_not_there_is_followed_as_that(stream, stage):
    at_work = stage(refused("ResourceNotFoundException", 404, "Invoke"), throttled_by_lambda(), {})
    at_work.worker.desk.voice.follows = True
    stream.put(1)
    at_work.pass_time(5)
    verdicts = [text.split(" -> ")[-1] for text in at_work.told if "record 1 -> " in text]
    assert verdicts[0].startswith("not invoked (An error occurred (ResourceNotFoundException)")
    assert [verdict.split()[0] for verdict in verdicts[1:]] == ["Throttled,", "Succeeded"]


def test_a_stream_that_vanished_is_told_once_however_often_it_is_asked_for(stream, stage):
    stream.refusals = [refused("ResourceNotFoundException")] * 3
    at_work = stage()
    at_work.pass_time(60)
    assert ["is gone" in text for text in at_work.told] == [True, False]
    assert at_work.told[-1].endswith("is read again")


def test_a_stream_that_cannot_be_listed_keeps_nobody_waiting_and_is_listed_later(stream, stage):
    stream.put(1)
    stream.unlisted = [refused("ResourceNotFoundException")] * 2
    at_work = stage()
    assert at_work.worker.is_ready
    at_work.pass_time(10)
    assert at_work.functions.numbers == [["1"]]


def test_a_position_the_stream_no_longer_has_is_told_and_reading_begins_at_the_oldest(stream, stage):
    stream.put(1)
    at_work = stage()
    at_work.pass_time(2)
    at_work.kill()
    stream.refusals = [refused("InvalidArgumentException")]
    stream.put(2)
    at_work.start()
    at_work.pass_time(3)
    assert stream.asked[-1] == HORIZON
    assert at_work.functions.numbers == [["1"], ["2"]]


def test_a_killed_engine_goes_on_behind_what_was_settled(stream, stage):
    stream.put(1, 2, 3)
    at_work = stage(BatchSize=2)
    at_work.pass_time(2)
    at_work.kill()
    stream.put(4)
    at_work.start()
    at_work.pass_time(2)
    assert at_work.functions.numbers == [["1", "2"], ["3"], ["4"]]


def test_latest_leaves_no_gap_after_a_kill_before_the_first_record(stream, stage):
    stream.put(1, arrived=1000.0)
    at_work = stage(StartingPosition="LATEST")
    at_work.kill()
    stream.put(2, arrived=2000.5)
    at_work.start()
    at_work.pass_time(2)
    assert at_work.functions.numbers == [["2"]]


def test_a_shard_that_is_no_longer_listed_is_delivered_as_far_as_it_was_read(stream, stage):
    stream.put(1)
    at_work = stage(throttled_by_lambda(), {})
    del stream.records[SHARD], stream.parents[SHARD]
    at_work.worker.refresh(at_work.clock.now)
    at_work.pass_time(5)
    assert at_work.functions.numbers == [["1"], ["1"]]
    assert at_work.checkpoints.kept[SHARD].done


def test_a_child_that_comes_later_is_read_from_its_first_record_even_from_latest(stream, stage):
    at_work = stage(StartingPosition="LATEST")
    stream.shard(CHILD, SHARD)
    stream.put(1, shard_id=CHILD, arrived=2000.5)
    stream.closed.add(SHARD)
    at_work.pass_time(3)
    assert at_work.functions.numbers == [["1"]]
    assert at_work.checkpoints.kept[SHARD].done


def test_a_child_waits_until_its_parent_is_settled(stream, stage):
    stream.put(1)
    stream.shard(CHILD, SHARD)
    stream.put(2, shard_id=CHILD)
    stream.closed.add(SHARD)
    at_work = stage("raises", "raises", {})
    at_work.pass_time(10)
    assert at_work.functions.numbers == [["1"], ["1"], ["1"], ["2"]]


def test_a_shard_that_is_another_of_the_same_name_is_read_from_its_first_record(stream, stage):
    stream.put(5)
    at_work = stage()
    at_work.pass_time(2)
    at_work.kill()
    kept = at_work.checkpoints.kept[SHARD]
    at_work.checkpoints.kept[SHARD] = type(kept)(kept.positions, "another", kept.since)
    stream.records[SHARD].clear()
    stream.put(3)
    at_work.start()
    at_work.pass_time(2)
    assert at_work.functions.numbers == [["5"], ["3"]]


def test_a_stream_that_was_made_again_is_read_from_its_first_record(stream, stage):
    stream.put(5, 6, 7)
    at_work = stage()
    stream.make_again()
    stream.put(11, 12)
    at_work.worker.refresh(at_work.clock.now)
    at_work.pass_time(2)
    assert at_work.functions.numbers == [["5", "6", "7"], ["11", "12"]]
    assert at_work.checkpoints.kept[SHARD].lowest == "12"


def test_a_stream_that_is_gone_is_not_read_before_it_is_listed_again(stream, stage):
    stream.put(5, 6, 7)
    at_work = stage()
    stream.refusals, stream.unlisted = [refused("ResourceNotFoundException")], [refused("ResourceNotFoundException")]
    at_work.pass_time(1.5)
    stream.make_again()
    stream.put(11, 12)
    at_work.pass_time(3)
    assert at_work.functions.numbers == [["5", "6", "7"], ["11", "12"]]


def test_what_was_read_of_a_stream_that_was_made_again_is_settled_first(stream, stage):
    stream.put(5)
    at_work = stage("raises", "raises", MaximumRetryAttempts=1)
    stream.make_again()
    stream.put(11)
    at_work.worker.refresh(at_work.clock.now)
    at_work.pass_time(5)
    assert at_work.functions.numbers == [["5"], ["5"], ["11"]]


def test_a_shard_read_to_its_end_says_nothing_of_another_of_the_same_name(stream, stage):
    stream.closed.add(SHARD)
    at_work = stage()
    at_work.pass_time(2)
    at_work.kill()
    at_work.checkpoints.kept[SHARD] = replace(at_work.checkpoints.kept[SHARD], starts_at="another", done=True)
    stream.put(3)
    at_work.start()
    at_work.pass_time(2)
    assert at_work.functions.numbers == [["3"]]


def test_a_shard_read_to_its_end_is_not_asked_again(stream, stage):
    stream.closed.add(SHARD)
    at_work = stage()
    at_work.pass_time(2)
    at_work.kill()
    stream.asked.clear()
    at_work.start()
    at_work.pass_time(2)
    assert stream.asked == []


def test_a_window_goes_on_after_a_kill_with_the_state_of_exactly_what_was_settled(stream, stage):
    stream.put(1, 2, arrived=1990.0)
    at_work = stage({"state": {"n": 2}}, "raises", TumblingWindowInSeconds=60, BatchSize=2)
    at_work.pass_time(1)
    stream.put(3, arrived=1995.0)
    at_work.pass_time(1.25)  # read, sent and failed; then the kill
    at_work.kill()
    at_work.functions.script = [{"state": {"n": 3}}, {"state": {}}]
    at_work.start()
    at_work.pass_time(200, step=5)
    assert [event["state"] for event in at_work.functions.events] == [{}, {"n": 2}, {"n": 2}, {"n": 3}]
    assert at_work.functions.events[-1]["isFinalInvokeForWindow"]


def test_an_outage_of_reads_does_not_split_a_window(stream, stage):
    stream.put(1, arrived=2000.0)
    at_work = stage({"state": {"n": 1}}, {"state": {"n": 2}}, {"state": {}}, TumblingWindowInSeconds=60)
    at_work.pass_time(1)
    stream.put(2, arrived=2005.0)
    stream.refusals = [refused("InternalFailure")] * 40
    at_work.pass_time(240, step=5)
    before = [event["state"] for event in at_work.functions.events]
    stream.refusals.clear()
    at_work.pass_time(400, step=5)
    assert before == [{}]
    assert [event["state"] for event in at_work.functions.events] == [{}, {"n": 1}, {"n": 2}]
    assert [event["isFinalInvokeForWindow"] for event in at_work.functions.events] == [False, False, True]


@pytest.fixture
def changed(stream, stage):
    """Makes a mapping at work whose windows of 60 s were changed while one was open; a record came meanwhile."""

    def changed(*script, seconds):
        stream.put(1, arrived=1990.0)
        at_work = stage({"state": {"n": 1}}, TumblingWindowInSeconds=60)
        at_work.pass_time(1)
        at_work.kill()
        stream.put(2, arrived=1999.0)
        at_work.settings["TumblingWindowInSeconds"] = seconds
        at_work.functions.script = list(script)
        at_work.start()
        at_work.pass_time(4)
        return at_work

    return changed


def test_a_window_of_another_length_is_closed_with_its_state_before_the_next_begins(changed):
    at_work = changed("raises", {"state": {}}, {"state": {"n": 1}}, seconds=30)
    _, *finals, following = at_work.functions.events
    assert [(final["isFinalInvokeForWindow"], final["state"], final["Records"]) for final in finals] == [
        (True, {"n": 1}, [])
    ] * 2
    assert (finals[0]["window"]["start"], finals[0]["window"]["end"]) == (
        "1970-01-01T00:33:00Z",
        "1970-01-01T00:34:00Z",
    )
    assert (following["window"]["start"], following["state"]) == ("1970-01-01T00:33:00Z", {})
    assert at_work.checkpoints.kept[SHARD].window.window.end == 2010


def test_a_window_of_another_length_is_closed_though_the_engine_is_killed_again(changed):
    at_work = changed("raises", "raises", "raises", "raises", "raises", seconds=30)
    at_work.kill()
    at_work.functions.script = [{"state": {}}, {"state": {"n": 1}}]
    at_work.start()
    at_work.pass_time(1)
    assert [event["state"] for event in at_work.functions.events[-2:]] == [{"n": 1}, {}]


@pytest.mark.parametrize(("seconds", "fate"), [(30, "its final call comes first"), (0, "its state is lost")])
def test_a_window_that_is_cut_off_by_a_change_is_told(changed, seconds, fate):
    (told,) = changed({"state": {}}, {"state": {}}, seconds=seconds).told
    assert SHARD in told
    assert "1970-01-01T00:33:00Z" in told
    assert fate in told


def test_ranges_of_keys_that_were_ahead_are_not_delivered_again(stream, stage):
    for number, key in enumerate("abcdef", start=1):
        stream.put(number, key=key)
    at_work = stage("raises", ParallelizationFactor=2, MaximumRetryAttempts=-1)
    at_work.pass_time(0.25)
    done = at_work.functions.numbers[1]
    at_work.kill()
    at_work.start()
    at_work.pass_time(2)
    assert at_work.functions.numbers[2:] == [at_work.functions.numbers[0]]
    assert done not in at_work.functions.numbers[2:]


def test_nothing_begins_once_it_is_told_to_stop(stream, stage):
    at_work = stage()
    at_work.worker.stop()
    stream.put(1)
    at_work.pass_time(5)
    assert at_work.functions.events == []


def test_age_and_counts_are_measured(stream, stage):
    stream.put(1, 2, arrived=1998.0)
    at_work = stage(MetricsConfig={"Metrics": ["EventCount"]})
    closed = {reading.name: reading.sum for reading in at_work.readings.flush()}
    assert closed["IteratorAge"] == pytest.approx(2000.0)
    assert (closed["PolledEventCount"], closed["InvokedEventCount"], closed["Invocations"]) == (2, 2, 1)


def test_where_reading_begins_is_said_in_the_services_own_words(stream, stage):
    stage(StartingPosition="AT_TIMESTAMP", StartingPositionTimestamp=1500.0)
    assert stream.asked == [Position("AT_TIMESTAMP", 1500.0)]
