"""A discarded batch is never lost: its failure record has arrived before anything on disk passes it."""

import pytest

from tests.doubles import refused
from tests.engine.doubles import FAILURES, SHARD, destination
from tests.engine.live.doubles import MemoryDestination, MemoryStream, ScriptedFunctions, Stage


@pytest.fixture
def discarded(tmp_path):
    """A mapping at work that gave one record up at once, and its destination."""

    def discarded(*refusals):
        stream = MemoryStream()
        stream.shard(SHARD)
        stream.put(7)
        queue = MemoryDestination(*refusals)
        functions = ScriptedFunctions("raises")
        settings = {"MaximumRetryAttempts": 0, "MetricsConfig": {"Metrics": ["EventCount"]}, **destination(FAILURES)}
        return Stage(stream, functions, tmp_path, queue, **settings), queue

    return discarded


def test_the_record_of_a_discarded_batch_is_at_its_destination(discarded):
    at_work, queue = discarded()
    (record,) = queue.records
    assert record["KinesisBatchInfo"]["startSequenceNumber"] == "7"
    assert at_work.clients.roles.count("arn:aws:iam::123456789012:role/reader") == 1  # sent with the function's role


def test_no_checkpoint_passes_a_batch_whose_record_has_not_arrived(discarded):
    at_work, queue = discarded(refused("InternalError", 500))
    at_work.pass_time(0.5)
    assert at_work.checkpoints.kept[SHARD].lowest is None
    at_work.pass_time(1)
    assert (len(queue.records), at_work.checkpoints.kept[SHARD].lowest) == (1, "7")


def test_a_destination_that_refuses_costs_the_record_and_is_told_and_counted(discarded):
    at_work, _ = discarded(refused("AccessDenied", 403))
    at_work.pass_time(1)
    (told,) = at_work.told
    assert ("refused and is lost" in told, "told to" in told) == (True, False)
    assert at_work.checkpoints.kept[SHARD].lowest == "7"
    counted = {reading.name: reading.sum for reading in at_work.readings.flush()}
    assert (counted["DestinationDeliveryFailures"], counted["DroppedEventCount"]) == (1, 1)


def test_a_failure_record_is_told_when_it_has_arrived(discarded):
    at_work, _ = discarded(refused("InternalError", 500))
    at_work.pass_time(0.5)
    told = list(at_work.told)
    at_work.pass_time(1)
    assert ["told to" in text for text in told] == [False]
    assert at_work.told[-1].endswith(f"record 7 discarded, RetryAttemptsExhausted; told to {FAILURES}")


def test_an_engine_that_ends_meanwhile_reads_the_batch_again(discarded):
    at_work, queue = discarded(refused("InternalError", 500), refused("InternalError", 500))
    at_work.worker.stop()
    at_work.pass_time(1)
    at_work.worker.finish()
    assert (at_work.checkpoints.kept[SHARD].lowest, queue.records) == (None, [])
