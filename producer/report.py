"""What a run came to, to the record: for people as text, for programs as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from producer.counts import Counts
from producer.expectation import Expectation
from streamkit.instants import instant


@dataclass(frozen=True, slots=True)
class Report:
    """The producer's own counts beside those of the one who asked each record's future."""

    stream: str
    seed: int
    seconds: float
    counts: Counts
    expectation: Expectation
    made_repeated: int  # records that repeated another on purpose
    begun: float = 0.0  # epoch seconds
    not_made: int = 0  # records that were due, for which the time did not suffice
    stopped: str | None = None  # why the stream took no more, where it did not
    interrupted: bool = False

    @property
    def reconciles(self) -> bool:
        """Whether every record made is accounted for, twice, with the same result."""
        counts, expectation = self.counts, self.expectation
        return counts.pending == 0 and (counts.acknowledged, counts.failed) == (
            expectation.acknowledged.total(),
            expectation.failed,
        )

    @property
    def records_per_second(self) -> float:
        return self.counts.acknowledged / self.seconds if self.seconds else 0.0

    def document(self) -> dict[str, Any]:
        counts = self.counts
        return {
            "stream": self.stream,
            "seed": self.seed,
            "begunAt": instant(self.begun),
            "seconds": round(self.seconds, 3),
            "stopped": self.stopped,
            "interrupted": self.interrupted,
            "reconciles": self.reconciles,
            "records": {
                "made": counts.made,
                "notMade": self.not_made,
                "acknowledged": counts.acknowledged,
                "failed": counts.failed,
                "uncertain": counts.uncertain,
                "repeatedOnPurpose": self.made_repeated,
                "sentAgain": counts.sent_again,
                "perSecond": round(self.records_per_second, 1),
            },
            "requests": counts.requests,
            "streamRecords": counts.stream_records,
            "bytes": counts.bytes,
            "refusals": dict(sorted(counts.refusals.items())),
            "expected": self.expectation.document(),
        }

    def text(self) -> str:
        counts = self.counts
        kinds = ", ".join(f"{n:,} {kind.replace('_', ' ')}" for kind, n in self.expectation.acknowledged.items())
        refusals = ", ".join(f"{code} {number:,}" for code, number in counts.refusals.most_common())
        rows: list[tuple[str, int, str]] = [
            ("made", counts.made, f"{self.made_repeated:,} of them repeated on purpose"),
            ("acknowledged", counts.acknowledged, kinds),
            ("failed", counts.failed, self.stopped or ""),
            ("uncertain", counts.uncertain, "copies that puts without an answer may have stored besides"),
            ("sent again", counts.sent_again, refusals),
            ("requests", counts.requests, f"{counts.stream_records:,} stream records, {counts.bytes:,} bytes"),
            ("records/s", round(self.records_per_second), f"acknowledged, over {self.seconds:.1f} s"),
        ]
        lines = [f"{name:<14}{number:>12,}   {note}".rstrip() for name, number, note in rows]
        if self.not_made:
            lines.append(f"{self.not_made:,} more were due: this machine or the stream is slower than the rate.")
        if not self.reconciles:
            lines.append("These numbers do not add up: the report is wrong.")
        return "\n".join(lines)
