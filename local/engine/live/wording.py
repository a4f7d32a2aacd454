"""How batches, calls and numbers of things are told."""

from __future__ import annotations

from collections.abc import Sequence

from local.engine.delivery import Failed, Outcome
from local.engine.entries import Entry
from local.engine.lane import Invoke
from local.engine.windows import Windowed

REASON_LENGTH = 200


def told_call(name: str, step: Invoke, result: Outcome, undone: int, seconds: float, refusal: str | None) -> str:
    """A line of --follow; with a `refusal` the function did not run, and not for lack of concurrency."""
    attempt = f", attempt {step.batch.invocations + 1}" if step.batch.invocations else ""
    left = f", {undone} of them left" if undone else ""
    what = span(step.batch.entries, step.windowed)
    if refusal is not None:
        verdict, why = "not invoked", _reason(refusal)
    else:
        verdict, why = type(result).__name__, _reason(result.reason) if isinstance(result, Failed) else ""
    return f"{name}: {what} -> {verdict}{why}{left} in {seconds * 1000:.0f} ms{attempt}"


def _reason(text: str) -> str:
    return f" ({' '.join(text[:REASON_LENGTH].split())})" if text else ""


def span(entries: Sequence[Entry], windowed: Windowed | None) -> str:
    """Which records, or which window's end."""
    if not entries:
        return (
            f"the final call of window {windowed.window.as_event()['start']}" if windowed is not None else "no record"
        )
    if len(entries) == 1:
        return f"record {entries[0].sequence_number}"
    return f"{len(entries)} records {entries[0].sequence_number}..{entries[-1].sequence_number}"


def counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
