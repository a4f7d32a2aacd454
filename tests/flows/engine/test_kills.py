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
from tests.flows.engine.small_stack import ACCOUNT, REGION, eventually, flat

PROJECT = Path(__file__).resolve().parents[3]


@contextmanager
def engine_process(stack):
    """`python -m local.engine`, as people run it."""
    command = [sys.executable, "-m", "local.engine", "--endpoint", stack.endpoint.url, "--state", str(stack.state())]
    with (stack.folder / "engine.log").open("ab") as log:
        process = subprocess.Popen(
            [*command, "--home", str(stack.home), "--follow"], cwd=PROJECT, env=os.environ, stdout=log, stderr=log
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_a_killed_engine_goes_on_without_a_gap_and_gives_back_what_it_took(stack):
    stack.function(functions.counts_slowly, stack.reads_stream)
    uuid = stack.map(stack.stream(), BatchSize=10, TumblingWindowInSeconds=2)
    with engine_process(stack) as process:
        eventually(lambda: stack.poller_state(uuid) == "Disabled", "the pollers' turn to be over")
        stack.put(*range(300))
        eventually(lambda: len(flat(stack.values())) > 100, "a third of the records")
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert stack.poller_state(uuid) == "Disabled"
    with engine_process(stack) as process:
        eventually(lambda: {*range(300)} <= {*flat(stack.values())}, "every record")
        repeated = len(flat(stack.values())) - 300
        eventually(lambda: stack.put("later") and sum(finals(stack).values()) >= 300, "the final calls")
        seen = stack.seen()  # given back, the emulator's poller delivers everything once more, without windows
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert (stack.poller_state(uuid), repeated <= 100) == ("Enabled", True)
    delivered = distinct_records(seen)
    assert {start: len(delivered[start]) for start in finals_of(seen)} == finals_of(seen)


def test_a_killed_engine_loses_no_message_of_a_queue(stack):
    url = stack.client("sqs").create_queue(QueueName=stack.name, Attributes={"VisibilityTimeout": "2"})["QueueUrl"]
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{stack.name}"
    reads = [f"sqs:{call}" for call in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")]
    stack.function(functions.slow, (reads, arn), timeout=1)
    uuid = stack.map(arn, BatchSize=5)
    sent = [str(number) for number in range(100)]
    with engine_process(stack) as process:
        eventually(lambda: stack.poller_state(uuid) == "Disabled", "the pollers' turn to be over")
        for first in range(0, len(sent), 10):
            entries = [{"Id": body, "MessageBody": body} for body in sent[first : first + 10]]
            stack.client("sqs").send_message_batch(QueueUrl=url, Entries=entries)
        eventually(lambda: len(bodies(stack)) > 20, "a fifth of the messages")
        process.send_signal(signal.SIGKILL)
        process.wait()
    with engine_process(stack) as process:
        eventually(lambda: {*sent} <= {*bodies(stack)}, "every message")
        eventually(lambda: left_in(stack, url) == 0, "the deletion of what is done")
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert (stack.poller_state(uuid), {*bodies(stack)} == {*sent}) == ("Enabled", True)


def bodies(stack):
    return [record["body"] for event in stack.seen() for record in event["Records"]]


def left_in(stack, url):
    """Messages, hidden ones included."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    return sum(
        map(int, stack.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"].values())
    )


def test_a_killed_engine_loses_no_change_of_a_table(stack):
    arn = stack.table()
    stack.function(functions.slow, stack.reads_table)
    uuid = stack.map(arn, BatchSize=5)
    written = [str(number) for number in range(100)]
    with engine_process(stack) as process:
        eventually(lambda: stack.poller_state(uuid) == "Disabled", "the pollers' turn to be over")
        for each in written:
            stack.client("dynamodb").put_item(TableName=stack.name, Item={"id": {"S": each}})
        eventually(lambda: len(changed(stack)) > 20, "a fifth of the changes")
        process.send_signal(signal.SIGKILL)
        process.wait()
    with engine_process(stack) as process:
        eventually(lambda: {*written} <= {*changed(stack)}, "every change")
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    first_times = [*dict.fromkeys(changed(stack))]
    assert (stack.poller_state(uuid), first_times) == ("Enabled", written)


def changed(stack):
    return [record["dynamodb"]["Keys"]["id"]["S"] for event in stack.seen() for record in event["Records"]]


def test_an_engine_ended_while_it_starts_leaves_the_pollers_as_they_were(stack):
    stack.function(functions.plain, stack.reads_stream)
    uuid = stack.map(stack.stream())
    with engine_process(stack) as process:
        eventually((stack.home / "pollers.json").exists, "the first poller to be switched off")
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert (stack.poller_state(uuid), (stack.home / "pollers.json").exists()) == ("Enabled", False)


def finals(stack):
    return finals_of(stack.seen())


def finals_of(events):
    """Window -> the records that its final call was told of."""
    return {event["window"]["start"]: event["state"]["count"] for event in events if event["isFinalInvokeForWindow"]}


def distinct_records(events):
    """Window -> the sequence numbers delivered in it, however often."""
    records: dict[str, set[str]] = defaultdict(set)
    for event in events:
        records[event["window"]["start"]] |= {record["kinesis"]["sequenceNumber"] for record in event["Records"]}
    return records


def test_a_state_that_cannot_be_read_names_its_field_and_touches_nothing(stack):
    stack.function(functions.plain, stack.reads_stream)
    uuid = stack.map(stack.stream())
    state = json.loads(stack.state().read_text())
    state["values"]["root_module"]["resources"][0]["values"]["batch_size"] = "many"
    path = stack.folder / "broken.json"
    path.write_text(json.dumps(state))
    command = [sys.executable, "-m", "local.engine", "--endpoint", stack.endpoint.url, "--state", str(path)]
    done = subprocess.run(
        [*command, "--home", str(stack.home)], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, "BatchSize" in done.stderr, stack.poller_state(uuid)) == (1, True, "Enabled")
