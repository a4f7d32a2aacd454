"""How shards are listed and read: the I/O of a stream mapping, done in threads.

A reader turns what the service answers into entries of the core; where to read next is kept by whoever asks.
"""

from __future__ import annotations

from binascii import a2b_base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol

from botocore.exceptions import ClientError

from local.engine.entries import Entry, KinesisEntry, Stamp, TableEntry, item_key
from local.engine.live.troubles import answer_to, code
from local.engine.shard import WHOLE_RANGE, HashRange
from local.engine.source import Source

TABLE_PAGE = 1_000
EXPIRED = "ExpiredIteratorException"


@dataclass(frozen=True, slots=True)
class Position:
    """Where reading begins: TRIM_HORIZON, LATEST, AT_TIMESTAMP (a time) or AFTER_SEQUENCE_NUMBER (a number)."""

    kind: str
    value: str | float | None = None

    @staticmethod
    def after(sequence_number: str) -> Position:
        return Position("AFTER_SEQUENCE_NUMBER", sequence_number)


HORIZON = Position("TRIM_HORIZON")


@dataclass(frozen=True, slots=True)
class ShardFacts:
    """A shard as the service lists it; `starts_at` tells it from another of the same name."""

    shard_id: str
    parents: tuple[str, ...] = ()
    hash_range: HashRange = WHOLE_RANGE
    starts_at: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """What one read brought. `iterator` is None when the shard is closed and read to its end.

    `dry`: the service was asked, and had nothing that is not read yet.
    """

    entries: Sequence[Entry]
    iterator: str | None
    behind: bool
    dry: bool = False


class Reader(Protocol):
    def shards(self) -> list[ShardFacts]: ...
    def retention_seconds(self) -> float | None: ...
    def read(self, stamp: Stamp, position: Position, iterator: str | None, limit: int) -> Page:
        """The next records, with the iterator of the last page or, without one, from a position."""
        ...


class KinesisReader:
    """Reads a stream, named by its ARN in every call: some endpoints know a role's permissions only by it."""

    def __init__(self, client: Callable[[], Any], source: Source) -> None:
        self.client = client
        self.source = source

    def shards(self) -> list[ShardFacts]:
        listed: list[ShardFacts] = []
        request: dict[str, Any] = {"StreamARN": self.source.stream_arn}
        while True:
            answer = self.client().list_shards(**request)
            with answer_to("ListShards"):
                listed += map(_kinesis_shard, answer["Shards"])
            if not answer.get("NextToken"):
                return listed
            request = {"NextToken": answer["NextToken"]}

    def retention_seconds(self) -> float | None:
        summary = self.client().describe_stream_summary(StreamARN=self.source.stream_arn)
        with answer_to("DescribeStreamSummary"):
            return float(summary["StreamDescriptionSummary"]["RetentionPeriodHours"]) * 3600

    def read(self, stamp: Stamp, position: Position, iterator: str | None, limit: int) -> Page:
        client = self.client()
        get, begin = partial(self._get, client, limit), partial(self._iterator, client, stamp, position)
        with answer_to("GetRecords"):
            answer = _answer(get, iterator, begin)
            entries = [kinesis_entry(record, stamp.overhead) for record in answer["Records"]]
        behind = (answer.get("MillisBehindLatest") or 0) > 0
        return Page(entries, answer.get("NextShardIterator"), behind, dry=not entries and not behind)

    def _get(self, client: Any, limit: int, iterator: str) -> dict[str, Any]:
        answer: dict[str, Any] = client.get_records(
            ShardIterator=iterator, Limit=limit, StreamARN=self.source.stream_arn
        )
        return answer

    def _iterator(self, client: Any, stamp: Stamp, position: Position) -> str:
        request: dict[str, Any] = {"ShardIteratorType": position.kind}
        if position.kind == "AFTER_SEQUENCE_NUMBER":
            request["StartingSequenceNumber"] = position.value
        elif position.kind == "AT_TIMESTAMP":
            request["Timestamp"] = datetime.fromtimestamp(float(position.value or 0), UTC)
        answer = client.get_shard_iterator(StreamARN=self.source.stream_arn, ShardId=stamp.shard_id, **request)
        with answer_to("GetShardIterator"):
            return str(answer["ShardIterator"])


