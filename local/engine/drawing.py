"""Where everything of a timeline stands on a page: lanes from top to bottom, time from left to right.

    shard 0  | window [60, 120)                    |
             | [#0-#3  ][#0-#3  x2]      [ final ] |    a batch, its retry
             |              [#0-#1][#2-#3]         |    halves hang below what they were cut from

Time is drawn in order, not to scale: a pause is as wide as the logarithm of its length, a bar as wide as its text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from math import log10

from local.engine.explanation import places, since, verdict, window
from local.engine.folding import Fold, Numbered, folded, quiet
from local.engine.moments import instant
from local.engine.timeline import Discarded, Happening, Invocation, Timeline
from local.engine.windows import Window

MOST_BARS = 2_000  # of more nobody sees the whole
RUNS_ON_A_BAR = 4
LEFT, LETTER, BAR_HEIGHT, LEVEL, LANE_GAP, WINDOW_HEIGHT = 24.0, 7.0, 20.0, 26.0, 18.0, 18.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One call of the function, or one thing given up. `style` is its CSS class; `parent` what it was cut from."""

    x: float
    width: float
    level: int
    label: str
    style: str
    tip: str
    at: float
    request_id: str
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Band:
    """The stretch of a lane that one window takes."""

    x: float
    width: float
    label: str


@dataclass(slots=True)
class LaneDrawing:
    name: str
    bars: list[Bar] = field(default_factory=list)
    bands: list[Band] = field(default_factory=list)
    free_from: float = LEFT
    levels: dict[str, int] = field(default_factory=dict)
    window: Window | None = None
    window_from: float = LEFT

    @property
    def height(self) -> float:
        deepest = max((bar.level for bar in self.bars), default=0)
        return (WINDOW_HEIGHT if self.bands else 0.0) + deepest * LEVEL + BAR_HEIGHT + LANE_GAP

    def close_window(self) -> None:
        if self.window is not None:
            self.bands.append(Band(self.window_from - 3, self.free_from - self.window_from + 2, _hours(self.window)))
        self.window = None


@dataclass(frozen=True, slots=True)
class Drawing:
    lanes: Sequence[LaneDrawing]
    ticks: Sequence[tuple[float, str]]
    width: float
    left_out: int


def draw(timeline: Timeline) -> Drawing:
    story = folded([Numbered(0, item) for item in timeline.happenings if not isinstance(item, Happening)])
    if len(story) > MOST_BARS:
        story = quiet(story)
    parallel = {item.shard_id for item in map(stands_for, story) if item.lane > 0}
    start = timeline.happenings[0].at if timeline.happenings else 0.0
    lanes: dict[tuple[str, int], LaneDrawing] = {}
    ticks: list[tuple[float, str]] = []
    x, now = LEFT, start
    for each in story[:MOST_BARS]:
        item = stands_for(each)
        name = f"{item.shard_id}, lane {item.lane}" if item.shard_id in parallel else item.shard_id
        lane = lanes.setdefault((item.shard_id, item.lane), LaneDrawing(name))
        x = max(x + pause(item.at - now), lane.free_from)
        now = item.at
        bar = _bar(each, item, lane, x, timeline.place_of, start)
        _follow_window(lane, item, x)
        lane.bars.append(bar)
        lane.free_from = x + bar.width + 4
        tick = since(start, item.at)
        if not ticks or (x - ticks[-1][0] > len(ticks[-1][1]) * LETTER and tick != ticks[-1][1]):
            ticks.append((x, tick))
    for lane in lanes.values():
        lane.close_window()
    width = max((lane.free_from for lane in lanes.values()), default=LEFT) + LEFT
    left_out = sum(len(each.items) if isinstance(each, Fold) else 1 for each in story[MOST_BARS:])
    return Drawing([lanes[key] for key in sorted(lanes)], ticks, width, left_out)


def stands_for(each: Numbered | Fold) -> Invocation | Discarded:
    item = each.sample if isinstance(each, Fold) else each.item
    assert not isinstance(item, Happening)  # a drawing is of calls and of what is given up
    return item


def pause(seconds: float) -> float:
    """Pixels for time in which nothing began: none for none, 6 for 50 ms, 44 for two minutes."""
    return 0.0 if seconds <= 0 else 6.0 + 12.0 * max(0.0, log10(seconds / 0.05))


def _follow_window(lane: LaneDrawing, item: Invocation | Discarded, x: float) -> None:
    current = item.windowed.window if item.windowed is not None else None
    if current != lane.window:
        lane.close_window()
        lane.window, lane.window_from = current, x


def _bar(
    each: Numbered | Fold,
    item: Invocation | Discarded,
    lane: LaneDrawing,
    x: float,
    place_of: Callable[[str], int],
    start: float,
) -> Bar:
    parent = item.cut_from if isinstance(item, Invocation) else ""
    level = lane.levels.get(item.request_id, lane.levels[parent] + 1 if parent in lane.levels else 0)
    lane.levels[item.request_id] = level
    what = places(item.names, place_of) or "final"
    if isinstance(item, Discarded):
        label, style, tip = f"✕ {_short(item, place_of)}", "discarded", f"discarded {what}: {item.condition}"
        tip += window(item.windowed)
    else:
        label = _short(item, place_of) + (f" ×{item.attempt}" if item.attempt > 1 else "")
        style, tip = " ".join(_styles(item)), "\n".join(_tip(item, what, place_of, start))
    if isinstance(each, Fold):
        label = f"… {len(each.items)} more"
        style, tip = (
            f"{style} fold",
            f"{len(each.items)} more, {each.rhythm()}, until {since(start, each.until)}; the first:\n{tip}",
        )
    return Bar(x, len(label) * LETTER + 10, level, label, style, tip, item.at, item.request_id, parent)


def _hours(window: Window) -> str:
    """`00:16:40Z-00:16:50Z`: a band is seldom wide enough for the days as well."""
    return "-".join(instant(end).partition("T")[2] for end in (window.start, window.end))


def _short(item: Invocation | Discarded, place_of: Callable[[str], int]) -> str:
    """`#3-#7`, `#3, #5, ... (12 records)`: as much as a bar may hold."""
    return places(item.names, place_of, RUNS_ON_A_BAR) or "final"


def _styles(invocation: Invocation) -> Iterator[str]:
    yield {"Succeeded": "succeeded", "FailedAt": "partly", "Throttled": "throttled", "": "open"}.get(
        invocation.verdict, "failed"
    )
    if invocation.windowed is not None and invocation.windowed.is_final:
        yield "early" if invocation.windowed.is_early else "final"


def _tip(invocation: Invocation, what: str, place_of: Callable[[str], int], start: float) -> Iterator[str]:
    yield f"{what}{window(invocation.windowed)}"
    yield f"request {invocation.request_id}, attempt {invocation.attempt}"
    yield f"from {since(start, invocation.at)} to {since(start, invocation.ended)}"
    yield verdict(invocation, place_of) if invocation.verdict else "still running when the simulation ended"
