"""Which records of a shard are counted already, and what that means for those about to be.

A *run* is a stretch of consecutive records folded from one batch; a *span* is all the runs that were counted together,
as one window's state or as one redriven batch. Sequence numbers have holes of their own, so a stretch between two
runs may be empty or may be a batch that was discarded: only runs say what was counted.

    records    1  2  3  4  5  6  7  8  9         5 and 6 were discarded
    runs      [1  2][3  4]      [7  8  9]        one span, counted when its window closed
                          [5  6]                 the span of their redrive: nothing of it is counted twice
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import NamedTuple


class OverlapError(RuntimeError):
    """Some records are counted already and some are not, and the sums cannot be told apart."""


class Run(NamedTuple):
    """Consecutive records of a shard, both ends included."""

    first: int
    last: int
    records: int

    def meets(self, other: Run) -> bool:
        return self.first <= other.last and other.first <= self.last

    def holds(self, other: Run) -> bool:
        return self.first <= other.first and other.last <= self.last


class Span(NamedTuple):
    """Runs that were counted together. A redriven one may lie in a hole of another span."""

    runs: Sequence[Run]
    redriven: bool

    @property
    def first(self) -> int:
        return self.runs[0].first

    @property
    def last(self) -> int:
        return self.runs[-1].last


class Share(Enum):
    NONE = "none"
    SOME = "some"
    ALL = "all"


class Verdict(Enum):
    COUNT = "count"  # none of it is counted
    EXTEND = "extend"  # the beginning is: count the difference
    REPEAT = "repeat"  # all of it is: nothing to do


def judge(span: Span, counted: Sequence[Span]) -> Verdict:
    """What to do with `span`, when `counted` are the spans in its stretch of the shard."""
    theirs = [run for other in counted for run in other.runs]
    match share(span.runs, theirs):
        case Share.NONE:
            return Verdict.COUNT
        case Share.ALL:
            return Verdict.REPEAT
    met = [other for other in counted if share(other.runs, span.runs) is not Share.NONE]
    if len(met) == 1 and met[0].first == span.first and share(met[0].runs, span.runs) is Share.ALL:
        return Verdict.EXTEND
    raise OverlapError(
        f"records must be counted together or apart; got {span.first} to {span.last}, of which "
        f"{', '.join(f'{other.first} to {other.last}' for other in met)} was counted in another cut; nothing was "
        "added: if a discarded final call was sent again, redrive its records from the stream instead, what is counted "
        "of them is passed over; if two mappings read this shard, delete both and create one at TRIM_HORIZON"
    )


def share(ours: Sequence[Run], theirs: Sequence[Run]) -> Share:
    """How much of our records is among theirs."""
    shares = {_share(run, [other for other in theirs if other.meets(run)]) for run in ours}
    return shares.pop() if len(shares) == 1 else Share.SOME


def _share(run: Run, met: list[Run]) -> Share:
    if not met:
        return Share.NONE
    if any(other.holds(run) and other.records >= run.records for other in met):
        return Share.ALL
    # Cut into other batches: whether anything of ours lies between theirs is known by counting.
    if all(run.holds(other) for other in met) and sum(other.records for other in met) == run.records:
        return Share.ALL
    return Share.SOME


def is_covered(position: int, runs: Iterable[Run]) -> bool:
    return any(run.first <= position <= run.last for run in runs)


def runs_text(runs: Iterable[Run]) -> str:
    """`gap+length*records` of each run in hexadecimal: neighbours share most of their 56 digits."""
    pieces, position = [], 0
    for run in runs:
        pieces.append(f"{run.first - position:x}+{run.last - run.first:x}*{run.records:x}")
        position = run.last
    return " ".join(pieces)


def runs_of(text: str) -> tuple[Run, ...]:
    runs, position = [], 0
    for piece in text.split():
        gap, _, rest = piece.partition("+")
        length, _, records = rest.partition("*")
        first = position + int(gap, 16)
        position = first + int(length, 16)
        runs.append(Run(first, position, int(records, 16)))
    return tuple(runs)
