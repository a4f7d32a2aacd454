"""The totals table's items, and the writes that make them, as DynamoDB takes them.

    vendorId   window
    n          total#<bucket start>#<slot>
    n          part#<bucket start>#<shard>#<first sequence number>
    n          late#<shard>#<sequence number>#<index>
    0          mark#<shard>                  how far the shard is settled, and what is being written
    0          span#<shard>#<first>          which runs were counted together
    0          journal#<shard>#<first>#<n>   what is being written, until it is
    0          meaning                       what puts a trip into its bucket, one thing for all totals of the table

Sequence numbers in keys of spans carry their length in front, so that text orders them as integers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zlib import crc32

from domain.trip import item as trip_item
from window_aggregator.coverage import Span, runs_of, runs_text
from window_aggregator.folding import Late
from window_aggregator.parts import Closing, Part
from window_aggregator.sums import Sums

Item = dict[str, Any]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# DynamoDB's item may be 400 KB.
JOURNAL_PIECE_BYTES = 350_000

SUMS = ("trips", "passengers", "fareCents", "distanceMeters", "durationSeconds")
BOUNDS = {"minFareCents": ">", "maxFareCents": "<"}  # a standing bound that compares so must give way


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a shard is settled. `reach` is the last record of any span, also of one redriven out of turn."""

    last: int = 0
    reach: int = 0
    version: int = 0
    closing: str | None = None  # the name of the span that is being written
    pieces: int = 0

    def claimed(self, pieces: int) -> Mark:
        """This mark after a claim was put on it."""
        return replace(self, version=self.version + 1, pieces=pieces)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a total is of: neither is in its key, so totals of two meanings would be added to each other."""

    time: str
    bucket_seconds: int


def key(vendor: int, name: str) -> Item:
    return {"vendorId": {"N": str(vendor)}, "window": {"S": name}}


def ordered(sequence_number: int) -> str:
    return f"{len(str(sequence_number)):03}.{sequence_number}"


def instant(epoch_seconds: int) -> str:
    return (EPOCH + timedelta(seconds=epoch_seconds)).isoformat().removesuffix("+00:00") + "Z"


def mark_key(shard_id: str) -> Item:
    return key(0, f"mark#{shard_id}")


def span_name(shard_id: str, first: int) -> str:
    return f"span#{shard_id}#{ordered(first)}"


def part_key(part: Part) -> Item:
    return key(part.vendor, f"part#{instant(part.bucket)}#{part.shard_id}#{part.first}")


def total_key(part: Part, slots: int) -> Item:
    return key(part.vendor, f"total#{instant(part.bucket)}#{crc32(part.shard_id.encode()) % slots}")


def journal_key(span: str, piece: int) -> Item:
    return key(0, f"{span.replace('span#', 'journal#', 1)}#{piece}")


def mark_of(item: Mapping[str, Any] | None) -> Mark:
    if item is None:
        return Mark()
    return Mark(
        int(item.get("lastSequenceNumber", {"S": "0"})["S"]),
        int(item.get("reach", {"S": "0"})["S"]),
        int(item["version"]["N"]),
        item["closing"]["S"] if "closing" in item else None,
        int(item["pieces"]["N"]) if "pieces" in item else 0,
    )


def meaning_key() -> Item:
    return key(0, "meaning")


def meaning_of(item: Mapping[str, Any]) -> Meaning:
    return Meaning(item["time"]["S"], int(item["bucketSeconds"]["N"]))


def mean(table: str, meaning: Meaning) -> Item:
    """Say what the table's totals are of, if nothing does yet."""
    return {"TableName": table, "Key": meaning_key()} | expressed(
        "attribute_not_exists(#time)",
        {":time": {"S": meaning.time}, ":seconds": {"N": str(meaning.bucket_seconds)}},
        update="SET #time = :time, #bucketSeconds = :seconds",
    )


def span_of(item: Mapping[str, Any]) -> Span:
    return Span(runs_of(item["runs"]["S"]), item["redriven"]["BOOL"])


def part_of(item: Mapping[str, Any]) -> Part:
    _, _, shard_id, first = item["window"]["S"].split("#")
    sums = Sums(*(int(item[name]["N"]) for name in (*SUMS, *BOUNDS)))
    bucket = datetime.fromisoformat(item["window"]["S"].split("#")[1])
    return Part(
        int(item["vendorId"]["N"]),
        (bucket - EPOCH) // timedelta(seconds=1),
        shard_id,
        int(first),
        int(item["lastSequenceNumber"]["S"]),
        sums,
    )


def part_item(part: Part, closing: Closing, expires_at: int) -> Item:
    numbers = dict(zip((*SUMS, *BOUNDS), part.sums, strict=True))
    return (
        part_key(part)
        | {name: {"N": str(value)} for name, value in numbers.items()}
        | {
            "windowSeconds": {"N": str(closing.bucket_seconds)},
            "firstSequenceNumber": {"S": str(part.first)},
            "lastSequenceNumber": {"S": str(part.last)},
            "shardId": {"S": part.shard_id},
            "windowStart": {"S": closing.window_start},
            "windowEnd": {"S": closing.window_end},
            "expiresAt": {"N": str(expires_at)},
        }
    )


