"""How fast window_aggregator folds, beside what one would write first and beside bare decoding, in one run.

    python -m bench.window_aggregator [--rounds 15]

textbook      the authors' `deaggregate_records`, `json.loads` for each record, one sum per vendor
bare decode   the message classes and msgspec, nothing else: no base64, no digest, no sums
bare sums     base64, the digest, both decoders and the same sums per vendor; it believes everything it reads
handle        the whole of it: the event, folding, state, log line and metrics; a first call, whose state is {}

Of this process alone and without AWS: the table is in memory. A delivery is about as much as one invocation may carry,
6 MB; what an invocation costs before its first trip is told apart. The runtime's own `json.loads` of the event is no
part of any of them.
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
from collections import deque
from collections.abc import Callable, Iterable
from hashlib import md5
from random import Random
from typing import Any

import msgspec

from bench.limits import at_least
from domain.trip import Trip
from streamkit.instants import instant
from streamkit.kpl import DIGEST_BYTES, MAGIC, _aggregated_record
from tests.aggregation import NOON, World
from tests.events import kinesis_event, packed
from window_aggregator.sums import Sums, sums_of

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from aws_kinesis_agg.deaggregator import deaggregate_records

LIMITS = {"aggregated": 4.0, "plain": 3.0}  # how many times as fast as textbook
DECODE_LIMIT = 0.6
PER_AGGREGATE = 100
AGGREGATED_TRIPS, PLAIN_TRIPS = 20_000, 10_000
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
        return lambda: dropped(map(decode, payloads))
    messages = [payload[len(MAGIC) : -DIGEST_BYTES] for payload in payloads]
    read = _aggregated_record().FromString
    return lambda: dropped(decode(record.data) for message in messages for record in read(message).records)


def dropped(trips: Iterable[Trip]) -> None:
    """All of them, none kept: what memory costs depends on who had it before."""
    deque(trips, maxlen=0)


def bare_sums(event: dict[str, Any]) -> dict[int, Sums]:
    """The least that any handler must do for these sums: no check of a record, a key, an order or a time."""
    decode, read = msgspec.json.Decoder(Trip).decode, _aggregated_record().FromString
    vendors: dict[int, list[Trip]] = {}
    for payload in msgspec.convert([record["kinesis"]["data"] for record in event["Records"]], list[bytes]):
        inside = [payload]
        if payload.startswith(MAGIC):
            message = payload[len(MAGIC) : -DIGEST_BYTES]
            if md5(message).digest() != payload[-DIGEST_BYTES:]:
                raise ValueError("digest")
            inside = [record.data for record in read(message).records]
        for trip in map(decode, inside):
            try:
                vendors[trip.vendor_id].append(trip)
            except KeyError:
                vendors[trip.vendor_id] = [trip]
    return {vendor: sums_of(trips) for vendor, trips in vendors.items()}


def handled(world: World) -> Work:
    def handle(event: dict[str, Any]) -> object:
        with contextlib.redirect_stdout(io.StringIO()):
            return world.answer(event)

    return handle


def seconds_of(work: Callable[[], object]) -> float:
    begun = time.process_time()  # of this process: whoever shares the machine does not count
    work()
    return time.process_time() - begun


def rates(event: dict[str, Any], trips: int, rounds: int, handle: Work) -> dict[str, float]:
    """Trips a second of each contender; rounds alternate, and the medians are compared."""
    contenders: dict[str, Callable[[], object]] = {
        "textbook": lambda: textbook(event),
        "bare decode": bare_decode(event),
        "bare sums": lambda: bare_sums(event),
        "handle": lambda: handle(event),
    }
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, work in contenders.items():
            taken[name].append(seconds_of(work))
    return {name: trips / statistics.median(times) for name, times in taken.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    payloads = trips(AGGREGATED_TRIPS)
    aggregates = [packed(*payloads[at : at + PER_AGGREGATE]) for at in range(0, len(payloads), PER_AGGREGATE)]
    plain = payloads[:PLAIN_TRIPS]
    handle = handled(World())
    limits: list[str] = []
    for kind, records, count in (("aggregated", aggregates, AGGREGATED_TRIPS), ("plain", plain, PLAIN_TRIPS)):
        found = rates(windowed(kinesis_event(*records, first=FIRST)), count, options.rounds, handle)
        for name, rate in found.items():
            print(
                f"{kind:11} {name:12} {rate:12,.0f} trips/s  {rate / found['textbook']:5.1f} x textbook  "
                f"{rate / found['bare decode']:6.0%} of bare decode  {rate / found['bare sums']:6.0%} of bare sums"
            )
        limits += [
            at_least(LIMITS[kind], f"handle, {kind}", found["handle"] / found["textbook"], "of textbook"),
            at_least(DECODE_LIMIT, f"handle, {kind}", found["handle"] / found["bare decode"], "of bare decode"),
        ]
    one = windowed(kinesis_event(payloads[0], first=FIRST))
    first_trip = statistics.median(seconds_of(lambda: handle(one)) for _ in range(100))
    print(f"an invocation of one trip: {first_trip * 1e6:.0f} us, most of it the log line and the metrics")
    print("\n".join(limits))


if __name__ == "__main__":
    main()
