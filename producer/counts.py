"""What became of everything that was put: numbers that add up at any moment.

made = acknowledged + failed + pending
acknowledged <= user records in the stream <= acknowledged + uncertain
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Counts:
    """User records, unless told otherwise."""

    made: int = 0
    acknowledged: int = 0
    failed: int = 0
    sent_again: int = 0  # put once more, because Kinesis refused them or nobody knew
    uncertain: int = 0  # copies that unanswered puts may have stored beside the acknowledged ones
    requests: int = 0
    stream_records: int = 0  # acknowledged: what a reader counts before it takes aggregates apart
    bytes: int = 0  # of the acknowledged stream records, keys included
    refusals: Counter[str] = field(default_factory=Counter)  # stream records refused or unanswered, by error

    @property
    def pending(self) -> int:
        return self.made - self.acknowledged - self.failed
