"""Why a record waits: what its lane, or its FIFO group, is busy with between the things that happen to it itself.

lane       [#17 x1] [#17 x2]  ...  [#17 x1444] [#18-#27]
record 25     read ---- waits behind #17 ------|

group         [#0 failed]  invisible   [#0]
record 1   sent -- waits behind #0 -------| received
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from local.engine.timeline import Discarded, Happening, Invocation, Timeline

Item = Invocation | Discarded | Happening


@dataclass(frozen=True, slots=True)
class Wait:
    """A record's lane or group was busy with other batches; `hardest` are the calls of the one that was tried most."""

    since: float
    until: float
    shard_id: str
    names: Sequence[str]
    batches: int
    hardest: Sequence[Invocation]


@dataclass(frozen=True, slots=True)
class Occupation:
    """A call of a lane or a group: which of its records are in it, and what tells their batch from others."""

    call: Invocation
    names: Sequence[str]
    batch: Hashable


def waits(timeline: Timeline, concerning: Sequence[Item], record: int) -> Iterator[Wait]:
    """The waits of a record that all this concerns: each pause between what happened that other batches filled."""
    own = [item for item in concerning if item.names]
    if not own:
        return
    message = next((name for name in timeline.queued if timeline.place_of(name) == record), None)
    occupations = _lane(timeline, own) if message is None else _group(timeline, message)
    since = own[0].at if message is None else timeline.queued[message].sent
    mine = set(map(id, own))
    others = [each for each in occupations if id(each.call) not in mine]
    starts, ends = [each.call.at for each in others], list(accumulate((each.call.ended for each in others), max))
    for item in own:
        before = others[: bisect_left(starts, item.at)]
        between = [each for each in before[bisect_right(ends, since) :] if each.call.ended > since]
        if not between and message is not None:
            between = _holding_back(occupations, since, mine)
        if between and since < item.at:
            yield _wait(since, item, between, before)
        since = item.ended if isinstance(item, Invocation) else item.at


def _lane(timeline: Timeline, own: Sequence[Item]) -> list[Occupation]:
    """A lane has one call at a time. A standard queue's calls say nothing of what others wait for."""
    calls = [each for each in timeline.happenings if isinstance(each, Invocation) and each.shard_id == own[0].shard_id]
    lanes = {item.lane for item in own if not isinstance(item, Happening)} or {call.lane for call in calls}
    if len(lanes) != 1:  # of a record that never was in a batch the lane is not known
        return []
    return [Occupation(call, call.names, call.request_id) for call in calls if call.lane in lanes and call.steps]


def _group(timeline: Timeline, message: str) -> list[Occupation]:
    """Every receive of a queue's messages makes another request of them: alike are the calls with the same ones."""
    group = timeline.queued[message].group
    own = [(call, [n for n in call.names if timeline.queued[n].group == group]) for call in timeline.invocations]
    return [Occupation(call, names, tuple(names)) for call, names in own if names]


def _holding_back(occupations: Sequence[Occupation], since: float, mine: set[int]) -> list[Occupation]:
    """What failed last of the group, if it was another message: till it is visible the queue offers none behind it."""
    over = [each for each in occupations if each.call.ended <= since][-1:]
    return [each for each in over if each.call.verdict != "Succeeded" and id(each.call) not in mine]


def _wait(since: float, item: Item, between: Sequence[Occupation], before: Sequence[Occupation]) -> Wait:
    tries = Counter(each.batch for each in between)
    (hardest, _) = tries.most_common(1)[0]
    names = dict.fromkeys(name for each in between for name in each.names)
    calls = [each.call for each in before if each.batch == hardest]
    return Wait(since, item.at, item.shard_id, list(names), len(tries), calls)
