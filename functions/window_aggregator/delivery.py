"""What an invocation brings: records of one shard, in columns, and the trips inside them in chunks.

    records   10       11 (aggregate)   12 (aggregate)   13       14
    chunks    [10]     [11/0 11/1 ..]   [12/0 12/1 ..]   [13       14]

Whole chunks are parsed and summed at once; only what is no trip is looked at by itself.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from math import isfinite
from typing import Any

import msgspec

from streamkit.instants import LATEST
from streamkit.kpl import MAGIC, payloads
from streamkit.records import EventError, Record, UserRecord, records

# One poison costs its chunk the fast way.
MOST_PLAIN_RECORDS = 100

MOST_DIGITS = 129  # of a sequence number, says the API


@dataclass(frozen=True, slots=True)
class Chunk:
    """User records to be looked at together: those of one aggregate, or of plain records."""

    payloads: list[bytes]
    arrivals: list[float]
    places: Sequence[int]  # in the delivery: of the aggregate, or of each plain record
    is_aggregate: bool


@dataclass(frozen=True, slots=True)
class Delivery:
    """Records of one shard. A record without payload, such as the deletion of an item, carries no trip."""

    shard_id: str
    numbers: list[str]
    arrivals: list[float]
    payloads: list[bytes | None]
    entries: Sequence[Mapping[str, Any]]

    def ascends_beyond(self, position: int) -> bool:
        """Whether all records lie beyond `position`, each beyond the one before."""
        numbers = self.numbers
        if _position(numbers[0]) <= position:
            return False
        _position(numbers[-1])  # only the ends become those of a run; what else does not read is found one by one
        try:
            # Texts of one length order as their integers do, at a tenth of the price.
            return len(set(map(len, numbers))) == 1 and all(map(operator.lt, numbers, islice(numbers, 1, None)))
        except TypeError:
            return False

    def positions(self) -> list[int]:
        """Every sequence number as an integer."""
        return list(map(_position, self.numbers))

    def chunks(self, places: Sequence[int]) -> Iterator[Chunk]:
        """The user records at `places`, in order."""
        kept = self.payloads
        # What needs a look by itself is found in one pass: most deliveries are all aggregates, or all plain.
        apart = [at for at, place in enumerate(places) if (payload := kept[place]) is None or payload.startswith(MAGIC)]
        begun = 0
        for at in apart:
            yield from self._plain(places[begun:at])
            yield from self._apart(places[at])
            begun = at + 1
        yield from self._plain(places[begun:])

    def _apart(self, place: int) -> Iterator[Chunk]:
        if (payload := self.payloads[place]) is None:
            return
        inside = payloads(payload)
        if isinstance(inside, list):
            yield Chunk(inside, [self.arrivals[place]] * len(inside), (place,), is_aggregate=True)
        else:  # an aggregate with a flaw, which is no trip
            yield from self._plain((place,))

    def _plain(self, places: Sequence[int]) -> Iterator[Chunk]:
        for start in range(0, len(places), MOST_PLAIN_RECORDS):
            some = places[start : start + MOST_PLAIN_RECORDS]
            found = [self.payloads[place] for place in some]
            yield Chunk(found, [self.arrivals[place] for place in some], some, is_aggregate=False)  # type: ignore[arg-type]  # none is absent

    def user_records(self, chunk: Chunk, ats: Sequence[int]) -> list[UserRecord]:
        """Some user records of a chunk, with all that quarantine wants to know of them."""
        if ats and chunk.is_aggregate:
            # Taken apart once: an aggregate may be unusable to its last record.
            inside = records({"Records": [self.entries[chunk.places[0]]]})[0].user_records()
            return [inside[at] for at in ats]
        return [self._user_record(chunk.places[at]) for at in ats]

    def _user_record(self, place: int) -> UserRecord:
        entry = self.entries[place]
        if "kinesis" in entry:
            (only,) = records({"Records": [entry]})[0].user_records()
            return only
        record = Record(
            self.shard_id,
            self.numbers[place],
            json.dumps(entry["dynamodb"].get("Keys")),
            self.arrivals[place],
            self.payloads[place] or b"",
        )
        return UserRecord(record, 0, record.partition_key, None, record.data)


def _position(number: object) -> int:
    """A sequence number as the integer by which records order."""
    if isinstance(number, str) and number.isascii() and number.isdigit() and len(number) <= MOST_DIGITS and int(number):
        return int(number)
    raise EventError(
        f"every sequence number must be the digits of one above 0, at most {MOST_DIGITS}; got {number!r:.200}; invoke "
        "this function through an event source mapping"
    )


def delivery(event: Mapping[str, Any], shard_id: str) -> Delivery:
    """The records of a Kinesis stream or of a table's stream."""
    entries = event.get("Records") or []
    if isinstance(entries, list) and entries and isinstance(entries[0], Mapping) and "dynamodb" in entries[0]:
        return _changes(entries, shard_id)
    try:
        columns = [entry["kinesis"] for entry in entries]
        return Delivery(
            shard_id,
            [column["sequenceNumber"] for column in columns],
            _moments([column["approximateArrivalTimestamp"] for column in columns]),
            # Its base64 is four times as fast as the standard library's.
            msgspec.convert([column["data"] for column in columns], list[bytes]),
            entries,
        )
    except (KeyError, TypeError, ValueError):
        return _as_read(event, shard_id)


def _moments(arrivals: list[float]) -> list[float]:
    """The arrivals, if each is a moment: one that compares with nothing would be in time whatever it is."""
    if arrivals and not (isfinite(sum(arrivals)) and min(arrivals) >= 0 and max(arrivals) <= LATEST):
        raise ValueError("a moment within the years 1970 to 9999")
    return arrivals


def _as_read(event: Mapping[str, Any], shard_id: str) -> Delivery:
    """The careful way: it bears hand-made payloads, and says what is wrong with any other event."""
    read = records(event)
    return Delivery(
        shard_id,
        [record.sequence_number for record in read],
        [record.arrived for record in read],
        [record.data for record in read],
        event["Records"],
    )


def _changes(entries: Sequence[Mapping[str, Any]], shard_id: str) -> Delivery:
    """Changes of a table of trips: a trip is a fact, so it counts when its item is new and never again."""
    try:
        changes = [entry["dynamodb"] for entry in entries]
        return Delivery(
            shard_id,
            [change["SequenceNumber"] for change in changes],
            _moments([change["ApproximateCreationDateTime"] for change in changes]),
            [
                _image(change["NewImage"]) if entry["eventName"] == "INSERT" else None
                for entry, change in zip(entries, changes, strict=True)
            ],
            entries,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise EventError(
            f"every change must have the shape of a table stream's event with new images; got one without {error}; "
            "the table's stream needs the view NEW_IMAGE or NEW_AND_OLD_IMAGES"
        ) from error


def _image(image: Mapping[str, Mapping[str, Any]]) -> bytes:
    """The item as its producer would have sent it."""
    sent = {name: _value(typed) for name, typed in image.items()}
    return json.dumps(sent).encode()


def _value(typed: Mapping[str, Any]) -> Any:
    ((kind, value),) = typed.items()
    if kind == "N":
        return int(value) if value.lstrip("-").isdigit() else float(value)
    return value
