"""A batch of one shard: what of it is to be written, what is unusable, and what Lambda is told in the end.

    records    10      11 (aggregate)   12       13
               trip A  trip B, no trip  trip A'  trip C
    puts       A' for 10 and 12,  B for 11,  C for 13
    unusable   11/1

Only the last of several records with one `tripId` is put (DynamoDB refuses a key twice in one call, and the first of
two would be overwritten anyway), but the put stands for all of them: if it fails, all of them have failed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from domain.trip import Trip, Unusable, item, parse
from streamkit.quarantine_messages import Rejected
from streamkit.records import Record, UserRecord


class BatchFailedError(RuntimeError):
    """Nothing of a batch could be settled; Lambda shall see a function error, and retry or bisect."""


@dataclass(frozen=True, slots=True)
class Put:
    """A clean trip on its way to the table, and the records that have come to their end when it is there."""

    item: dict[str, str | int]
    records: list[UserRecord]


@dataclass(frozen=True, slots=True)
class Batch:
    """Every user record of an event in its place: each is behind one put, or unusable."""

    records: list[Record]
    puts: list[Put]
    unusable: list[Rejected]

    def settled(self, unwritten: list[UserRecord], quarantined: int, unkept: list[UserRecord]) -> Settlement:
        """What became of the batch: `unwritten` did not reach the table, `unkept` did not reach quarantine."""
        clean = sum(len(put.records) for put in self.puts)
        return Settlement(
            user_records=clean + len(self.unusable),
            written=clean - len(unwritten),
            quarantined=quarantined,
            earliest_failed=earliest([*unwritten, *unkept]),
        )

    def unusable_before(self, returned: Record | None) -> list[Rejected]:
        """The unusable records that will be acknowledged if the batch comes back from `returned` on.

        The others come back with it. To quarantine them now would repeat them with every retry of a long outage.
        """
        if returned is None:
            return self.unusable
        return [one for one in self.unusable if one.record.record.position < returned.position]


def batch_of(records: list[Record]) -> Batch:
    """Every user record of `records` parsed: one put for each `tripId`, and what is unusable."""
    trips: dict[str, Trip] = {}
    holders: defaultdict[str, list[UserRecord]] = defaultdict(list)
    unusable: list[Rejected] = []
    for record in records:
        for user_record in record.user_records():
            match parse(user_record.data):
                case Unusable(reason, correlation_id):
                    unusable.append(Rejected(user_record, user_record.flaw or reason, correlation_id))
                case trip:
                    trips[trip.trip_id] = trip
                    holders[trip.trip_id].append(user_record)
    puts = [Put(item(trip), holders[trip_id]) for trip_id, trip in trips.items()]
    return Batch(records, puts, unusable)


def earliest(user_records: Iterable[UserRecord]) -> Record | None:
    """The earliest Kinesis record among those that hold `user_records`; None if there are none."""
    return min((user_record.record for user_record in user_records), key=lambda record: record.position, default=None)


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of a batch, counted in user records: every one is written, quarantined, or comes back."""

    user_records: int
    written: int
    quarantined: int
    earliest_failed: Record | None

    @property
    def returned(self) -> int:
        return self.user_records - self.written - self.quarantined

    def answer(self, refusal: str | None) -> dict[str, list[dict[str, str]]]:
        """What Lambda is told: it delivers again from the earliest failed record on."""
        if self.earliest_failed is None:
            return {"batchItemFailures": []}
        if self.returned == self.user_records:
            raise BatchFailedError(
                f"a batch must get on; got {self.user_records} user records and settled none, the first at "
                f"{self.earliest_failed.sequence_number}: {refusal or 'the time ran out'}; Lambda tries it again, "
                "look at the throttles of the trips table and of the quarantine queue"
            )
        return {"batchItemFailures": [{"itemIdentifier": self.earliest_failed.sequence_number}]}
