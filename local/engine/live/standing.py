"""Where a stream mapping stands, for a person: what waits, since when, and which of its shards is furthest behind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from local.engine.entries import Entry
from local.engine.lane import Lane
from local.engine.live.shard_runner import ShardRunner


@dataclass(frozen=True, slots=True)
class Standing:
    """`since` is when the oldest record arrived that is not settled, None if all are; `shard_id` is its shard then.

    `position` is what a restart goes on behind: of that shard, or where all are settled the furthest of any.
    """

    waiting: int
    since: float | None
    shard_id: str
    position: str | None
    windows: tuple[str, ...]


def standing(runners: Iterable[ShardRunner]) -> Standing:
    runners = list(runners)
    lanes = [lane for runner in runners for lane in runner.shard.lanes]
    behind = {arrived: runner for runner in runners if (arrived := _oldest_arrival(runner)) is not None}
    since = min(behind, default=None)
    last = None if since is None else behind[since]
    known = [runner.saved.lowest for runner in runners if runner.saved.lowest is not None]
    return Standing(
        waiting=sum(len(lane.waiting) for lane in lanes),
        since=since,
        shard_id="" if last is None else last.facts.shard_id,
        position=max(known, key=int, default=None) if last is None else last.saved.lowest,
        windows=tuple(sorted({start for lane in lanes if (start := _open_window(lane)) is not None})),
    )


def _oldest_arrival(runner: ShardRunner) -> float | None:
    return min((entry.arrived for lane in runner.shard.lanes for entry in _next_of(lane)), default=None)


def _next_of(lane: Lane) -> Iterator[Entry]:
    """The first records of all that is not settled; a final call has none."""
    held = [] if lane.in_flight is None else [lane.in_flight.batch]
    yield from (batch.entries[0] for batch in [*held, *lane.held] if batch.entries)
    if lane.waiting:
        yield lane.waiting.first


def _open_window(lane: Lane) -> str | None:
    if lane.windowing is None or lane.windowing.current is None:
        return None
    return lane.windowing.current.as_event()["start"][11:19]
