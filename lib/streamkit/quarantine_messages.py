"""What quarantine is told of unusable records, in as few messages as an invocation has time for.

{"consumer", "shardId", "sequenceNumber", "index"}   its identity: a record kept twice is still one
{"reason", "arrivedAt"}
{"data": base64}  or, above 128 KiB,  {"dataKey"}: the object in the failures bucket, named by place and content

    up to 1,000 messages     one for each record; one for all of an aggregate that holds more than 500
    else                     one for all of an aggregate too, the most numerous first, until they are so few
    else                     those of consecutive records in objects of the bucket, one message for each object

A message for several records says for how many: {"unusableRecords"}. For an aggregate its index is 0 and its data the
whole aggregate, the clean records among them. For an object it has {"messagesKey", "lastSequenceNumber"}: there, one a
line, is what would have been sent apart, each with its data, of the records from the one number to the other.
"""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import groupby
from typing import Any

from streamkit.records import UserRecord

MOST_INLINE_BYTES = 128 * 1024
LONGEST_REASON = 1024

# Of one aggregate and of one invocation: 50 and 100 calls, and a few more where bytes do not fit into so many.
MOST_APART = 500
MOST_MESSAGES = 1_000
# The payload of an invocation, 6 MB, and what each line says besides make a dozen of these.
MOST_OBJECT_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Rejected:
    """A user record and why it cannot be used."""

    record: UserRecord
    reason: str
    correlation_id: str | None = None

    def facts(self) -> dict[str, Any]:
        """What a log line tells of it."""
        return {
            "shard": self.record.record.shard_id,
            "sequence_number": self.record.record.sequence_number,
            "index": self.record.index,
            "reason": self.reason,
            "correlation_id": self.correlation_id,
        }


