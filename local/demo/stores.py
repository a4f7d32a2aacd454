"""What the flow's stores hold while it runs, and how its open windows are ended.

    stream   trips ... trips | closer | ... | closer     a window ends when its shard has a record of a later one
                             ^ first           ^ others, later

A closer is no trip: both consumers put it into quarantine. When they have the first ones of every shard there, and
the marks have passed them, everything before is settled.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from local.demo.reconciliation import Found
from ops.pages import items
from ops.totals import Total, summed
from streamkit.quarantine_messages import counted

CLOSER = b"closer"
COUNTING = "window_aggregator"
CONSUMERS = ("trip_writer", COUNTING)
UNSEEN_SECONDS = 900  # a message that was looked at comes back after this, for whoever looks next


@dataclass(frozen=True, slots=True)
class Window:
    """One window of a shard whose trips are in their totals."""

    shard_id: str
    start: str
    end: str
    trips: int
    totals: int  # how many of them it added to


@dataclass(frozen=True, slots=True)
class Look:
    """The stores at one moment."""

    totals: list[Total]
    windows: list[Window]
    late: int
    late_fare_cents: int
    quarantined: int


@dataclass(slots=True)
class Stores:
    """The stores behind `outputs` of the root stack; what was once seen in quarantine is remembered."""

    client: Callable[[str], Any]
    outputs: Mapping[str, Any]
    _messages: dict[tuple[str, str, int, int, int], dict[str, Any]] = field(default_factory=dict)

    def look(self) -> Look:
        self._receive()
        marks = self.marks()  # before the parts: whatever it covers is complete below
        found = list(self._totals_items())
        late = [item for item in found if _kind(item) == "late"]
        return Look(
            summed(item for item in found if _kind(item) == "total"),
            list(_windows((item for item in found if _kind(item) == "part"), marks)),
            len(late),
            sum(item["fareCents"] for item in late),
            self._quarantined(),
        )

    def found(self) -> Found:
        """Everything, for the accounts; the trips table is counted, which takes a moment."""
        look = self.look()
        return Found(look.totals, look.late, look.late_fare_cents, look.quarantined, self._trips())

    def marks(self) -> dict[str, int]:
        """How far each shard is settled."""
        items = self.client("dynamodb").query(
            TableName=self.outputs["trip_totals_table_name"],
            KeyConditionExpression="#vendor = :zero AND begins_with(#window, :mark)",
            ExpressionAttributeNames={"#vendor": "vendorId", "#window": "window"},
            ExpressionAttributeValues={":zero": {"N": "0"}, ":mark": {"S": "mark#"}},
            ConsistentRead=True,
        )["Items"]
        return {
            item["window"]["S"].removeprefix("mark#"): int(item.get("lastSequenceNumber", {"S": "0"})["S"])
            for item in items
        }

    def close(self) -> dict[str, int]:
        """Puts a closer into every open shard; their sequence numbers by shard."""
        kinesis, stream = self.client("kinesis"), self.outputs["trips_stream_name"]
        shards = kinesis.list_shards(StreamName=stream)["Shards"]
        records = [
            {"Data": CLOSER, "PartitionKey": "closer", "ExplicitHashKey": shard["HashKeyRange"]["StartingHashKey"]}
            for shard in shards
            if "EndingSequenceNumber" not in shard["SequenceNumberRange"]
        ]
        answer = kinesis.put_records(StreamName=stream, Records=records)
        return {record["ShardId"]: int(record["SequenceNumber"]) for record in answer["Records"]}

    def settled(self, closers: Mapping[str, int]) -> bool:
        """Whether both consumers have done with everything before these closers."""
        self._receive()
        marks = self.marks()
        return all(
            marks.get(shard, 0) >= position
            and all((consumer, shard, position, 0, 1) in self._messages for consumer in CONSUMERS)
            for shard, position in closers.items()
        )

    def _receive(self) -> None:
        queue, url = self.client("sqs"), self.outputs["quarantine_queue_url"]
        while found := queue.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0, VisibilityTimeout=UNSEEN_SECONDS
        ).get("Messages"):
            for message in found:
                one = json.loads(message["Body"])
                records = one.get("unusableRecords", 1)
                self._messages[one["consumer"], one["shardId"], int(one["sequenceNumber"]), one["index"], records] = one

    def _quarantined(self) -> int:
        """Different unusable records of the consumer that counts; a message may stand for many."""
        return counted(
            one for one in self._messages.values() if not base64.b64decode(one.get("data", "")).startswith(CLOSER)
        )[COUNTING]

    def _totals_items(self) -> Iterator[Mapping[str, Any]]:
        table = self.client("dynamodb")
        return items(table.scan, TableName=self.outputs["trip_totals_table_name"], ConsistentRead=True)

    def _trips(self) -> int:
        pages = self.client("dynamodb").get_paginator("scan")
        found = pages.paginate(TableName=self.outputs["trips_table_name"], Select="COUNT", ConsistentRead=True)
        return sum(page["Count"] for page in found)


def _windows(parts: Iterator[Mapping[str, Any]], marks: Mapping[str, int]) -> Iterator[Window]:
    grouped: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    for part in parts:
        shard = part["shardId"]
        if marks.get(shard, 0) >= int(part["lastSequenceNumber"]):
            grouped.setdefault((part["windowStart"], part["windowEnd"], shard), []).append(part)
    for (start, end, shard), its in sorted(grouped.items()):
        yield Window(shard, start, end, sum(part["trips"] for part in its), len(its))


def _kind(item: Mapping[str, Any]) -> str:
    name: str = item["window"]
    return name.partition("#")[0]
