"""A timeline in words: one line per thing that happened.

+0.000s  shardId-000000000000  read #0-#2
+0.000s  shardId-000000000000  invocation 1 (request 0001) with #0-#2, first attempt
+0.050s  shardId-000000000000      invocation 1: failed (ValueError: bad): halved into #0 and #1-#2, each with ...
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from local.engine.delivery import Commit, Redeliver
from local.engine.timeline import Discarded, Happening, Invocation, Timeline
from local.engine.windows import Call, Turn, Window

Line = tuple[float, str, str]


def explain(timeline: Timeline, record: int | None = None) -> str:
    """`record`: only what concerns `records[record]`, the end of its window included."""
    lines = sorted(
        ((at, printable(where), printable(what)) for at, where, what in _lines(timeline, record)),
        key=lambda line: line[0],
    )
    if not lines:
        return "Nothing happened." if record is None else f"Nothing happened to record #{record}."
    start = timeline.happenings[0].at
    width = max(len(where) for _, where, _ in lines)
    head = (
        f"#n is records[n]; times are seconds since {datetime.fromtimestamp(start, UTC):%Y-%m-%dT%H:%M:%S}Z ({start:g})"
    )
    return "\n".join([head, *(f"{at - start:+12.3f}s  {where:{width}}  {what}" for at, where, what in lines)])


def printable(text: str) -> str:
    """Text of others on one line: what would end it, move the cursor or has no UTF-8 form is shown as its escape."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def _lines(timeline: Timeline, record: int | None) -> Iterator[Line]:
    number = 0
    concerns = None if record is None else _concerning(timeline, record)
    for happening in timeline.happenings:
        if isinstance(happening, Invocation) and not happening.too_large:
            number += 1
        if concerns is not None and not concerns(happening):
            continue
        match happening:
            case Invocation():
                yield from _invocation(happening, number, timeline.place_of)
            case Discarded():
                yield happening.at, happening.shard_id, _discarded(happening, timeline.place_of)
            case Happening():
                text = f"{happening.text} {places(happening.names, timeline.place_of)}".rstrip()
                yield happening.at, happening.shard_id, text


def _concerning(timeline: Timeline, record: int) -> Callable[[Happening | Invocation | Discarded], bool]:
    """Whether something happened to a record, or without records to a window that it was delivered in."""

    def names_it(happening: Happening | Invocation | Discarded) -> bool:
        return record in {timeline.place_of(name) for name in happening.names}

    def window_of(call: Invocation | Discarded) -> tuple[str, Window | None]:
        return call.shard_id, call.turn.window if call.turn is not None else None

    windows = {window_of(invocation) for invocation in timeline.invocations if invocation.turn and names_it(invocation)}
    return lambda happening: (
        names_it(happening) if happening.names or isinstance(happening, Happening) else window_of(happening) in windows
    )


def _invocation(invocation: Invocation, number: int, place_of: Callable[[str], int]) -> Iterator[Line]:
    where = invocation.shard_id
    what = places(invocation.names, place_of)
    told = f"{window(invocation.turn)}, {attempt(invocation)}"
    if invocation.too_large:
        name = "too large to send"
        yield invocation.at, where, f"{name}: {what or 'final call'}{told}"
    else:
        name = f"invocation {number}"
        call = f"with {what}" if what else "final call"
        yield invocation.at, where, f"{name} (request {invocation.request_id[-4:]}) {call}{told}"
    if invocation.verdict:
        yield invocation.ended, where, f"    {name}: {verdict(invocation, place_of)}"


def attempt(invocation: Invocation) -> str:
    if invocation.attempt > 1:
        return f"attempt {invocation.attempt} of the same batch"
    return f"first attempt, cut from request {invocation.cut_from[-4:]}" if invocation.cut_from else "first attempt"


def window(turn: Turn | None) -> str:
    if turn is None:
        return ""
    kind = {Call.ORDINARY: "", Call.FINAL: ", it closes", Call.EARLY_FINAL: ", terminated early"}[turn.call]
    return f" in window [{turn.window.start}, {turn.window.end}){kind}"


def verdict(invocation: Invocation, place_of: Callable[[str], int]) -> str:
    again = [step.batch for step in invocation.steps if isinstance(step, Redeliver)]
    named = [places([entry.sequence_number for entry in batch.entries], place_of) for batch in again]
    match invocation.verdict:
        case "Succeeded":
            return "succeeded"
        case "Throttled":
            return "throttled, tried again without spending a retry"
        case "FailedAt" if any(isinstance(step, Commit) for step in invocation.steps):
            return f"partly failed: {named[0]} again, a new batch with all its retries"
        case "FailedAt" if again:
            return "partly failed at the first record: the same batch again"
        case "FailedAt":
            return "partly failed"
    reason = printable(invocation.reason or invocation.error or "the response fails the whole batch")
    match named:
        case [first, second]:
            return f"failed ({reason}): halved into {first} and {second}, each with all its retries"
        case [_]:
            return f"failed ({reason}): the same batch again"
        case _:
            return f"failed ({reason})"


def _discarded(discarded: Discarded, place_of: Callable[[str], int]) -> str:
    what = places(discarded.names, place_of) or "the final call"
    where = "no destination is set" if discarded.record is None else discarded.object_key or "failure record sent"
    return f"discarded {what}{window(discarded.turn)}: {discarded.condition}; {where}"


def places(names: Sequence[str], place_of: Callable[[str], int]) -> str:
    """`#3`, `#3-#7`, `#3-#7, #9`."""
    runs: list[list[int]] = []
    for place in map(place_of, names):
        if runs and place == runs[-1][1] + 1:
            runs[-1][1] = place
        elif not runs or place != runs[-1][1]:  # user records of one aggregate share their place
            runs.append([place, place])
    shown = [f"#{first}" if first == last else f"#{first}-#{last}" for first, last in runs]
    return ", ".join(shown if len(shown) <= 12 else [*shown[:11], f"... ({len(names)} records)"])
