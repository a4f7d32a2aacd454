"""A timeline in words: one line per thing that happened.

+0.000s  shardId-000000000000  read #0-#2
+0.000s  shardId-000000000000  invocation 1 (request 0001) with #0-#2, first attempt
+0.050s  shardId-000000000000      invocation 1: failed (ValueError: bad): halved into #0 and #1-#2, each with ...
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from local.engine.delivery import Commit, Redeliver
from local.engine.folding import Fold, Item, folded, numbered
from local.engine.moments import instant
from local.engine.timeline import Discarded, Happening, Invocation, Timeline, Told
from local.engine.waiting import Wait, waits
from local.engine.windows import Call, Window, Windowed

Line = tuple[float, str, str]
PlaceOf = Callable[[str], int]


def explain(timeline: Timeline, record: int | None = None) -> str:
    """`record`: only what concerns `records[record]`: what it waits for, and the end of its window, included."""
    lines = sorted(_lines(timeline, record), key=lambda line: line[0])
    if not lines:
        return "Nothing happened." if record is None else f"Nothing happened to record #{record}."
    start = timeline.happenings[0].at
    width = max(len(printable(where)) for _, where, _ in lines)
    head = f"#n is records[n]; times are seconds since {instant(start)}"
    if record is not None:
        head += f"\n#{record} was {_summary(timeline, record)}"
    told = (f"{since(start, at):>13}  {printable(where):{width}}  {printable(what)}" for at, where, what in lines)
    return "\n".join([head, *told])


def _summary(timeline: Timeline, record: int) -> str:
    """How often a record was delivered, and what became of it."""
    own = [item for item in timeline.happenings if record in map(timeline.place_of, item.names)]
    sent = [item for item in own if isinstance(item, Invocation) and not item.too_large]
    calls = [call for call in sent if call.verdict != "Throttled"]
    batches = len({call.request_id for call in calls})
    told = f"throttled {times(len(sent) - len(calls))} and " if len(sent) > len(calls) else ""
    told += f"delivered {times(len(calls))}" if calls else "never delivered"
    if batches > 1:
        told += f", in {batches} different batches" if batches < len(calls) else ", each time in another batch"
    match own:
        case [*_, Discarded(condition=condition)]:
            return f"{told}, and discarded: {condition}"
        case [*_, Invocation(verdict="Succeeded" | "FailedAt")]:
            return f"{told}, {'at last ' if len(calls) > 1 else ''}with success"
        case [*_, Happening(text=text)]:
            return f"{told}; last: {text.removesuffix(':')}"
        case _:
            return told


def printable(text: str) -> str:
    """Text of others on one line: what would end it, move the cursor or has no UTF-8 form is shown as its escape."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def _lines(timeline: Timeline, record: int | None) -> Iterator[Line]:
    story = list(numbered(timeline.happenings))
    tell = Telling(timeline)
    if record is not None:
        concerns = _concerning(timeline, record)
        story = [each for each in story if concerns(each.item)]
    for each in folded(story):
        yield from tell.fold(each) if isinstance(each, Fold) else tell.item(each.item, each.number)
    if record is not None:
        for wait in waits(timeline, [each.item for each in story], record):
            yield tell.wait(wait)


def _concerning(timeline: Timeline, record: int) -> Callable[[Happening | Invocation | Discarded], bool]:
    """Whether something happened to a record, or without records to a window that it was delivered in."""

    def names_it(happening: Happening | Invocation | Discarded) -> bool:
        return record in {timeline.place_of(name) for name in happening.names}

    def window_of(call: Invocation | Discarded) -> tuple[str, Window | None]:
        return call.shard_id, call.windowed.window if call.windowed is not None else None

    windows = {
        window_of(invocation) for invocation in timeline.invocations if invocation.windowed and names_it(invocation)
    }
    return lambda happening: (
        names_it(happening) if happening.names or isinstance(happening, Happening) else window_of(happening) in windows
    )


