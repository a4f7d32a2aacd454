"""How fast the live engine moves records beside the emulator's own poller: same function, same stream, same run.

    python -m bench.live [--records 20000] [--shards 4] [--batch 500] [--rounds 3] [--port 4680]

Everything waits in the stream when either begins; the function notes when it was called with how many records. The
emulator polls inside its own process and calls the function without the Lambda API; the engine reads and invokes over
HTTP, several shards at once, and keeps checkpoints. Of one shard a batch waits for the one before it, so nothing that
invokes over HTTP is faster than its calls alone; with --shards 1 these are measured as well.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

from local.emulator import Emulator, running
from local.endpoint import Address, Endpoint
from local.engine.entries import Stamp, compact
from local.engine.events import event
from local.engine.live import Habits
from local.engine.live.clients import Clients
from local.engine.live.reading import HORIZON, KinesisReader
from local.engine.source import source
from tests.flows.engine import functions
from tests.flows.engine.bench_top import BenchTop

PER_PUT = 500
PATIENCE_SECONDS = 300.0
PAYLOAD = b"x" * 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--shards", type=int, default=4)
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--port", type=int, default=4680)
    options = parser.parse_args()
    measures = {"emulator's poller": rate_of_poller, "live engine": rate_of_engine}
    if options.shards == 1:
        measures["calls alone"] = rate_of_calls
    rates: dict[str, list[float]] = {name: [] for name in measures}
    address = Address("http", "127.0.0.1", options.port)
    with tempfile.TemporaryDirectory() as home, running(Emulator(address, Path(home))) as endpoint:
        for _ in range(options.rounds):
            for name, measure in measures.items():
                rates[name].append(measure(endpoint, options))
    medians = {name: statistics.median(found) for name, found in rates.items()}
    for name, median in medians.items():
        ratio = median / medians["emulator's poller"]
        every = "  ".join(f"{rate:,.0f}" for rate in rates[name])
        print(f"{name:20}{median:10,.0f} records/s{ratio:7.2f} of the poller     rounds: {every}")


def rate_of_poller(endpoint: Endpoint, options: argparse.Namespace) -> float:
    with tempfile.TemporaryDirectory() as folder:
        top, uuid = prepared(endpoint, Path(folder), options)
        top.client("lambda").update_event_source_mapping(UUID=uuid, Enabled=True)
        rate = rate_when_done(top, options.records)
        top.clear()
        return rate


def rate_of_engine(endpoint: Endpoint, options: argparse.Namespace) -> float:
    with tempfile.TemporaryDirectory() as folder:
        top, uuid = prepared(endpoint, Path(folder), options)
        top.home.mkdir()
        (top.home / "pollers.json").write_text(json.dumps([uuid]))  # as if an engine had taken it over and been killed
        with top.engine(habits=Habits()):
            rate = rate_when_done(top, options.records)
        top.clear()
        return rate


def rate_of_calls(endpoint: Endpoint, options: argparse.Namespace) -> float:
    """The shard's first batch again and again, one call after the other, with nothing read, decided or kept."""
    with tempfile.TemporaryDirectory() as folder:
        top, _ = prepared(endpoint, Path(folder), options)
        clients = Clients(endpoint.url)
        reader = KinesisReader(lambda: clients.client("kinesis"), source(top.stream_arn))
        (shard,) = reader.shards()
        stamp = Stamp.of(shard.shard_id, reader.source, top.role_arn)
        payload = compact(event(reader.read(stamp, HORIZON, None, options.batch).entries, stamp, None)).encode()
        for _ in range(options.records // options.batch):
            clients.client("lambda").invoke(FunctionName=top.function_arn, Payload=payload)["Payload"].read()
        rate = rate_when_done(top, options.records // options.batch * options.batch)
        top.clear()
        return rate


def prepared(endpoint: Endpoint, folder: Path, options: argparse.Namespace) -> tuple[BenchTop, str]:
    """A stream full of records and a mapping that is off."""
    top = BenchTop(endpoint, folder)
    top.function(functions.notes_time, top.reads_stream, timeout=60)
    top.stream(shards=options.shards)
    uuid = top.map(top.stream_arn, BatchSize=options.batch, Enabled=False)
    top.declared[0]["Enabled"] = True
    kinesis = top.client("kinesis")
    for first in range(0, options.records, PER_PUT):
        records = [{"PartitionKey": str(n), "Data": PAYLOAD} for n in range(first, first + PER_PUT)]
        kinesis.put_records(StreamName=top.name, Records=records)
    return top, uuid


def rate_when_done(top: BenchTop, records: int) -> float:
    """Records a second between the first call and the last."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while sum(call["records"] for call in top.seen()) < records:
        if time.monotonic() > deadline:
            raise SystemExit(f"not all {records} records were delivered within {PATIENCE_SECONDS:.0f} s")
        time.sleep(0.2)
    calls = top.seen()
    seconds: float = calls[-1]["at"] - calls[0]["at"]
    after_first: int = records - calls[0]["records"]
    return after_first / seconds


if __name__ == "__main__":
    main()
