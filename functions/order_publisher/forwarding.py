"""Every change of a batch in turn: onto the bus, or, where it can never be an event, into the failures bucket.

changes    1 ok   2 no order   3 ok   4 throttled   5 ok
bus        1                   3
bucket           2
left                                  4             5
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from order_publisher.entry import Entry, UnpublishableChangeError, entry
from order_publisher.sink import BusSink, Sent
from order_publisher.unpublishable import Failures, Unpublishable
from streamkit.changes import Change
from streamkit.throttle import CALL_ERRORS, SecondsLeft, UnprovenError, error_name, is_passing

Record = Mapping[str, Any]


@dataclass(slots=True)
class Progress:
    """How far a batch has come: `settled` changes from the first on need not be delivered again."""

    settled: int = 0
    sent: list[Entry] = field(default_factory=list)
    unpublishable: list[Unpublishable] = field(default_factory=list)
    retries: int = 0
    refusal: str | None = None

    def note(self, run: list[Entry], sent: Sent) -> None:
        self.settled += sent.count
        self.sent += run[: sent.count]
        self.retries += sent.retries
        self.refusal = sent.refusal or self.refusal

    def keep(self, poison: Unpublishable, failures: Failures, seconds_left: SecondsLeft) -> bool:
        """Whether it is settled now. What no repetition mends, a denial, rises."""
        try:
            failures.keep(poison, seconds_left)
        except (*CALL_ERRORS, UnprovenError) as error:
            if not is_passing(error):
                raise
            self.refusal = error_name(error)
            return False
        self.settled += 1
        self.unpublishable.append(poison)
        return True


def forward(
    delivered: Sequence[Change], records: Sequence[Record], sink: BusSink, failures: Failures, seconds_left: SecondsLeft
) -> Progress:
    """Settle the changes in order, until all are, one can be neither sent nor kept now, or the time has run out."""
    made = [_made(change) for change in delivered]
    progress = Progress()
    while progress.settled < len(made) and (not progress.settled or seconds_left() > 0):
        reason = made[progress.settled]
        if isinstance(reason, Entry):
            run = _run(made[progress.settled :])
            sent = sink.send(run, seconds_left)
            progress.note(run, sent)
            if sent.count == len(run):
                continue
            if not sent.final:
                break
            reason = f"the bus refuses what it holds: {sent.refusal}"
        place = progress.settled
        poison = Unpublishable(delivered[place].sequence_number, records[place], reason)
        if not progress.keep(poison, failures, seconds_left):
            break
    return progress


def _made(change: Change) -> Entry | str:
    """The entry for a change, or why there can be none."""
    try:
        return entry(change)
    except UnpublishableChangeError as error:
        return str(error)


def _run(made: Sequence[Entry | str]) -> list[Entry]:
    """The entries up to the first change that has none."""
    run: list[Entry] = []
    for one in made:
        if not isinstance(one, Entry):
            break
        run.append(one)
    return run
