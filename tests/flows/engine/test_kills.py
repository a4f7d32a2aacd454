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
from tests.flows.engine.scene import eventually, flat

PROJECT = Path(__file__).resolve().parents[3]


@contextmanager
def engine_process(scene):
    """`python -m local.engine`, as people run it."""
    command = [sys.executable, "-m", "local.engine", "--endpoint", scene.endpoint.url, "--state", str(scene.state())]
    with (scene.folder / "engine.log").open("ab") as log:
        process = subprocess.Popen(
            [*command, "--home", str(scene.home), "--follow"], cwd=PROJECT, env=os.environ, stdout=log, stderr=log
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_a_killed_engine_goes_on_without_a_gap_and_gives_back_what_it_took(scene):
    scene.function(functions.counts_slowly, scene.reads_stream)
    uuid = scene.map(scene.stream(), BatchSize=10, TumblingWindowInSeconds=2)
    with engine_process(scene) as process:
        eventually(lambda: scene.poller_state(uuid) == "Disabled", "the pollers' turn to be over")
        scene.put(*range(300))
        eventually(lambda: len(flat(scene.values())) > 100, "a third of the records")
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert scene.poller_state(uuid) == "Disabled"
    with engine_process(scene) as process:
        eventually(lambda: {*range(300)} <= {*flat(scene.values())}, "every record")
        repeated = len(flat(scene.values())) - 300
        eventually(lambda: scene.put("later") and sum(finals(scene).values()) >= 300, "the final calls")
        seen = scene.seen()  # given back, the emulator's poller delivers everything once more, without windows
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert (scene.poller_state(uuid), repeated <= 100) == ("Enabled", True)
    delivered = distinct_records(seen)
    assert {start: len(delivered[start]) for start in finals_of(seen)} == finals_of(seen)


def test_a_killed_engine_loses_no_message_of_a_queue(scene):
    url = scene.client("sqs").create_queue(QueueName=scene.name, Attributes={"VisibilityTimeout": "2"})["QueueUrl"]
    arn = scene.arn("sqs", scene.name)
    reads = [f"sqs:{call}" for call in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")]
    scene.function(functions.slow, (reads, arn), timeout=1)
    uuid = scene.map(arn, BatchSize=5)
    sent = [str(number) for number in range(100)]
    with engine_process(scene) as process:
        eventually(lambda: scene.poller_state(uuid) == "Disabled", "the pollers' turn to be over")
        for first in range(0, len(sent), 10):
            entries = [{"Id": body, "MessageBody": body} for body in sent[first : first + 10]]
            scene.client("sqs").send_message_batch(QueueUrl=url, Entries=entries)
        eventually(lambda: len(bodies(scene)) > 20, "a fifth of the messages")
        process.send_signal(signal.SIGKILL)
        process.wait()
    with engine_process(scene) as process:
        eventually(lambda: {*sent} <= {*bodies(scene)}, "every message")
        eventually(lambda: left_in(scene, url) == 0, "the deletion of what is done")
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert (scene.poller_state(uuid), {*bodies(scene)} == {*sent}) == ("Enabled", True)


def bodies(scene):
    return [record["body"] for event in scene.seen() for record in event["Records"]]


def left_in(scene, url):
    """Messages, hidden ones included."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    return sum(
        map(int, scene.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"].values())
    )


def test_a_killed_engine_loses_no_change_of_a_table(scene):
    arn = scene.table()
    scene.function(functions.slow, scene.reads_table)
    uuid = scene.map(arn, BatchSize=5)
    written = [str(number) for number in range(100)]
    with engine_process(scene) as process:
        eventually(lambda: scene.poller_state(uuid) == "Disabled", "the pollers' turn to be over")
        for each in written:
            scene.client("dynamodb").put_item(TableName=scene.name, Item={"id": {"S": each}})
        eventually(lambda: len(changed(scene)) > 20, "a fifth of the changes")
        process.send_signal(signal.SIGKILL)
        process.wait()
    with engine_process(scene) as process:
        eventually(lambda: {*written} <= {*changed(scene)}, "every change")
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    first_times = [*dict.fromkeys(changed(scene))]
    assert (scene.poller_state(uuid), first_times) == ("Enabled", written)


def changed(scene):
    return [record["dynamodb"]["Keys"]["id"]["S"] for event in scene.seen() for record in event["Records"]]


def test_an_engine_ended_while_it_starts_leaves_the_pollers_as_they_were(mute_scene):
    scene = mute_scene
    scene.function(functions.plain, scene.reads_stream)
    uuid = scene.map(scene.stream())
    with engine_process(scene) as process:
        eventually((scene.home / "pollers.json").exists, "the first poller to be switched off")
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert (scene.poller_state(uuid), (scene.home / "pollers.json").exists()) == ("Enabled", False)


def finals(scene):
    return finals_of(scene.seen())


def finals_of(events):
    """Window -> the records that its final call was told of."""
    return {event["window"]["start"]: event["state"]["count"] for event in events if event["isFinalInvokeForWindow"]}


def distinct_records(events):
    """Window -> the sequence numbers delivered in it, however often."""
    records: dict[str, set[str]] = defaultdict(set)
    for event in events:
        records[event["window"]["start"]] |= {record["kinesis"]["sequenceNumber"] for record in event["Records"]}
    return records


def test_a_state_that_cannot_be_read_names_its_field_and_touches_nothing(mute_scene):
    scene = mute_scene
    scene.function(functions.plain, scene.reads_stream)
    uuid = scene.map(scene.stream())
    state = json.loads(scene.state().read_text())
    state["values"]["root_module"]["resources"][0]["values"]["batch_size"] = "many"
    path = scene.folder / "broken.json"
    path.write_text(json.dumps(state))
    command = [sys.executable, "-m", "local.engine", "--endpoint", scene.endpoint.url, "--state", str(path)]
    done = subprocess.run(
        [*command, "--home", str(scene.home)], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, "BatchSize" in done.stderr, scene.poller_state(uuid)) == (1, True, "Enabled")
