"""What a closed window leaves: one part for each vendor and bucket, and what a part adds to its total.

standing part          ours                  the total gets
none                   41..60, 7 trips       7 trips
41..60, 7 trips        41..60, 7 trips       nothing: a repeat
41..55, 4 trips        41..60, 7 trips       3 trips: ours reaches further
41..70, 9 trips        41..60, 7 trips       nothing: theirs does
anything else                                an error
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass

from window_aggregator.coverage import Span, runs_of, runs_text
from window_aggregator.sums import Cells, Sums, cells_of, cells_text


class PartConflictError(RuntimeError):
    """A part stands that is neither a repeat, nor a beginning, nor a continuation of ours."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one span of a shard adds to one total; named by vendor, bucket, shard and first sequence number."""

    vendor: int
    bucket: int
    shard_id: str
    first: int
    last: int
    sums: Sums


@dataclass(frozen=True, slots=True)
class Closing:
    """A span on its way into the totals. It is written down whole before any part of it stands."""

    shard_id: str
    window_start: str
    window_end: str
    bucket_seconds: int
    span: Span
    cells: Cells

    def parts(self) -> list[Part]:
        return [
            Part(vendor, bucket, self.shard_id, self.span.first, self.span.last, sums)
            for (vendor, bucket), sums in self.cells.items()
        ]

    def packed(self) -> bytes:
        facts = {
            "shardId": self.shard_id,
            "windowStart": self.window_start,
            "windowEnd": self.window_end,
            "bucketSeconds": self.bucket_seconds,
            "redriven": self.span.redriven,
            "runs": runs_text(self.span.runs),
            "cells": cells_text(self.cells),
        }
        return zlib.compress(json.dumps(facts).encode())


def unpacked(packed: bytes) -> Closing:
    facts = json.loads(zlib.decompress(packed))
    return Closing(
        facts["shardId"],
        facts["windowStart"],
        facts["windowEnd"],
        facts["bucketSeconds"],
        Span(runs_of(facts["runs"]), facts["redriven"]),
        cells_of(facts["cells"]),
    )


def addition(ours: Part, standing: Part | None) -> Sums | None:
    """What the total lacks of `ours` when `standing` is in it; None when it lacks nothing."""
    if standing is None:
        return ours.sums
    match (ours.last > standing.last) - (ours.last < standing.last):
        case 0 if ours.sums == standing.sums:
            return None
        case 1 if _grew(standing.sums, ours.sums):
            return ours.sums.beyond(standing.sums)
        case -1 if _grew(ours.sums, standing.sums):
            return None
    raise PartConflictError(
        f"a part must repeat, begin or continue the one that stands; got {ours}, and {standing} stands: two functions "
        "write to this table, or a part was changed by hand; nothing was added, compare both with the stream"
    )


def _grew(shorter: Sums, longer: Sums) -> bool:
    """Whether `longer` can be `shorter` and more."""
    return (
        all(less <= more for less, more in zip(shorter[:5], longer[:5], strict=True))
        and longer.min_fare_cents <= shorter.min_fare_cents
        and longer.max_fare_cents >= shorter.max_fare_cents
    )
