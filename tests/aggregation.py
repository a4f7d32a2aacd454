"""A window_aggregator with everything around it in memory, and what its table must come to."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from aws_lambda_powertools.logging import Logger

from domain.trip import Trip, parse
from local.engine import KinesisRecord, Timeline, simulate
from streamkit.kpl import payloads
from streamkit.quarantine import Quarantine
from streamkit.records import instant
from tests.doubles import Fate, ManualClock, ManualContext, MemoryBucket, MemoryQueue, full_waits
from tests.events import trip
from tests.memory_dynamodb import Failing, MemoryDynamoDB
from window_aggregator.coverage import runs_of
from window_aggregator.folding import Rules
from window_aggregator.handler import Aggregator, aggregate
from window_aggregator.settings import Time
from window_aggregator.store import TotalsStore

STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream/trips"
NOON = 1714564800.0  # 2024-05-01T12:00:00Z
LATENESS, AHEAD = 3600, 300
SUMS = ("trips", "passengers", "fareCents", "distanceMeters", "durationSeconds")
BOUNDS = ("minFareCents", "maxFareCents")


def mapping(**settings: Any) -> dict[str, Any]:
    """A mapping as modules/trips makes it, small."""
    return {
        "EventSourceArn": STREAM,
        "StartingPosition": "TRIM_HORIZON",
        "TumblingWindowInSeconds": 60,
        "DestinationConfig": {"OnFailure": {"Destination": "arn:aws:s3:::failures"}},
        **settings,
    }


def trip_at(moment: float, vendor: int = 1, **fields: Any) -> bytes:
    return trip(f"t-{moment}", vendorId=vendor, pickupAt=instant(moment), **fields)


class World:
    """One function, its table and its quarantine; faults until `calm`."""

    def __init__(
        self,
        table: Iterable[Failing | None] = (),
        queue: Iterable[Fate] = (),
        time: Time = "event",
        bucket_seconds: int | None = None,
        slots: int = 1,
    ) -> None:
        self.table = MemoryDynamoDB(table)
        self.queue = MemoryQueue(queue)
        self.time: Time = time
        self.bucket_seconds = bucket_seconds
        self.slots = slots
        self.lines = io.StringIO()
        self.delivered: set[tuple[str, int]] = set()

    def calm(self) -> None:
        self.table.script = iter(())
        self.queue.script = iter(())

    def __call__(self, event: dict[str, Any], context: object = None) -> dict[str, Any]:
        self.delivered |= {(event["shardId"], int(one["kinesis"]["sequenceNumber"])) for one in event["Records"]}
        clock = ManualClock(NOON)
        waits = full_waits(clock)
        return aggregate(
            event,
            ManualContext(clock, timeout_seconds=NOON + 7.0),
            Aggregator(
                self.time,
                self.bucket_seconds,
                Rules(LATENESS, AHEAD),
                TotalsStore("totals", self.table, self.slots, 100, waits, clock=lambda: clock.now),
                Quarantine("window_aggregator", "https://queue", "failures", self.queue, MemoryBucket, waits),
                Logger(service=f"aggregation_{id(self)}", stream=self.lines),
            ),
        )

    def run(self, records: Sequence[KinesisRecord], until: float | None = None, **settings: Any) -> Timeline:
        shards = settings.pop("shards", None)
        return simulate(mapping(**settings), records, self, shards=shards, until=until)

    def redrive(self, timeline: Timeline) -> None:
        """Send again by hand what was discarded: final calls as they are, batches as the contract says."""
        for failure in timeline.failures:
            event = json.loads(failure["payload"])
            if event["Records"]:
                event |= {"state": {}, "isFinalInvokeForWindow": True, "redrive": True}
            self(event)

    # what stands

    def totals(self) -> dict[tuple[int, str], tuple[int, ...]]:
        """By vendor and bucket, over all slots: five sums and two bounds."""
        found: dict[tuple[int, str], Counter[str]] = {}
        bounds: dict[tuple[int, str], tuple[int, int]] = {}
        for vendor, name, item in self.named("total"):
            key = vendor, name.split("#")[1]
            found.setdefault(key, Counter()).update({field: int(item[field]["N"]) for field in SUMS})
            low, high = (int(item[field]["N"]) for field in BOUNDS)
            standing = bounds.get(key, (low, high))
            bounds[key] = min(low, standing[0]), max(high, standing[1])
        return {key: (*(sums[field] for field in SUMS), *bounds[key]) for key, sums in found.items()}

    def parts(self) -> dict[tuple[int, str], tuple[int, ...]]:
        """The sums of all parts, by vendor and bucket."""
        found: dict[tuple[int, str], Counter[str]] = {}
        for vendor, name, item in self.named("part"):
            key = vendor, name.split("#")[1]
            found.setdefault(key, Counter()).update({field: int(item[field]["N"]) for field in SUMS})
        return {key: tuple(sums[field] for field in SUMS) for key, sums in found.items()}

    def late(self) -> int:
        return len(list(self.named("late")))

    def mark(self, shard: str = "shardId-000000000000") -> dict[str, Any]:
        return self.table.items.get((0, f"mark#{shard}"), {})

    def covering(self) -> Counter[int]:
        """How many records are held by how many spans."""
        runs = [(name.split("#")[1], run) for _, name, item in self.named("span") for run in runs_of(item["runs"]["S"])]
        return Counter(
            sum(shard == of and run.first <= position <= run.last for of, run in runs)
            for shard, position in self.delivered
        )

    def named(self, kind: str) -> list[tuple[int, str, Any]]:
        return [
            (vendor, name, item) for (vendor, name), item in self.table.items.items() if name.startswith(f"{kind}#")
        ]


def expected(records: Sequence[KinesisRecord], bucket_seconds: int = 60) -> dict[tuple[int, str], tuple[int, ...]]:
    """What the totals must be, counted trip by trip."""
    found: dict[tuple[int, str], list[Trip]] = {}
    for record in records:
        inside = payloads(record.data)
        for data in inside if isinstance(inside, list) else [record.data]:
            sent = parse(data)
            if isinstance(sent, Trip) and -AHEAD <= record.arrived - sent.pickup_at.timestamp() <= LATENESS:
                found.setdefault((sent.vendor_id, bucket(sent.pickup_at, bucket_seconds)), []).append(sent)
    return {key: sums(trips) for key, trips in found.items()}


def sums(trips: Sequence[Trip]) -> tuple[int, ...]:
    fares = [one.fare_cents for one in trips]
    return (
        len(trips),
        sum(one.passenger_count for one in trips),
        sum(fares),
        sum(one.distance_meters for one in trips),
        sum(one.duration_seconds for one in trips),
        min(fares),
        max(fares),
    )


def bucket(moment: datetime, seconds: int) -> str:
    start = int(moment.timestamp()) // seconds * seconds
    return instant(start).replace(".000Z", "Z")
