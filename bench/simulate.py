"""How fast virtual time is: records a second through `simulate`, beside a bare loop over the same events.

    python -m bench.simulate [--records 200000] [--rounds 5]

The baseline builds each batch's event and calls the handler, nothing else: the least any engine must do.
"""

from __future__ import annotations

import argparse
import statistics
import time
from base64 import b64encode
from collections.abc import Callable, Sequence
from typing import Any

from local.engine import KinesisRecord, simulate

STREAM = "arn:aws:kinesis:us-east-1:000000000000:stream/bench"
BATCH = 1_000
Handler = Callable[[dict[str, Any], Any], Any]


def plain(_event: dict[str, Any], _context: object) -> None:
    return None


def windowed(_event: dict[str, Any], _context: object) -> dict[str, Any]:
    return {"state": {}}


def bare_loop(records: Sequence[KinesisRecord], handler: Handler) -> None:
    for first in range(0, len(records), BATCH):
        handler(
            {"Records": [_event(index, record) for index, record in enumerate(records[first : first + BATCH])]}, None
        )


def _event(index: int, record: KinesisRecord) -> dict[str, Any]:
    number = f"{index:056d}"
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": record.partition_key,
            "sequenceNumber": number,
            "data": b64encode(record.data).decode("ascii"),
            "approximateArrivalTimestamp": record.arrived,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{record.shard_id}:{number}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": "arn:aws:iam::000000000000:role/bench",
        "awsRegion": "us-east-1",
        "eventSourceARN": STREAM,
    }


def mapping(**settings: Any) -> dict[str, Any]:
    return {"EventSourceArn": STREAM, "StartingPosition": "TRIM_HORIZON", "BatchSize": BATCH, **settings}


def backlog(count: int) -> list[KinesisRecord]:
    """Records of 200 bytes that all wait in one shard already."""
    return [KinesisRecord("shardId-000000000000", str(i % 97), b"x" * 200, arrived=1000.0) for i in range(count)]


def spread(count: int, shards: int, seconds: float) -> list[KinesisRecord]:
    """The same, arriving evenly over many shards."""
    return [
        KinesisRecord(f"shardId-{i % shards:012d}", str(i), b"x" * 200, arrived=1000.0 + i * seconds / count)
        for i in range(count)
    ]


def seconds_of(work: Callable[[], object]) -> float:
    begun = time.process_time()  # of this process: whoever shares the machine does not count
    work()
    return time.process_time() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    records = backlog(options.records)
    many = spread(options.records, shards=16, seconds=600.0)
    contenders: dict[str, Callable[[], object]] = {
        "bare loop": lambda: bare_loop(records, plain),
        "simulate": lambda: simulate(mapping(), records, plain),
        "simulate, 10 lanes": lambda: simulate(mapping(ParallelizationFactor=10), records, plain),
        "simulate, windows of 60 s": lambda: simulate(mapping(TumblingWindowInSeconds=60), many, windowed),
    }
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(options.rounds):
        for name, work in contenders.items():
            taken[name].append(seconds_of(work))
    medians = {name: statistics.median(times) for name, times in taken.items()}
    for name, median in medians.items():
        rate = options.records / median
        print(f"{name:28} {rate:12,.0f} records/s   {medians['bare loop'] / median:6.2f} of the bare loop")
    idle = seconds_of(lambda: simulate(mapping(TumblingWindowInSeconds=60), spread(1_000, 1_000, 86_400.0), windowed))
    print(f"{'1,000 shards and a day':28} {idle:12.2f} s")


if __name__ == "__main__":
    main()