class TableReader:
    """Reads a table's change stream."""

    def __init__(self, client: Callable[[], Any], source: Source) -> None:
        self.client = client
        self.source = source

    def shards(self) -> list[ShardFacts]:
        listed: list[ShardFacts] = []
        request: dict[str, Any] = {"StreamArn": self.source.arn}
        while True:
            answer = self.client().describe_stream(**request)
            with answer_to("DescribeStream"):
                description = answer["StreamDescription"]
                listed += [_table_shard(shard) for shard in description["Shards"]]
            if not description.get("LastEvaluatedShardId"):
                return listed
            request["ExclusiveStartShardId"] = description["LastEvaluatedShardId"]

    def retention_seconds(self) -> float | None:
        return None  # a day, always

    def read(self, stamp: Stamp, position: Position, iterator: str | None, limit: int) -> Page:
        client = self.client()
        limit = min(limit, TABLE_PAGE)
        get, begin = partial(self._get, client, limit), partial(self._iterator, client, stamp, position)
        with answer_to("GetRecords"):
            answer = _answer(get, iterator, begin)
            entries = [table_entry(record, stamp) for record in answer["Records"]]
        return Page(entries, answer.get("NextShardIterator"), bool(entries), dry=not entries)

    def _get(self, client: Any, limit: int, iterator: str) -> dict[str, Any]:
        answer: dict[str, Any] = client.get_records(ShardIterator=iterator, Limit=limit)
        return answer

    def _iterator(self, client: Any, stamp: Stamp, position: Position) -> str:
        request: dict[str, Any] = {"ShardIteratorType": position.kind}
        if position.kind == "AFTER_SEQUENCE_NUMBER":
            request["SequenceNumber"] = position.value
        answer = client.get_shard_iterator(StreamArn=self.source.arn, ShardId=stamp.shard_id, **request)
        with answer_to("GetShardIterator"):
            return str(answer["ShardIterator"])


def _answer(get: Callable[[str], dict[str, Any]], iterator: str | None, begin: Callable[[], str]) -> dict[str, Any]:
    """What `get` brings; an iterator that has expired is replaced by one from where reading stood."""
    try:
        return get(iterator or begin())
    except ClientError as error:
        if iterator is None or code(error) != EXPIRED:
            raise
        return get(begin())


def kinesis_entry(record: dict[str, Any], overhead: int) -> KinesisEntry:
    """Of a page as its JSON has it, or of a subscription, which boto3 has parsed."""
    arrived, data = record["ApproximateArrivalTimestamp"], record["Data"]
    return KinesisEntry(
        record["SequenceNumber"],
        record["PartitionKey"],
        a2b_base64(data) if isinstance(data, str) else data,
        round(arrived.timestamp() if isinstance(arrived, datetime) else float(arrived), 3),
        overhead,
    )


def table_entry(record: dict[str, Any], stamp: Stamp) -> TableEntry:
    """The record of a table's stream as a function sees it."""
    change = record["dynamodb"]
    created = float(int(change["ApproximateCreationDateTime"].timestamp()))
    images = {name: change[name] for name in ("Keys", "NewImage", "OldImage") if change.get(name) is not None}
    event = {
        "eventID": record["eventID"],
        "eventName": record["eventName"],
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": stamp.source.region,
        "dynamodb": {
            "ApproximateCreationDateTime": created,
            **images,
            "SequenceNumber": change["SequenceNumber"],
            "SizeBytes": change.get("SizeBytes", 0),
            "StreamViewType": change.get("StreamViewType"),
        },
        **_user_identity(record),
        "eventSourceARN": stamp.source.arn,
    }
    return TableEntry(change["SequenceNumber"], created, item_key(change.get("Keys", {})), event)


def _user_identity(record: dict[str, Any]) -> dict[str, Any]:
    identity = record.get("userIdentity")
    if not identity:
        return {}
    return {"userIdentity": {"type": identity.get("Type"), "principalId": identity.get("PrincipalId")}}


def _kinesis_shard(shard: dict[str, Any]) -> ShardFacts:
    parents = (shard.get("ParentShardId"), shard.get("AdjacentParentShardId"))
    span = shard["HashKeyRange"]
    return ShardFacts(
        shard["ShardId"],
        tuple(parent for parent in parents if parent),
        (int(span["StartingHashKey"]), int(span["EndingHashKey"])),
        shard["SequenceNumberRange"]["StartingSequenceNumber"],
    )


def _table_shard(shard: dict[str, Any]) -> ShardFacts:
    parent = shard.get("ParentShardId")
    return ShardFacts(shard["ShardId"], (parent,) if parent else ())
