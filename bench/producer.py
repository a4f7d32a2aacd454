"""How many records a second are acknowledged: the producer beside a bare loop over PutRecords, on one endpoint.

    python -m bench.producer [--records 60000] [--rounds 3]

The baseline makes one client and one request of 500 after another, and looks at no answer: the least that any plain
producer does. Every contender puts the same trips into a fresh stream of the same four shards; rounds alternate, and
the medians are compared. AWS_ENDPOINT_URL names the endpoint; without one an emulator is started for the run. What
the ratio says of AWS itself is that a request carries so many more records; its shards set limits of their own.
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from botocore.config import Config

from bench.limits import at_least
from local.emulator import Emulator, running
from local.endpoint import Address, client
from producer import Producer, Settings
from producer.limits import RECORDS_PER_REQUEST
from producer.traffic import Event, Traffic, events

LIMIT = 3.0  # times the bare loop, aggregated
SHARDS = 4
CONFIG = Config(retries={"total_max_attempts": 1, "mode": "standard"}, max_pool_connections=8)
Contender = Callable[[Any, str, Sequence[Event]], int]


def bare_loop(kinesis: Any, stream: str, trips: Sequence[Event]) -> int:
    for first in range(0, len(trips), RECORDS_PER_REQUEST):
        request = trips[first : first + RECORDS_PER_REQUEST]
        kinesis.put_records(
            StreamName=stream, Records=[{"Data": trip.data, "PartitionKey": trip.key} for trip in request]
        )
    return len(trips)


def producer(settings: Settings) -> Contender:
    def contend(kinesis: Any, stream: str, trips: Sequence[Event]) -> int:
        with Producer(kinesis, stream, settings) as producer:
            for trip in trips:
                producer.put(trip.data, trip.key)
        return producer.counts().acknowledged

    return contend


CONTENDERS: dict[str, Contender] = {
    "bare loop": bare_loop,
    "producer, aggregated": producer(Settings()),
    "producer, plain": producer(Settings(aggregate_bytes=None)),
}


def measured(kinesis: Any, stream: str, contend: Contender, trips: Sequence[Event]) -> tuple[float, float]:
    """Acknowledged records a second: of the clock, and of this process's own time."""
    begun, worked = time.perf_counter(), time.process_time()
    acknowledged = contend(kinesis, stream, trips)
    return acknowledged / (time.perf_counter() - begun), acknowledged / (time.process_time() - worked)


@contextmanager
def fresh_stream(kinesis: Any, name: str) -> Iterator[str]:
    """Emulators get slower with every record they hold, so nobody inherits another's."""
    kinesis.create_stream(StreamName=name, ShardCount=SHARDS)
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1})
    try:
        yield name
    finally:
        kinesis.delete_stream(StreamName=name)


@contextmanager
def endpoint_url() -> Iterator[str]:
    if url := os.environ.get("AWS_ENDPOINT_URL"):
        yield url
        return
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        address = Address("http", "127.0.0.1", listener.getsockname()[1])
    with tempfile.TemporaryDirectory() as home, running(Emulator(address, Path(home))) as endpoint:
        yield endpoint.url


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=60_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    trips = list(events(Traffic(), 1, (time.time() for _ in range(options.records))))
    rates: dict[str, list[tuple[float, float]]] = {name: [] for name in CONTENDERS}
    with endpoint_url() as url:
        kinesis = client("kinesis", url, config=CONFIG)
        names = (f"bench-{os.getpid()}-{number}" for number in count())
        for _ in range(options.rounds):
            for name, contend in CONTENDERS.items():
                with fresh_stream(kinesis, next(names)) as stream:
                    rates[name].append(measured(kinesis, stream, contend, trips))
    print(f"{'':24}{'records/s':>12}{'of bare':>10}{'per CPU s':>14}{'of bare':>10}")
    clock, own = (_medians(rates, place) for place in (0, 1))
    for name in CONTENDERS:
        print(
            f"{name:24}{clock[name]:12,.0f}{clock[name] / clock['bare loop']:10.2f}"
            f"{own[name]:14,.0f}{own[name] / own['bare loop']:10.2f}"
        )
    aggregated = "producer, aggregated"
    print(at_least(LIMIT, aggregated, clock[aggregated] / clock["bare loop"], "of bare"))


def _medians(rates: dict[str, list[tuple[float, float]]], place: int) -> dict[str, float]:
    return {name: statistics.median(rate[place] for rate in taken) for name, taken in rates.items()}


if __name__ == "__main__":
    main()
