"""What holds for every stream however often the function fails and the engine is killed."""

from __future__ import annotations

import io
import json
from collections import defaultdict

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.engine.doubles import SHARD
from tests.engine.live.doubles import MemoryStream, ScriptedFunctions, Stage, throttled_by_lambda

SUCCEEDS, RAISES, THROTTLED, KILLED_BEFORE, KILLED_AFTER = "succeeds", "raises", "throttled", "before", "after"
FATES = st.lists(st.sampled_from([SUCCEEDS, RAISES, THROTTLED, KILLED_BEFORE, KILLED_AFTER]), max_size=25)
PUTS = st.lists(st.integers(1, 4), min_size=1, max_size=8)
SECONDS = 10


class Killed(BaseException):
    """The engine dies while it waits for an answer."""


class CountingFunctions(ScriptedFunctions):
    """Counts records in the window's state, and meets a fate at each call."""

    def __init__(self, fates):
        super().__init__()
        self.fates = list(fates)
        self.delivered: list[str] = []
        self.finals: dict[str, set[int]] = defaultdict(set)

    def invoke(self, FunctionName, Payload):  # noqa: N803
        fate = self.fates.pop(0) if self.fates else SUCCEEDS
        if fate == THROTTLED:
            raise throttled_by_lambda()
        if fate == KILLED_BEFORE:
            raise Killed
        if fate == RAISES:
            return {"Payload": io.BytesIO(b'"raises"'), "FunctionError": "Unhandled"}
        answer = self.handle(json.loads(Payload))
        if fate == KILLED_AFTER:
            raise Killed
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}

    def handle(self, event):
        self.delivered += [record["kinesis"]["sequenceNumber"] for record in event["Records"]]
        if "state" not in event:
            return {}
        count = event["state"].get("count", 0) + len(event["Records"])
        if event["isFinalInvokeForWindow"]:
            self.finals[event["window"]["start"]].add(count)
        return {"state": {"count": count}}


def run(folder, fates, puts, **settings):
    """The function, and all sequence numbers put, after everything has come to rest."""
    stream, functions = MemoryStream(), CountingFunctions(fates)
    numbers: list[str] = []
    stream.shard(SHARD)
    at_work = Stage(stream, functions, folder, **settings)
    for count in puts:
        fresh = range(len(numbers) + 1, len(numbers) + count + 1)
        stream.put(*fresh, arrived=at_work.clock.now, key=f"key-{count}")
        numbers += map(str, fresh)
        survive(at_work, 3.0)
    survive(at_work, 3600.0)  # a kill at every final call puts it off by the time a window is idle
    return functions, numbers


def survive(at_work, seconds):
    """Time passes; an engine that dies is started again."""
    end = at_work.clock.now + seconds
    while at_work.clock.now < end:
        try:
            at_work.pass_time(end - at_work.clock.now, step=0.5 if seconds < 10 else 5.0)
        except Killed:
            restart(at_work)


def restart(at_work):
    while True:
        at_work.kill()
        at_work.clock.now += 0.1
        try:
            at_work.start()
        except Killed:
            continue
        return


unhurried = settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize("parallelization", [1, 3])
@unhurried
@given(fates=FATES, puts=PUTS, batch_size=st.integers(1, 5))
def test_every_record_is_delivered_whatever_happens(tmp_path, parallelization, fates, puts, batch_size):
    functions, numbers = run(tmp_path, fates, puts, BatchSize=batch_size, ParallelizationFactor=parallelization)
    assert {*functions.delivered} == {*numbers}


@unhurried
@given(fates=FATES, puts=PUTS, batch_size=st.integers(1, 5))
def test_records_of_a_shard_come_in_order_the_first_time(tmp_path, fates, puts, batch_size):
    functions, numbers = run(tmp_path, fates, puts, BatchSize=batch_size)
    assert list(dict.fromkeys(functions.delivered)) == numbers


@unhurried
@given(fates=FATES, puts=PUTS, batch_size=st.integers(1, 5))
def test_the_states_of_the_final_calls_count_every_record_exactly_once(tmp_path, fates, puts, batch_size):
    functions, numbers = run(tmp_path, fates, puts, BatchSize=batch_size, TumblingWindowInSeconds=SECONDS)
    assert all(len(counts) == 1 for counts in functions.finals.values())
    assert sum(count for counts in functions.finals.values() for count in counts) == len(numbers)
