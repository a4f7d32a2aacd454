"""What an invocation tells: one log line, its metrics, and a line for each of the first unusable records."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import msgspec
from aws_lambda_powertools.logging import Logger

from streamkit.metrics import Measure, measure
from window_aggregator.calls import WindowCall
from window_aggregator.delivery import Delivery
from window_aggregator.state import Folded
from window_aggregator.table import Tally

MOST_RECORD_LINES = 20  # quarantine holds all of them


class Told:
    """Collects an invocation's facts while it runs."""

    def __init__(self, facts: dict[str, Any], call: WindowCall, delivered: Delivery, tally: Tally) -> None:
        self.facts = facts
        self.tally = tally
        self.before = replace(tally)  # a process serves many invocations
        self.newest: float | None = None
        facts |= {
            "shard": call.shard_id,
            "window": call.window.start,
            "final": call.is_final_invoke_for_window,
            "early": call.is_window_terminated_early,
            "redrive": call.redrive,
            "records": len(delivered.numbers),
            "unusable": 0,
            "late": 0,
        }

    def folded(self, folded: Folded, log: Logger) -> None:
        """Note what was kept out of the state, and how new the rest is."""
        for rejected in folded.rejected[: max(0, MOST_RECORD_LINES - self.facts["unusable"])]:
            log.warning("record_unusable", extra=rejected.facts())
        self.facts["unusable"] += len(folded.rejected)
        self.facts["late"] += len(folded.late)
        self.newest = max(filter(None, (self.newest, folded.newest)), default=None)

    def answer(self, state: dict[str, str], now: float) -> dict[str, Any]:
        """The answer to Lambda, after the figures were told."""
        is_close = self.facts["final"] and not self.facts["redrive"]
        self.facts |= {
            "parts": self.tally.parts - self.before.parts,
            "conflicts": self.tally.conflicts - self.before.conflicts,
            "state_bytes": len(msgspec.json.encode(state)),
        }
        measures = [
            Measure("RecordsReceived", "Count", self.facts["records"]),
            Measure("RecordsQuarantined", "Count", self.facts["unusable"]),
            Measure("RecordsLate", "Count", self.facts["late"]),
            Measure("WindowsClosed", "Count", int(is_close)),
            Measure("WindowsTerminatedEarly", "Count", int(self.facts["early"])),
            Measure("PartsWritten", "Count", self.facts["parts"]),
            Measure("PartConflicts", "Count", self.facts["conflicts"]),
            Measure("StateBytes", "Bytes", self.facts["state_bytes"]),
        ]
        if self.newest is not None:
            measures.append(Measure("EventLag", "Seconds", max(0.0, round(now - self.newest, 3))))
        measure(*measures)
        return {"state": state}


@contextmanager
def final_failure_told(call: WindowCall) -> Iterator[None]:
    """A final call that fails is counted: until it succeeds or is given up, its shard stands still."""
    try:
        yield
    except Exception:
        if call.is_final_invoke_for_window and not call.redrive:
            measure(Measure("FinalCallsFailed", "Count", 1))
        raise
