"""An engine that is killed outright, and what the next one knows."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import defaultdict
from contextlib import contextmanager
from pathlib import Path

from tests.flows.engine import functions
from tests.flows.engine.bench_top import eventually, flat

PROJECT = Path(__file__).resolve().parents[3]


@contextmanager
def engine_process(top):
    """`python -m local.engine`, as people run it."""
    command = [sys.executable, "-m", "local.engine", "--endpoint", top.endpoint.url, "--state", str(top.state())]
    with (top.folder / "engine.log").open("ab") as log:
        process = subprocess.Popen(
            [*command, "--home", str(top.home), "--follow"], cwd=PROJECT, env=os.environ, stdout=log, stderr=log
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_a_killed_engine_goes_on_without_a_gap_and_gives_back_what_it_took(top):
    top.function(functions.counts_slowly, top.reads_stream)
    uuid = top.map(top.stream(), BatchSize=10, TumblingWindowInSeconds=2)
    with engine_process(top) as process:
        eventually(lambda: top.poller_state(uuid) == "Disabled", "the pollers' turn to be over")
        top.put(*range(300))
        eventually(lambda: len(flat(top.values())) > 100, "a third of the records")
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert top.poller_state(uuid) == "Disabled"
    with engine_process(top) as process:
        eventually(lambda: {*range(300)} <= {*flat(top.values())}, "every record")
        repeated = len(flat(top.values())) - 300
        eventually(lambda: top.put("later") and sum(finals(top).values()) >= 300, "the final calls")
        seen = top.seen()  # given back, the emulator's poller delivers everything once more, without windows
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert (top.poller_state(uuid), repeated <= 100) == ("Enabled", True)
    delivered = distinct_records(seen)
    assert {start: len(delivered[start]) for start in finals_of(seen)} == finals_of(seen)


def finals(top):
    return finals_of(top.seen())


def finals_of(events):
    """Window -> the records that its final call was told of."""
    return {event["window"]["start"]: event["state"]["count"] for event in events if event["isFinalInvokeForWindow"]}


def distinct_records(events):
    """Window -> the sequence numbers delivered in it, however often."""
    records: dict[str, set[str]] = defaultdict(set)
    for event in events:
        records[event["window"]["start"]] |= {record["kinesis"]["sequenceNumber"] for record in event["Records"]}
    return records


def test_a_state_that_cannot_be_read_names_its_field_and_touches_nothing(top):
    top.function(functions.plain, top.reads_stream)
    uuid = top.map(top.stream())
    state = json.loads(top.state().read_text())
    state["values"]["root_module"]["resources"][0]["values"]["batch_size"] = "many"
    path = top.folder / "broken.json"
    path.write_text(json.dumps(state))
    command = [sys.executable, "-m", "local.engine", "--endpoint", top.endpoint.url, "--state", str(path)]
    done = subprocess.run([*command, "--home", str(top.home)], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert (done.returncode, "BatchSize" in done.stderr, top.poller_state(uuid)) == (1, True, "Enabled")
