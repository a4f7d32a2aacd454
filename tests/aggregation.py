"""A window_aggregator with everything around it in memory, and what its table must come to."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from aws_lambda_powertools.logging import Logger

from domain.trip import Trip, parse
from local.engine import KinesisRecord, Timeline, simulate
from streamkit.instants import instant
from streamkit.kpl import payloads
from streamkit.quarantine import Quarantine
from tests.doubles import Fate, ManualClock, ManualContext, MemoryBucket, MemoryQueue, full_waits
from tests.events import trip
from tests.memory_dynamodb import Failing, MemoryDynamoDB
from window_aggregator.coverage import OverlapError, runs_of
from window_aggregator.folding import Rules
from window_aggregator.handler import Aggregator, aggregate
from window_aggregator.items import BOUNDS, SUMS
from window_aggregator.settings import Time
from window_aggregator.state import state_of
from window_aggregator.store import TotalsStore
from window_aggregator.table import TotalsTable

STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream/trips"
NOON = 1714564800.0  # 2024-05-01T12:00:00Z
LATENESS, AHEAD = 3600, 300


def as_redriven(event: dict[str, Any], records: list[dict[str, Any]]) -> dict[str, Any]:
    return event | {"Records": records, "state": {}, "isFinalInvokeForWindow": True, "redrive": True}


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
    """One function, its table and its quarantine; faults until `calm`. A crash loses an answer that was ready."""

    def __init__(
        self,
        table: Iterable[Failing | None] = (),
        queue: Iterable[Fate] = (),
        crashes: Iterable[bool] = (),
        time: Time = "event",
        bucket_seconds: int | None = None,
        slots: int = 1,
        seconds: float = 5.7,  # of which 0.2 for repetitions
    ) -> None:
        self.table = MemoryDynamoDB(table)
        self.queue = MemoryQueue(queue)
        self.crashes = iter(crashes)
        self.time: Time = time
        self.bucket_seconds = bucket_seconds
        self.slots = slots
        self.seconds = seconds
        self.lines = io.StringIO()
        # Loggers of one service share their stream.
        self.log = Logger(service=f"aggregation_{uuid4()}", stream=self.lines)
        self.delivered: dict[tuple[str, int], dict[str, Any]] = {}

    def calm(self) -> None:
        self.table.script = iter(())
        self.queue.script = iter(())
        self.crashes = iter(())

    def trouble(self, table: Iterable[Failing | None]) -> None:
        self.table.script = iter(table)

    def __call__(self, event: dict[str, Any], context: object = None) -> dict[str, Any]:
        answer = self.answer(event)
        if next(self.crashes, False):
            raise RuntimeError("the answer is lost")
        return answer

    def answer(self, event: dict[str, Any]) -> dict[str, Any]:
        clock = ManualClock(NOON)
        waits = full_waits(clock)
        return aggregate(
            event,
            ManualContext(clock, timeout_seconds=NOON + self.seconds),
            Aggregator(
                self.time,
                self.bucket_seconds,
                Rules(LATENESS, AHEAD),
                TotalsStore(TotalsTable("totals", self.table), self.slots, 100, waits, clock=lambda: clock.now),
                Quarantine("window_aggregator", "https://queue", "failures", self.queue, MemoryBucket, waits),
                self.log,
            ),
        )

    def run(self, records: Sequence[KinesisRecord], until: float | None = None, **settings: Any) -> Timeline:
        shards = settings.pop("shards", None)
        timeline = simulate(mapping(**settings), records, self, shards=shards, until=until)
        for invocation in timeline.invocations:
            places = [(invocation.shard_id, int(name)) for name in invocation.names]
            self.delivered |= dict(zip(places, invocation.event["Records"], strict=True))
        return timeline

    def redrive(self, timeline: Timeline) -> None:
        """Send again by hand what was discarded: final calls as they are, batches as the contract says.

        A final call whose records a new mapping has cut otherwise is refused; then its records are sent again.
        """
        for failure in timeline.failures:
            event = json.loads(failure["payload"])
            if event["Records"]:
                self(as_redriven(event, event["Records"]))
                continue
            try:
                self(event)
            except OverlapError:
                runs = state_of(event["state"]).runs
                self(as_redriven(event, self.records_between(event["shardId"], runs[0].first, runs[-1].last)))

    def records_between(self, shard_id: str, first: int, last: int) -> list[dict[str, Any]]:
        """What the stream holds between two sequence numbers."""
        wanted = (position for shard, position in sorted(self.delivered) if shard == shard_id)
        return [self.delivered[shard_id, position] for position in wanted if first <= position <= last]

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
        return len(self.named("late"))

    def quarantined(self) -> int:
        """How many different user records are in quarantine."""
        return len({(one["shardId"], one["sequenceNumber"], one["index"]) for one in self.queue.messages})

    def mark(self, shard: str = "shardId-000000000000") -> dict[str, Any]:
        return self.table.items.get((0, f"mark#{shard}"), {})

    def runs(self) -> list[tuple[str, int, int]]:
        """What the spans hold: shard, first and last record of each run."""
        return sorted(
            (name.split("#")[1], run.first, run.last)
            for _, name, item in self.named("span")
            for run in runs_of(item["runs"]["S"])
        )

    def covering(self) -> Counter[int]:
        """How many records are held by how many spans."""
        runs = self.runs()
        return Counter(
            sum(shard == of and first <= position <= last for of, first, last in runs)
            for shard, position in self.delivered
        )

    def named(self, kind: str) -> list[tuple[int, str, Any]]:
        return [
            (vendor, name, item) for (vendor, name), item in self.table.items.items() if name.startswith(f"{kind}#")
        ]


@dataclass(frozen=True, slots=True)
class Expected:
    """What must stand, counted trip by trip."""

    totals: dict[tuple[int, str], tuple[int, ...]]
    late: int
    unusable: int


def expected(records: Sequence[KinesisRecord], bucket_seconds: int = 60) -> Expected:
    found: dict[tuple[int, str], list[Trip]] = {}
    late = unusable = 0
    for record in records:
        inside = payloads(record.data)
        for data in inside if isinstance(inside, list) else [record.data]:
            sent = parse(data)
            if not isinstance(sent, Trip) or sent.pickup_at.timestamp() > record.arrived + AHEAD:
                unusable += 1
            elif sent.pickup_at.timestamp() < record.arrived - LATENESS:
                late += 1
            else:
                found.setdefault((sent.vendor_id, bucket_name(sent.pickup_at.timestamp(), bucket_seconds)), []).append(
                    sent
                )
    return Expected({key: sums(trips) for key, trips in found.items()}, late, unusable)


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


def bucket_name(moment: float, seconds: int) -> str:
    return instant(int(moment) // seconds * seconds).replace(".000Z", "Z")
