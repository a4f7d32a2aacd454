"""What the flow's stores hold, in the words of the producer's report, and how the two differ.

report    expected.totals      expected.late     expected.quarantined   expected.distinctTrips
stores    total# of the table  late# of it       distinct messages      items of the trips table
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ops.expected import RECORDS, Expected, Sums, add, counted, expected
from ops.reconciliation import late_place, late_sums
from ops.totals import summed
from streamkit import quarantine_messages
from streamkit.changes import item

CLOSER = b"closer"  # how a record begins that is put only to end the windows before it


@dataclass(slots=True)
class Stock:
    """Totals and late trips by vendor and window, unusable records by consumer, trips that differ."""

    totals: dict[Any, Sums] = field(default_factory=dict)
    late: dict[Any, Sums] = field(default_factory=dict)
    quarantined: dict[Any, Sums] = field(default_factory=dict)
    distinct_trips: int = 0

    def differences(self, due: Expected) -> list[str]:
        """What is otherwise than expected, to the record and the cent."""
        rows = [
            *due.totals.differences(self.totals),
            *(f"late: {row}" for row in due.late.differences(self.late)),
            *(f"quarantined by {row}" for row in due.quarantined.differences(self.quarantined)),
        ]
        if self.distinct_trips != due.distinct_trips:
            rows.append(f"distinct trips must be {due.distinct_trips}, found {self.distinct_trips}")
        return rows


def reported(documents: Iterable[Mapping[str, Any]], consumers: Iterable[str]) -> Expected:
    """What the reports of producers at the same stream let one expect. All of it must be stored."""
    told = list(documents)
    assert [document["stopped"] for document in told if document["records"]["failed"]] == []
    return expected((document["expected"] for document in told), consumers)


def held(
    totals_items: Sequence[Mapping[str, Any]], messages: Sequence[Mapping[str, Any]], distinct_trips: int
) -> Stock:
    """What is in the totals table, in quarantine and in the trips table."""
    stock = Stock(distinct_trips=distinct_trips)
    stock.quarantined = {consumer: {RECORDS: count} for consumer, count in unusable(messages).items()}
    found = [item(one) for one in totals_items]
    stock.totals = counted(summed(one for one in found if one["window"].startswith("total#")))
    for one in found:
        if one["window"].startswith("late#"):
            add(stock.late, late_place(one), late_sums(one))
    return stock


def unusable(messages: Iterable[Mapping[str, Any]]) -> Counter[str]:
    """Different unusable records of each consumer; a message may stand for many."""
    return quarantine_messages.counted(one for one in messages if not is_closer(one))


def is_closer(message: Mapping[str, Any]) -> bool:
    return base64.b64decode(message.get("data", "")).startswith(CLOSER)
