"""How fast window_aggregator folds, beside what one would write first and beside bare decoding, in one run.

    python -m bench.window_aggregator [--trips 20000] [--rounds 7]

textbook      the authors' `deaggregate_records`, `json.loads` for each record, one sum per vendor
bare decode   the message classes and msgspec, nothing else: no base64, no digest, no sums
handle        the whole of it: the event, folding, state, log line and metrics; a first call, whose state is {}

Of this process alone and without AWS: the table is in memory. The runtime's own `json.loads` of the event is no part
of any of them.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import io
import json
import statistics
import time
import warnings
from binascii import a2b_base64
from collections.abc import Callable
from random import Random
from typing import Any

import msgspec

from domain.trip import Trip
from streamkit.kpl import DIGEST_BYTES, MAGIC, _aggregated_record
from streamkit.records import instant
from tests.aggregation import NOON, World
from tests.events import kinesis_event, packed

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from aws_kinesis_agg.deaggregator import deaggregate_records

PER_AGGREGATE = 100
FIRST = 49590338271490256608559692538361571095921575989136588898  # as long as AWS's own
Work = Callable[[dict[str, Any]], object]


def trips(count: int) -> list[bytes]:
    """Trips of two vendors within a minute, as the producer sends them."""
    dice = Random(7)
    return [
        json.dumps(
            {
                "tripId": f"trip-{number:012d}",
                "vendorId": dice.randint(1, 2),
                "passengerCount": dice.randint(1, 6),
                "pickupAt": instant(NOON + dice.random() * 59),
                "distanceMeters": dice.randint(500, 30_000),
                "durationSeconds": dice.randint(60, 5_400),
                "fareCents": dice.randint(300, 9_000),
            },
            separators=(",", ":"),
        ).encode()
        for number in range(count)
    ]


def windowed(event: dict[str, Any]) -> dict[str, Any]:
    for record in event["Records"]:
        record["kinesis"]["approximateArrivalTimestamp"] = NOON + 59.5
    return event | {
        "shardId": "shardId-000000000000",
        "eventSourceARN": "arn:aws:kinesis:us-east-1:111111111111:stream/trips",
        "window": {"start": "2024-05-01T12:00:00Z", "end": "2024-05-01T12:01:00Z"},
        "state": {},
        "isFinalInvokeForWindow": False,
        "isWindowTerminatedEarly": False,
    }


def textbook(event: dict[str, Any]) -> dict[str, Any]:
    totals: dict[str, int] = dict(event["state"])
    for record in deaggregate_records(event["Records"]):
        trip = json.loads(base64.b64decode(record["kinesis"]["data"]))
        vendor = str(trip["vendorId"])
        totals[vendor] = totals.get(vendor, 0) + trip["fareCents"]
    return {"state": totals}


def bare_decode(event: dict[str, Any]) -> Callable[[], object]:
    """Decoding alone; what comes before is done here, once."""
    payloads = [a2b_base64(record["kinesis"]["data"]) for record in event["Records"]]
    decode = msgspec.json.Decoder(Trip).decode
    if not payloads[0].startswith(MAGIC):
        return lambda: [decode(payload) for payload in payloads]
    messages = [payload[len(MAGIC) : -DIGEST_BYTES] for payload in payloads]
    read = _aggregated_record().FromString
    return lambda: [decode(record.data) for message in messages for record in read(message).records]


def handled(world: World) -> Work:
    def handle(event: dict[str, Any]) -> object:
        with contextlib.redirect_stdout(io.StringIO()):
            return world.answer(event)

    return handle


def seconds_of(work: Callable[[], object]) -> float:
    begun = time.process_time()  # of this process: whoever shares the machine does not count
    work()
    return time.process_time() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trips", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    payloads = trips(options.trips)
    aggregates = [packed(*payloads[at : at + PER_AGGREGATE]) for at in range(0, len(payloads), PER_AGGREGATE)]
    handle = handled(World())
    for kind, event in {
        "aggregated": windowed(kinesis_event(*aggregates, first=FIRST)),
        "plain": windowed(kinesis_event(*payloads, first=FIRST)),
    }.items():
        contenders: dict[str, Callable[[], object]] = {
            "textbook": lambda event=event: textbook(event),  # type: ignore[misc]
            "bare decode": bare_decode(event),
            "handle": lambda event=event: handle(event),  # type: ignore[misc]
        }
        taken: dict[str, list[float]] = {name: [] for name in contenders}
        for _ in range(options.rounds):
            for name, work in contenders.items():
                taken[name].append(seconds_of(work))
        rates = {name: options.trips / statistics.median(times) for name, times in taken.items()}
        for name, rate in rates.items():
            print(
                f"{kind:11} {name:12} {rate:12,.0f} trips/s  {rate / rates['textbook']:5.1f} x textbook  "
                f"{rate / rates['bare decode']:6.0%} of bare decode"
            )


if __name__ == "__main__":
    main()