class Telling:
    """The lines for what happened, in words that are relative to a timeline."""

    def __init__(self, timeline: Timeline) -> None:
        self.place_of = timeline.place_of
        self.throttles = _throttles_before(timeline)
        self.start = timeline.happenings[0].at if timeline.happenings else 0.0

    def item(self, item: Item, number: int) -> Iterator[Line]:
        match item:
            case Invocation():
                yield from self._invocation(item, number)
            case Discarded():
                yield item.at, item.shard_id, _discarded(item, self.place_of)
            case Happening():
                yield item.at, item.shard_id, f"{item.text} {places(item.names, self.place_of)}".rstrip()

    def _invocation(self, invocation: Invocation, number: int) -> Iterator[Line]:
        where = invocation.shard_id
        what = places(invocation.names, self.place_of)
        told = f"{window(invocation.windowed)}, {attempt(invocation)}"
        if throttles := self.throttles.get(id(invocation)):
            told += f", throttled {times(throttles)} before"
        if invocation.too_large:
            name = "too large to send"
            yield invocation.at, where, f"{name}: {what or 'final call'}{told}"
        else:
            name = f"invocation {number}"
            call = f"with {what}" if what else "final call"
            yield invocation.at, where, f"{name} (request {invocation.request_id[-4:]}) {call}{told}"
        if invocation.verdict:
            yield invocation.ended, where, f"    {name}: {verdict(invocation, self.place_of)}"

    def fold(self, fold: Fold) -> Iterator[Line]:
        sample = fold.sample
        if isinstance(sample, Happening) and sample.kind is Told.READ:
            names = [name for item in fold.items for name in item.names]
            told = f"{sample.text} {places(names, self.place_of)}, in {len(fold.items)} reads"
            yield sample.at, sample.shard_id, f"{told} until {self._time(fold.until)}"
            return
        kinds = Counter(item.verdict for item in fold.items if isinstance(item, Invocation))
        mixed = ", ".join(f"{count} {OUTCOMES.get(kind, 'failed')}" for kind, count in kinds.most_common())
        told = f"    ... {len(fold.items)} more like it{f' ({mixed})' if len(kinds) > 1 else ''}"
        told += f", {fold.rhythm()}, until {self._time(fold.until)}"
        if isinstance(sample, Invocation) and sample.steps:
            told += "; nothing behind it is delivered meanwhile"
        yield sample.at, sample.shard_id, told

    def wait(self, wait: Wait) -> Line:
        tries, last = len(wait.hardest), wait.hardest[-1]
        front = places(wait.names, self.place_of) or "the final call of a window"
        told = f"waits behind {front}" if wait.batches == 1 else f"waits behind {wait.batches} batches, {front},"
        told += f" until {self._time(wait.until)}"
        if tries > 1:
            of = "" if wait.batches == 1 else f"{places(last.names, self.place_of) or 'a final call'} was "
            since = self._time(wait.hardest[0].at)
            told += f": {of}tried {times(tries)} since {since} (request {last.request_id[-4:]}), at last {reason(last)}"
        return wait.since, wait.shard_id, told

    def _time(self, at: float) -> str:
        return since(self.start, at)


OUTCOMES = {"Succeeded": "succeeded", "Throttled": "throttled", "FailedAt": "partly failed"}


def _throttles_before(timeline: Timeline) -> dict[int, int]:
    """How often the batch of a call was throttled before, of calls of which it was."""
    throttles: Counter[str] = Counter()
    before: dict[int, int] = {}
    for call in timeline.invocations:
        if throttles[call.request_id]:
            before[id(call)] = throttles[call.request_id]
        throttles[call.request_id] += call.verdict == "Throttled"
    return before


def since(start: float, at: float) -> str:
    """`+0.050s`: every time of a timeline is told from its start."""
    return f"{at - start:+.3f}s"


def times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def reason(invocation: Invocation) -> str:
    """How a call ended, in few words."""
    told = OUTCOMES.get(invocation.verdict)
    return told or f"failed ({invocation.reason or invocation.error or 'the response fails the whole batch'})"


def attempt(invocation: Invocation) -> str:
    if invocation.attempt > 1:
        return f"attempt {invocation.attempt} of the same batch"
    return f"first attempt, cut from request {invocation.cut_from[-4:]}" if invocation.cut_from else "first attempt"


def window(windowed: Windowed | None) -> str:
    if windowed is None:
        return ""
    kind = {Call.ORDINARY: "", Call.FINAL: ", it closes", Call.EARLY_FINAL: ", terminated early"}[windowed.call]
    return f" in window {windowed.window}{kind}"


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
    failed = printable(reason(invocation))
    match named:
        case [first, second]:
            return f"{failed}: halved into {first} and {second}, each with all its retries"
        case [_]:
            return f"{failed}: the same batch again"
        case _:
            return failed


def _discarded(discarded: Discarded, place_of: Callable[[str], int]) -> str:
    what = places(discarded.names, place_of) or "the final call"
    where = "no destination is set" if discarded.record is None else discarded.object_key or "failure record sent"
    return f"discarded {what}{window(discarded.windowed)}: {discarded.condition}; {where}"


def places(names: Sequence[str], place_of: Callable[[str], int], most: int = 12) -> str:
    """`#3`, `#3-#7`, `#3-#7, #9`; of more than `most` runs only the first, and how many records there are."""
    runs: list[list[int]] = []
    for place in map(place_of, names):
        if runs and place == runs[-1][1] + 1:
            runs[-1][1] = place
        elif not runs or place != runs[-1][1]:  # user records of one aggregate share their place
            runs.append([place, place])
    shown = [f"#{first}" if first == last else f"#{first}-#{last}" for first, last in runs]
    return ", ".join(shown if len(shown) <= most else [*shown[: most - 1], f"... ({len(names)} records)"])
