"""From the producer to the totals: whatever is killed, throttled or repeated meanwhile, the tables equal the report."""

from __future__ import annotations

import json
import os
import signal
import time
from contextlib import ExitStack, contextmanager

import pytest

from local.detour import detour
from local.emulator import Emulator
from local.faults import Reset, Rule, ServerError, Throttle
from tests.events import packed, trip
from tests.flows.engines import kill
from tests.flows.polling import ALIAS
from tests.flows.producing import LATENESS, SPOILED, producing
from tests.flows.stocktaking import held, reported, unusable
from tests.flows.windows import settled

CONSUMERS = ("trip_writer", "window_aggregator")

# Half of what is lost, refused or answered with an error has happened all the same.
TROUBLES = (
    Rule(Throttle(), "sqs", probability=0.1),
    Rule(Reset(applied=True), "sqs", "SendMessageBatch", probability=0.1),
    Rule(Throttle(), "dynamodb", "TransactWriteItems", probability=0.1),
    Rule(Reset(applied=True), "dynamodb", "TransactWriteItems", probability=0.1),
    Rule(ServerError(503), "dynamodb", "BatchWriteItem", probability=0.1),
    Rule(ServerError(applied=True), "dynamodb", "UpdateItem", probability=0.02),
    Rule(Throttle(), "dynamodb", probability=0.02),
)


@pytest.fixture
def kinesis(endpoint):
    return endpoint.client("kinesis")


@pytest.fixture
def river(trips, engine, kinesis):
    """The flow under the engine, with all that was in its stream settled and forgotten."""
    settled(trips, kinesis, seconds=60)
    trips.forget_trips()
    trips.forget_totals()
    return trips


@contextmanager
def without_concurrency(trips):
    """Every invocation of the flow's functions is throttled until the block ends."""
    lambdas = trips.endpoint.client("lambda")
    for name in trips.functions:
        lambdas.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    yield
    for name in trips.functions:
        lambdas.delete_function_concurrency(FunctionName=name)


def kill_workers():
    """Ends the functions' processes, whatever they are at; how many there were. None, where the AWS is not ours."""
    workers = Emulator.of_environment().ledger.strays()
    for worker in workers:
        os.kill(worker.pid, signal.SIGKILL)
    return len(workers)


@pytest.mark.usefixtures("iam_enforced")
def test_totals_equal_the_report_to_the_cent_whatever_is_killed_throttled_or_lost(
    river, engine, stack, proxy, kinesis, tmp_path
):
    reports = [tmp_path / "aggregated.json", tmp_path / "plain.json"]
    aggregator = river.outputs["window_aggregator_function_name"]
    detoured = detour(river.endpoint.client("lambda"), aggregator, proxy.url, alias=ALIAS)
    with detoured, proxy.faults(*TROUBLES), ExitStack() as produced:
        usual = [*SPOILED, *LATENESS, "--records", "50000", "--rate", "3500"]
        produced.enter_context(producing(river, reports[0], *usual, "--seed", "1"))
        produced.enter_context(producing(river, reports[1], *usual, "--seed", "2", "--plain"))
        time.sleep(3)
        kill_workers()
        with without_concurrency(river):
            time.sleep(3)
        time.sleep(2)
        kill(engine)
        engine.up(stack.state)
        time.sleep(2)
        kill_workers()
        produced.close()
        messages = settled(river, kinesis, seconds=240)
    expected = reported([json.loads(report.read_text()) for report in reports], CONSUMERS)
    assert held(river.totals_items(), messages, len(river.items())).differences(expected) == []
    assert len(proxy.injected) >= 20


def test_an_aggregate_with_too_many_unusable_records_counts_as_many_in_one_message(river, kinesis):
    river.put([packed(*[b"no trip"] * 600, trip("t-1"))])
    messages = settled(river, kinesis, seconds=60)
    assert unusable(messages) == dict.fromkeys(CONSUMERS, 600)
    assert len(messages) < 100
