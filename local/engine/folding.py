"""What repeats itself in a timeline is told once: the first few, how many more like them, and the last.

    attempts of one batch    1  2  3  [1440 more]  1444

Alike are the attempts of one batch, and for a queue the rounds in which the same messages come to the same end.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from local.engine.timeline import Discarded, Happening, Invocation, Told
from local.engine.windows import Window

SHOWN_FIRST = 3
LEAST_HIDDEN = 3

Item = Invocation | Discarded | Happening


@dataclass(frozen=True, slots=True)
class Numbered:
    """Something that happened; calls of the function have their number, in order of start."""

    number: int
    item: Item


@dataclass(frozen=True, slots=True)
class Fold:
    """What is not shown one by one; `sample` stands for all of it."""

    items: Sequence[Item]

    @property
    def sample(self) -> Item:
        return self.items[0]

    @property
    def until(self) -> float:
        return max(item.ended if isinstance(item, Invocation) else item.at for item in self.items)

    def rhythm(self) -> str:
        """`every 60 s`, or how far apart they are at most."""
        gaps = sorted(round(later.at - earlier.at, 2) for earlier, later in pairwise(self.items))
        if gaps[-1] <= 0:
            return "at once"
        return f"every {gaps[-1]:g} s" if gaps[0] == gaps[-1] else f"up to {gaps[-1]:g} s apart"


def numbered(happenings: Sequence[Item]) -> Iterator[Numbered]:
    number = 0
    for item in happenings:
        if isinstance(item, Invocation) and not item.too_large:
            number += 1
        yield Numbered(number, item)


def folded(story: Sequence[Numbered]) -> list[Numbered | Fold]:
    """The same story, in its order; a fold stands where the first thing stood that it hides."""
    return _reads_joined(_repeats_hidden(story))


def _repeats_hidden(story: Sequence[Numbered]) -> Iterator[Numbered | Fold]:
    tries = Counter(each.item.request_id for each in story if isinstance(each.item, Invocation))
    alike: dict[Hashable, list[Item]] = defaultdict(list)
    for each in story:
        if (likeness := _likeness(each.item, tries)) is not None:
            alike[likeness].append(each.item)
    folds = {
        id(items[SHOWN_FIRST]): Fold(items[SHOWN_FIRST:-1])
        for items in alike.values()
        if len(items) > SHOWN_FIRST + LEAST_HIDDEN
    }
    hidden = {id(item) for fold in folds.values() for item in fold.items}
    called = {tuple(fold.sample.names) for fold in folds.values() if isinstance(fold.sample, Invocation)}
    for each in story:
        fold = folds.get(id(each.item))
        # rounds of the same messages: their calls stand for what came before and after each of them
        if fold is not None and (isinstance(fold.sample, Invocation) or tuple(fold.sample.names) not in called):
            yield fold
        if id(each.item) not in hidden:
            yield each


def quiet(story: Sequence[Numbered | Fold]) -> list[Numbered | Fold]:
    """The same, and of batches of one lane that just succeeded one after the other only the first and the last."""
    runs: dict[tuple[str, int], list[Numbered]] = {}
    folds: dict[int, Fold] = {}
    for each in story:
        item = each.sample if isinstance(each, Fold) else each.item
        lane = item.shard_id, 0 if isinstance(item, Happening) else item.lane
        run = runs.setdefault(lane, [])
        if not isinstance(each, Numbered) or not _is_uneventful(each.item, run):
            _close(run, folds)
        if isinstance(each, Numbered) and _is_uneventful(each.item, run):
            run.append(each)
    for run in runs.values():
        _close(run, folds)
    hidden = {id(item) for fold in folds.values() for item in fold.items}
    told: list[Numbered | Fold] = []
    for each in story:
        if isinstance(each, Numbered) and (fold := folds.get(id(each.item))) is not None:
            told.append(fold)
        elif isinstance(each, Fold) or id(each.item) not in hidden:
            told.append(each)
    return told


def _close(run: list[Numbered], folds: dict[int, Fold]) -> None:
    if len(run) > LEAST_HIDDEN + 2:
        folds[id(run[1].item)] = Fold([each.item for each in run[1:-1]])
    run.clear()


def _is_uneventful(item: Item, run: Sequence[Numbered]) -> bool:
    """A call that succeeded at once, in the same window as those before it."""
    if not isinstance(item, Invocation) or item.verdict != "Succeeded" or item.attempt > 1 or item.cut_from:
        return False
    before = run[-1].item if run else item
    return bool(item.names) and isinstance(before, Invocation) and _window(before) == _window(item)


def _window(call: Invocation) -> Window | None:
    return call.windowed.window if call.windowed is not None else None


def _reads_joined(story: Iterable[Numbered | Fold]) -> list[Numbered | Fold]:
    """Reads of one shard with nothing else of it between them are one line."""
    told: list[Numbered | Fold] = []
    latest: dict[str, int] = {}  # where the reads of a shard stand, if they were the last of it
    for each in story:
        item = each.sample if isinstance(each, Fold) else each.item
        if not isinstance(each, Numbered) or not isinstance(item, Happening) or item.kind is not Told.READ:
            latest.pop(item.shard_id, None)
            told.append(each)
        elif (at := latest.get(item.shard_id)) is None:
            latest[item.shard_id] = len(told)
            told.append(each)
        else:
            before = told[at]
            told[at] = Fold([*(before.items if isinstance(before, Fold) else [before.item]), item])
    return told


def _likeness(item: Item, tries: Counter[str]) -> Hashable | None:
    match item:
        case Invocation(request_id=request_id) if item.steps and tries[request_id] > 1:
            return request_id  # a batch of a stream; a queue's messages get another request with every receive
        case Invocation() if item.names:
            return item.shard_id, item.verdict, tuple(item.names)
        case Happening() if item.names:
            return item.shard_id, item.text if item.kind is Told.ELSE else item.kind, tuple(item.names)
        case _:
            return None
