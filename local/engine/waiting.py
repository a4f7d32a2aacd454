"""Why a record waits: what its lane is busy with between the things that happen to the record itself.

lane       [#17 x1] [#17 x2]  ...  [#17 x1444] [#18-#27]
record 25     read ---- waits behind #17 ------|
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from local.engine.timeline import Discarded, Happening, Invocation, Timeline

Item = Invocation | Discarded | Happening


@dataclass(frozen=True, slots=True)
class Wait:
    """A record's lane was busy with other batches; `hardest` are the calls of the one that was tried most."""

    since: float
    until: float
    shard_id: str
    names: Sequence[str]
    batches: int
    hardest: Sequence[Invocation]


def waits(timeline: Timeline, concerns: Callable[[Item], bool]) -> Iterator[Wait]:
    """The waits of what these happenings concern: each pause between them that other batches filled."""
    own = [item for item in timeline.happenings if item.names and concerns(item)]
    if not own:
        return
    shard_id = own[0].shard_id
    calls = [item for item in timeline.happenings if isinstance(item, Invocation) and item.shard_id == shard_id]
    lanes = {item.lane for item in own if not isinstance(item, Happening)} or {call.lane for call in calls}
    if len(lanes) != 1:  # of a record that never was in a batch the lane is not known
        return
    mine = set(map(id, own))
    # A lane has one call at a time: both starts and ends ascend. A queue's calls say nothing of what others wait for.
    others = [call for call in calls if call.lane in lanes and call.steps and id(call) not in mine]
    starts, ends = [call.at for call in others], [call.ended for call in others]
    for item, following in pairwise(own):
        since = item.ended if isinstance(item, Invocation) else item.at
        end = bisect_left(starts, following.at)
        between = others[bisect_right(ends, since) : end]
        if between:
            yield _wait(shard_id, since, following.at, between, others[:end])


def _wait(
    shard_id: str, since: float, until: float, between: Sequence[Invocation], before: Sequence[Invocation]
) -> Wait:
    tries = Counter(call.request_id for call in between)
    (hardest, _) = tries.most_common(1)[0]
    names = dict.fromkeys(name for call in between for name in call.names)
    calls = [call for call in before if call.request_id == hardest]
    return Wait(since, until, shard_id, list(names), len(tries), calls)