def late_item(late: Late, expires_at: int) -> Item:
    source = late.record.record
    facts = trip_item(late.trip) | {
        "shardId": source.shard_id,
        "sequenceNumber": source.sequence_number,
        "index": late.record.index,
        "arrivedAt": late.record.arrived_at,
        "latenessSeconds": int(late.lateness_seconds),
        "expiresAt": expires_at,
    }
    typed = {name: {"S": value} if isinstance(value, str) else {"N": str(value)} for name, value in facts.items()}
    return typed | key(late.trip.vendor_id, f"late#{source.shard_id}#{source.sequence_number}#{late.record.index}")


def write_part(table: str, item: Item, standing: Part | None) -> Item:
    """Put a part where none stands, or in the place of the one that was read there."""
    if standing is None:
        return {"Put": {"TableName": table, "Item": item} | expressed("attribute_not_exists(#vendorId)", {})}
    return {
        "Put": {"TableName": table, "Item": item}
        | expressed(
            "#lastSequenceNumber = :last AND #trips = :trips",
            {":last": {"S": str(standing.last)}, ":trips": {"N": str(standing.sums.trips)}},
        )
    }


def add_to_total(table: str, total: Item, addition: Sums, bucket_seconds: int) -> Item:
    values = {f":{name}": {"N": str(value)} for name, value in zip(SUMS, addition[:5], strict=True)}
    adds = ", ".join(f"#{name} :{name}" for name in SUMS)
    return {
        "Update": {"TableName": table, "Key": total}
        | expressed(
            update=f"SET #windowSeconds = :seconds ADD {adds}", values=values | {":seconds": {"N": str(bucket_seconds)}}
        )
    }


def move_bound(table: str, total: Item, name: str, value: int) -> Item:
    """Move a bound of a total, if it has not gone further already."""
    return {"TableName": table, "Key": total} | expressed(
        f"attribute_not_exists(#{name}) OR #{name} {BOUNDS[name]} :value",
        {":value": {"N": str(value)}},
        update=f"SET #{name} = :value",
    )


def claim(table: str, mark: Mark, closing: Closing, expires_at: int) -> list[Item]:
    """Write down what is going to be counted, provided that nothing of the shard has changed since `mark` was read."""
    name = span_name(closing.shard_id, closing.span.first)
    packed = closing.packed()
    pieces = [packed[start : start + JOURNAL_PIECE_BYTES] for start in range(0, len(packed), JOURNAL_PIECE_BYTES)]
    unchanged = "#version = :version AND attribute_not_exists(#closing)" if mark.version else ""
    values = {":next": {"N": str(mark.version + 1)}, ":closing": {"S": name}, ":pieces": {"N": str(len(pieces))}}
    span = key(0, name) | {
        "lastSequenceNumber": {"S": str(closing.span.last)},
        "runs": {"S": runs_text(closing.span.runs)},
        "redriven": {"BOOL": closing.span.redriven},
        "expiresAt": {"N": str(expires_at)},
    }
    return [
        {
            "Update": {"TableName": table, "Key": mark_key(closing.shard_id)}
            | expressed(
                unchanged or "attribute_not_exists(#version)",
                values | ({":version": {"N": str(mark.version)}} if mark.version else {}),
                update="SET #version = :next, #closing = :closing, #pieces = :pieces",
            )
        },
        {"Put": {"TableName": table, "Item": span}},
        *(
            {"Put": {"TableName": table, "Item": journal_key(name, number) | {"packed": {"B": piece}}}}
            for number, piece in enumerate(pieces)
        ),
    ]


def settle(table: str, mark: Mark, closing: Closing) -> list[Item]:
    """Advance the mark over what is counted now. A redriven batch lies behind it or beyond it, and does not move it."""
    last = mark.last if closing.span.redriven else max(mark.last, closing.span.last)
    reach = max(mark.reach, closing.span.last)
    name = span_name(closing.shard_id, closing.span.first)
    return [
        {
            "Update": {"TableName": table, "Key": mark_key(closing.shard_id)}
            | expressed(
                "#version = :version AND #closing = :closing",
                {
                    ":version": {"N": str(mark.version)},
                    ":closing": {"S": name},
                    ":last": {"S": str(last)},
                    ":reach": {"S": str(reach)},
                },
                update="SET #lastSequenceNumber = :last, #reach = :reach REMOVE #closing, #pieces",
            )
        },
        *({"Delete": {"TableName": table, "Key": journal_key(name, number)}} for number in range(mark.pieces)),
    ]


def expressed(condition: str = "", values: Mapping[str, Any] | None = None, update: str = "") -> Item:
    """The expressions of a request, every attribute by a placeholder: some of our names are DynamoDB's own words."""
    names = {f"#{name}": name for name in re.findall(r"#(\w+)", f"{condition} {update}")}
    given = {"ConditionExpression": condition, "UpdateExpression": update, "ExpressionAttributeNames": names}
    return {name: text for name, text in given.items() if text} | (
        {"ExpressionAttributeValues": dict(values)} if values else {}
    )
