"""How batches and calls are told."""

from __future__ import annotations

from collections.abc import Sequence

from local.engine.delivery import Failed, Outcome
from local.engine.entries import Entry
from local.engine.lane import Invoke
from local.engine.windows import Windowed

REASON_LENGTH = 200


def told_call(name: str, step: Invoke, result: Outcome, undone: int, seconds: float) -> str:
    """A line of --follow."""
    attempt = f", attempt {step.batch.invocations + 1}" if step.batch.invocations else ""
    left = f", {undone} of them left" if undone else ""
    why = (
        f" ({' '.join(result.reason[:REASON_LENGTH].split())})" if isinstance(result, Failed) and result.reason else ""
    )
    what, verdict = span(step.batch.entries, step.windowed), type(result).__name__
    return f"{name}: {what} -> {verdict}{why}{left} in {seconds * 1000:.0f} ms{attempt}"


def span(entries: Sequence[Entry], windowed: Windowed | None) -> str:
    """Which records, or which window's end."""
    if not entries:
        return (
            f"the final call of window {windowed.window.as_event()['start']}" if windowed is not None else "no record"
        )
    if len(entries) == 1:
        return f"record {entries[0].sequence_number}"
    return f"{len(entries)} records {entries[0].sequence_number}..{entries[-1].sequence_number}"
