"""Kinesis records of an event, and the user records inside them.

    event ── Record ─────────── UserRecord 0          plain
          ── Record (aggregate) UserRecord 0, 1, 2    packed by the Kinesis Producer Library

A user record is known by (shard, sequence number, index), however often it is delivered.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from streamkit.instants import LATEST, instant
from streamkit.kpl import Flawed, unpack


class EventError(ValueError):
    """The event is not what a Kinesis mapping sends."""


# Structs rather than dataclasses: thousands are made per invocation, and a frozen dataclass takes five times as long.
class Record(msgspec.Struct, frozen=True, gc=False):
    """One Kinesis record, the unit that Lambda acknowledges and delivers again."""

    shard_id: str
    sequence_number: str
    partition_key: str
    arrived: float  # epoch seconds, as Kinesis stamped it
    data: bytes
    # Enhanced fan-out hands over the user records of an aggregate one by one, all under its sequence number.
    first_index: int = 0

    @property
    def position(self) -> int:
        """The place in the shard: sequence numbers order as integers, not as text."""
        return int(self.sequence_number)

    def user_records(self) -> list[UserRecord]:
        """The user records inside, in order: many for an aggregate, else the one."""
        match unpack(self.data):
            case None:
                return [UserRecord(self, self.first_index, self.partition_key, None, self.data)]
            case Flawed(flaw):
                return [UserRecord(self, self.first_index, self.partition_key, None, self.data, flaw)]
            case packed:
                return [
                    UserRecord(self, index, partition_key, hash_key, data)
                    for index, (partition_key, hash_key, data) in enumerate(packed, self.first_index)
                ]


class UserRecord(msgspec.Struct, frozen=True, gc=False):
    """What a producer put, out of its aggregate if it was in one."""

    record: Record
    index: int
    partition_key: str
    explicit_hash_key: str | None
    data: bytes
    flaw: str | None = None  # set when the payload begins as an aggregate and is none

    @property
    def arrived_at(self) -> str:
        """Arrival in ISO-8601, as messages and items carry it."""
        return instant(self.record.arrived)


def records(event: Mapping[str, Any]) -> list[Record]:
    """The Kinesis records of `event`, in shard order."""
    delivered = event.get("Records")
    if not isinstance(delivered, Sequence) or isinstance(delivered, str):
        raise EventError(
            f"event must carry a list of Kinesis records under Records; got the keys {sorted(event)}; "
            "invoke this function through a Kinesis event source mapping"
        )
    return list(_records(delivered))


def user_records(event: Mapping[str, Any]) -> list[UserRecord]:
    """Every user record of `event`, in shard order."""
    return [user_record for record in records(event) for user_record in record.user_records()]


def _records(delivered: Sequence[Mapping[str, Any]]) -> Iterator[Record]:
    sequence_number, index = "", 0
    for entry in delivered:
        try:
            kinesis = entry["kinesis"]
            index = index + 1 if kinesis["sequenceNumber"] == sequence_number else 0
            sequence_number = kinesis["sequenceNumber"]
            yield Record(
                entry["eventID"].partition(":")[0],
                sequence_number,
                kinesis["partitionKey"],
                _arrived(kinesis["approximateArrivalTimestamp"]),
                _payload(kinesis["data"]),
                index,
            )
        except (KeyError, TypeError, AttributeError) as error:
            source = entry.get("eventSource") if isinstance(entry, Mapping) else type(entry).__name__
            raise EventError(
                f"every record must have the shape of a Kinesis event; got one of {source!r} without {error}; "
                "invoke this function through a Kinesis event source mapping"
            ) from error


def _arrived(epoch_seconds: float) -> float:
    if not 0 <= epoch_seconds <= LATEST:  # so also for what is not a number
        raise EventError(
            f"approximateArrivalTimestamp must be epoch seconds within the years 1970 to 9999; got {epoch_seconds!r}; "
            "invoke this function through a Kinesis event source mapping"
        )
    return epoch_seconds


def _payload(text: str) -> bytes:
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        # Lambda encodes every payload itself; a hand-made event may not, and what it holds is kept as it stands.
        return text.encode(errors="surrogatepass")
