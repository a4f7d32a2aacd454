"""How fast the live engine moves records beside MiniStack's own poller: same function, same stream, same run.

    python -m bench.live [--records 20000] [--shards 4] [--batch 100] [--rounds 3] [--port 4680]

Everything waits in the stream when either begins; the function notes when it was called with how many records.

MiniStack's poller   of MiniStack as it is released, in a process of its own: polls and calls inside that process
the same, faster     the same poller in the process that local/emulator.py starts, where no invocation waits for its log
live engine          on that process: reads and invokes over HTTP, several shards at once, and keeps checkpoints
calls alone          with --shards 1: the first batch again and again, nothing read, decided or kept. Of one shard each
                     batch waits for the one before it, so nothing that invokes over HTTP is faster

Rounds alternate between them; what is printed are medians, and each round's rate.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path

from local import probe
from local.emulator import Emulator, running
from local.endpoint import Address, Endpoint
from local.engine.entries import Stamp, compact
from local.engine.events import event
from local.engine.live import Habits
from local.engine.live.clients import Clients
from local.engine.live.reading import HORIZON, KinesisReader
from local.engine.source import source
from tests.flows.engine import functions
from tests.flows.engine.scene import Scene

BASELINE = "MiniStack's poller"
PER_PUT = 500
PATIENCE_SECONDS = 300.0
PAYLOAD = b"x" * 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--shards", type=int, default=4)
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--port", type=int, default=4680, help="the next one is used as well")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home, ExitStack() as opened:
        released = opened.enter_context(ministack_as_released(options.port + 1, Path(home, "released")))
        ours = opened.enter_context(running(Emulator(Address("http", "127.0.0.1", options.port), Path(home, "ours"))))
        measures = {
            BASELINE: partial(rate_of_poller, released, options),
            "the same, faster": partial(rate_of_poller, ours, options),
            "live engine": partial(rate_of_engine, ours, options),
        }
        if options.shards == 1:
            measures["calls alone"] = partial(rate_of_calls, ours, options)
        rates: dict[str, list[float]] = {name: [] for name in measures}
        for _ in range(options.rounds):
            for name, measure in measures.items():
                rates[name].append(measure())
    medians = {name: statistics.median(found) for name, found in rates.items()}
    for name, median in medians.items():
        every = "  ".join(f"{rate:,.0f}" for rate in rates[name])
        print(f"{name:20}{median:10,.0f} records/s{median / medians[BASELINE]:7.2f} of the poller     rounds: {every}")


@contextmanager
def ministack_as_released(port: int, folder: Path) -> Iterator[Endpoint]:
    """An emulator with nothing of ours in its process."""
    folder.mkdir()
    switches = {"AUTH": "true", "IOT_MTLS_ENABLED": "false", "SFTP_ENABLED": "false", "TMPDIR": str(folder)}
    address = {"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port)}
    with folder.joinpath("emulator.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "ministack"],
            cwd=folder,
            env={"PATH": os.environ["PATH"], **switches, **address},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # its workers end with its group
        )
    try:
        url, deadline = f"http://127.0.0.1:{port}", time.monotonic() + 60
        while probe.document(f"{url}/_ministack/ready") is None:
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"MiniStack did not start:\n{folder.joinpath('emulator.log').read_text()[-500:]}")
            time.sleep(0.05)
        yield Endpoint(url, "ministack", version("ministack"), ours=False)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def rate_of_poller(endpoint: Endpoint, options: argparse.Namespace) -> float:
    with tempfile.TemporaryDirectory() as folder:
        scene, uuid = prepared(endpoint, Path(folder), options)
        scene.client("lambda").update_event_source_mapping(UUID=uuid, Enabled=True)
        rate = rate_when_done(scene, options.records)
        scene.clear()
        return rate


def rate_of_engine(endpoint: Endpoint, options: argparse.Namespace) -> float:
    with tempfile.TemporaryDirectory() as folder:
        scene, uuid = prepared(endpoint, Path(folder), options)
        scene.home.mkdir()
        (scene.home / "pollers.json").write_text(
            json.dumps([uuid])
        )  # as if an engine had taken it over and been killed
        with scene.engine(habits=Habits()):
            rate = rate_when_done(scene, options.records)
        scene.clear()
        return rate


def rate_of_calls(endpoint: Endpoint, options: argparse.Namespace) -> float:
    """The shard's first batch again and again, one call after the other, with nothing read, decided or kept."""
    with tempfile.TemporaryDirectory() as folder:
        scene, _ = prepared(endpoint, Path(folder), options)
        clients = Clients(endpoint.url)
        reader = KinesisReader(lambda: clients.client("kinesis"), source(scene.stream_arn))
        (shard,) = reader.shards()
        stamp = Stamp.of(shard.shard_id, reader.source, scene.role_arn)
        payload = compact(event(reader.read(stamp, HORIZON, None, options.batch).entries, stamp, None)).encode()
        for _ in range(options.records // options.batch):
            clients.client("lambda").invoke(FunctionName=scene.function_arn, Payload=payload)["Payload"].read()
        rate = rate_when_done(scene, options.records // options.batch * options.batch)
        scene.clear()
        return rate


def prepared(endpoint: Endpoint, folder: Path, options: argparse.Namespace) -> tuple[Scene, str]:
    """A stream full of records and a mapping that is off."""
    scene = Scene(endpoint, folder)
    scene.function(functions.notes_time, scene.reads_stream, timeout=60)
    scene.stream(shards=options.shards)
    uuid = scene.map(scene.stream_arn, BatchSize=options.batch, Enabled=False)
    scene.declared[0]["Enabled"] = True
    kinesis = scene.client("kinesis")
    for first in range(0, options.records, PER_PUT):
        records = [{"PartitionKey": str(n), "Data": PAYLOAD} for n in range(first, first + PER_PUT)]
        kinesis.put_records(StreamName=scene.name, Records=records)
    return scene, uuid


def rate_when_done(scene: Scene, records: int) -> float:
    """Records a second between the first call and the last."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while sum(call["records"] for call in scene.seen()) < records:
        if time.monotonic() > deadline:
            raise SystemExit(f"not all {records} records were delivered within {PATIENCE_SECONDS:.0f} s")
        time.sleep(0.2)
    calls = scene.seen()
    seconds: float = calls[-1]["at"] - calls[0]["at"]
    after_first: int = records - calls[0]["records"]
    return after_first / seconds


if __name__ == "__main__":
    main()
