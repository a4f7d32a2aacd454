"""Reads a stream through its own consumer: SubscribeToShard's events, taken one by one as if they were pages.

Where an endpoint has no subscriptions the consumer's stream is read plainly instead, and that is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from local.engine.entries import Stamp
from local.engine.live.reading import KinesisReader, Page, Position, ShardFacts, kinesis_entry
from local.engine.live.troubles import code, status
from local.engine.source import Source

NOT_OFFERED = {"UnknownOperationException", "UnknownOperation", "NotImplemented", "InternalFailure", "InvalidAction"}
SUBSCRIBED = "subscribed"


class FanOutReader:
    """`read` waits for the shard's next event; a subscription that ran out is renewed where it ended."""

    def __init__(self, client: Callable[[], Any], source: Source, tell: Callable[[str], None]) -> None:
        self.client = client
        self.source = source
        self.tell = tell
        self.plain = KinesisReader(client, source)
        self.offered = True
        self.streams: dict[str, Any] = {}
        self.events: dict[str, Iterator[Any]] = {}
        self.continuations: dict[str, str] = {}
        self.closed = False

    def shards(self) -> list[ShardFacts]:
        return self.plain.shards()

    def retention_seconds(self) -> float | None:
        return self.plain.retention_seconds()

    def close(self) -> None:
        """Nobody takes events any more: each subscription ends with its next one, a heartbeat at the latest."""
        self.closed = True

    def read(self, stamp: Stamp, position: Position, iterator: str | None, limit: int) -> Page:
        if not self.offered:
            return self.plain.read(stamp, position, None if iterator == SUBSCRIBED else iterator, limit)
        try:
            return self._next(stamp, position)
        except ClientError as error:
            self._forget(stamp.shard_id)
            if code(error) not in NOT_OFFERED and status(error) not in (404, 501):
                raise
            self.offered = False
            self.tell(f"{self.source.arn}: SubscribeToShard is not offered here ({error}); its stream is read plainly")
            return self.plain.read(stamp, position, None, limit)
        except Exception:
            self._forget(stamp.shard_id)
            raise

    def _next(self, stamp: Stamp, position: Position) -> Page:
        shard_id = stamp.shard_id
        if shard_id not in self.events:
            self._subscribe(shard_id, position)
        event = next(self.events[shard_id], None)
        if event is None or self.closed:
            self._forget(shard_id)
            return Page((), SUBSCRIBED, behind=True)
        pushed = event.get("SubscribeToShardEvent", {})
        entries = [kinesis_entry(record, stamp.overhead) for record in pushed.get("Records", [])]
        if pushed.get("ContinuationSequenceNumber"):
            self.continuations[shard_id] = pushed["ContinuationSequenceNumber"]
        if pushed.get("ChildShards"):
            self._forget(shard_id)
            return Page(entries, None, behind=False)
        return Page(entries, SUBSCRIBED, behind=True, dry=not entries and not pushed.get("MillisBehindLatest"))

    def _subscribe(self, shard_id: str, position: Position) -> None:
        start: dict[str, Any] = {"Type": position.kind}
        if position.kind == "AFTER_SEQUENCE_NUMBER":
            start["SequenceNumber"] = position.value
        elif shard_id in self.continuations:
            start = {"Type": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": self.continuations[shard_id]}
        elif position.kind == "AT_TIMESTAMP":
            start["Timestamp"] = datetime.fromtimestamp(float(position.value or 0), UTC)
        answer = self.client().subscribe_to_shard(ConsumerARN=self.source.arn, ShardId=shard_id, StartingPosition=start)
        self.streams[shard_id] = answer["EventStream"]
        self.events[shard_id] = iter(answer["EventStream"])

    def _forget(self, shard_id: str) -> None:
        self.events.pop(shard_id, None)
        stream = self.streams.pop(shard_id, None)
        if stream is not None:
            stream.close()