@dataclass(frozen=True, slots=True)
class Message:
    """What the queue carries for `rejected`; `data_key` names the object that must stand before it is sent."""

    rejected: list[Rejected]
    body: str
    data: bytes
    data_key: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A record and what is to be said of it: one user record, or a whole aggregate."""

    rejected: list[Rejected]
    record: UserRecord
    reason: str
    more: dict[str, Any] = field(default_factory=dict)

    def contract(self, consumer: str) -> dict[str, Any]:
        source = self.record.record
        return {
            "consumer": consumer,
            "shardId": source.shard_id,
            "sequenceNumber": source.sequence_number,
            "index": self.record.index,
            "reason": self.reason[:LONGEST_REASON],
            "arrivedAt": self.record.arrived_at,
            **self.more,
        }

    def line(self, consumer: str) -> str:
        """All of it in one text. It is ASCII: SQS refuses some characters that a reason may quote."""
        return json.dumps(self.contract(consumer) | {"data": base64.b64encode(self.record.data).decode()})


def messages(consumer: str, rejected: list[Rejected]) -> Iterator[Message]:
    """The messages for all of them, in order: a function of the records alone, so that a retry sends the same."""
    groups = [list(group) for _, group in groupby(rejected, key=_place)]
    whole = kept_whole([len(group) for group in groups])
    entries = [entry for number, group in enumerate(groups) for entry in _entries(group, number in whole)]
    if len(entries) > MOST_MESSAGES:
        yield from _objects(consumer, entries)
    else:
        yield from (_message(consumer, entry) for entry in entries)


def kept_whole(sizes: list[int]) -> set[int]:
    """Which aggregates are one message each, given how many unusable records each Kinesis record has."""
    whole: set[int] = set()
    left = sum(sizes)
    for number in sorted(range(len(sizes)), key=lambda number: -sizes[number]):
        size = sizes[number]
        if size == 1 or (size <= MOST_APART and left <= MOST_MESSAGES):
            break
        whole.add(number)
        left -= size - 1
    return whole


def _place(rejected: Rejected) -> tuple[str, str, int]:
    """The Kinesis record that it is in; fan-out hands over each user record as one of its own."""
    record = rejected.record.record
    return record.shard_id, record.sequence_number, record.first_index


def _entries(group: list[Rejected], is_whole: bool) -> list[Entry]:
    return [_aggregate(group)] if is_whole else [Entry([one], one.record, one.reason) for one in group]


def _aggregate(rejected: list[Rejected]) -> Entry:
    first = rejected[0]
    aggregate = first.record.record
    return Entry(
        rejected,
        UserRecord(aggregate, aggregate.first_index, aggregate.partition_key, None, aggregate.data),
        f"{len(rejected)} user records of this aggregate are unusable, the first at index {first.record.index}: "
        f"{first.reason}",
        {"unusableRecords": len(rejected)},
    )


def _message(consumer: str, entry: Entry) -> Message:
    data = entry.record.data
    if len(data) <= MOST_INLINE_BYTES:
        return Message(entry.rejected, entry.line(consumer), data, None)
    key = _object_key(consumer, entry, data)
    return Message(entry.rejected, json.dumps(entry.contract(consumer) | {"dataKey": key}), data, key)


def _objects(consumer: str, entries: list[Entry]) -> Iterator[Message]:
    """The entries in objects of `MOST_MESSAGES` lines and `MOST_OBJECT_BYTES`, a longer line in one of its own."""
    some: list[Entry] = []
    lines: list[str] = []
    size = 0
    for entry in entries:
        line = entry.line(consumer)
        if some and (len(some) == MOST_MESSAGES or size + len(line) >= MOST_OBJECT_BYTES):
            yield _object(consumer, some, lines)
            some, lines, size = [], [], 0
        some.append(entry)
        lines.append(line)
        size += len(line) + 1
    yield _object(consumer, some, lines)


def _object(consumer: str, entries: list[Entry], lines: list[str]) -> Message:
    first, data = entries[0], "\n".join(lines).encode()
    rejected = [one for entry in entries for one in entry.rejected]
    last = entries[-1].record.record.sequence_number
    said = Entry(
        rejected,
        first.record,
        f"{len(rejected)} user records of {len(entries)} records up to {last} are unusable, the first: {first.reason}",
        {"unusableRecords": len(rejected), "lastSequenceNumber": last},
    )
    key = _object_key(consumer, first, data)
    return Message(rejected, json.dumps(said.contract(consumer) | {"messagesKey": key}), data, key)


def _object_key(consumer: str, entry: Entry, data: bytes) -> str:
    # Through fan-out an index begins anew in every batch that cuts an aggregate: two records may claim one place.
    source, digest = entry.record.record, sha256(data).hexdigest()[:16]
    return f"quarantine/{consumer}/{source.shard_id}/{source.sequence_number}/{entry.record.index}-{digest}"


def counted(messages: Iterable[Mapping[str, Any]]) -> Counter[str]:
    """How many different unusable records the messages stand for, by consumer.

    A retry that finds a batch cut otherwise may say apart what was said together. What is within an object's numbers
    is in the object, and what is of an aggregate that is kept whole is in that; only objects that overlap without one
    being in the other cannot be told apart here, and their lines can.
    """
    counts: Counter[str] = Counter()
    shards: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for one in messages:
        shards.setdefault((one["consumer"], one["shardId"]), []).append(one)
    for (consumer, _), of_shard in shards.items():
        counts[consumer] += _counted(of_shard)
    return counts


def _counted(messages: list[Mapping[str, Any]]) -> int:
    objects: dict[tuple[int, int], int] = {}
    aggregates: dict[tuple[int, int], int] = {}
    apart: set[tuple[int, int]] = set()
    for one in messages:
        position, index = int(one["sequenceNumber"]), one["index"]
        if "lastSequenceNumber" in one:
            objects[position, int(one["lastSequenceNumber"])] = one["unusableRecords"]
        elif "unusableRecords" in one:
            aggregates[position, index] = one["unusableRecords"]
        else:
            apart.add((position, index))
    outer = {ends: count for ends, count in objects.items() if not _within(ends, objects.keys() - {ends})}
    whole = {at for at, _ in aggregates}
    return (
        sum(outer.values())
        + sum(count for (at, _), count in aggregates.items() if not _within((at, at), outer))
        + sum(at not in whole and not _within((at, at), outer) for at, _ in apart)
    )


def _within(ends: tuple[int, int], others: Iterable[tuple[int, int]]) -> bool:
    return any(first <= ends[0] and ends[1] <= last for first, last in others)
