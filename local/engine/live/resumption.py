"""Where reading a shard begins, and what of it is settled already: pure.

never seen, when the mapping is new     StartingPosition says
never seen, later                       from its first record: it came of a reshard
seen, nothing settled                   from where it began, so that LATEST leaves no gap
seen, settled up to n                   after n
seen, but another shard of that name    from its first record
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from local.engine.delivery import Batch
from local.engine.entries import Entry
from local.engine.live.checkpoints import Checkpoint, OpenWindow
from local.engine.live.reading import HORIZON, Position, ShardFacts
from local.engine.mapping import Mapping
from local.engine.shard import Shard
from local.engine.source import Kind
from local.engine.windows import Call

EVERYTHING = 0.0


@dataclass(frozen=True, slots=True)
class Beginning:
    """`checkpoint` is what to know on disk from now on; `anew` tells that an older one was of another shard."""

    position: Position
    checkpoint: Checkpoint
    anew: bool = False


def beginning(
    mapping: Mapping, facts: ShardFacts, saved: Checkpoint | None, now: float, *, is_new_mapping: bool
) -> Beginning:
    if saved is None:
        since = _since(mapping, now) if is_new_mapping else EVERYTHING
        # A child is read when its parents are done: LATEST would then be later than the mapping's beginning.
        fresh = Checkpoint(since=since, starts_at=facts.starts_at)
        return _at(mapping, fresh, first=is_new_mapping, waits=bool(facts.parents))
    if is_another(facts, saved):
        return Beginning(HORIZON, Checkpoint(since=EVERYTHING, starts_at=facts.starts_at), anew=True)
    saved = replace(saved, starts_at=facts.starts_at or saved.starts_at)
    if saved.lowest is not None:
        return Beginning(Position.after(saved.lowest), saved)
    return _at(mapping, saved, first=False)


def is_another(facts: ShardFacts, saved: Checkpoint) -> bool:
    """Whether what was saved is of an earlier shard of this name."""
    return saved.starts_at is not None and facts.starts_at is not None and saved.starts_at != facts.starts_at


def _since(mapping: Mapping, now: float) -> float:
    match mapping.starting_position:
        case "LATEST":
            return now
        case "AT_TIMESTAMP":
            return mapping.starting_timestamp or EVERYTHING
        case _:
            return EVERYTHING


def _at(mapping: Mapping, checkpoint: Checkpoint, *, first: bool, waits: bool = False) -> Beginning:
    if not checkpoint.since:
        return Beginning(HORIZON, checkpoint)
    if first and mapping.starting_position == "LATEST" and not waits:
        return Beginning(Position("LATEST"), checkpoint)
    if mapping.source.is_kinesis:
        return Beginning(Position("AT_TIMESTAMP", checkpoint.since), checkpoint)
    return Beginning(HORIZON, checkpoint)  # table streams know no times; `ours` leaves out what is older


def ours(entries: Sequence[Entry], since: float | None) -> Sequence[Entry]:
    """What arrived after the mapping began; table streams tell whole seconds only."""
    return [entry for entry in entries if entry.arrived >= int(since)] if since else entries


def unsettled(entries: Sequence[Entry], shard: Shard, positions: Sequence[str | None]) -> Sequence[Entry]:
    """What no earlier run has settled: reading begins at the lowest of the positions, some ranges of keys are ahead."""
    numbers = [-1 if position is None else int(position) for position in positions]
    if shard.mapping.source.kind is Kind.CONSUMER or len(numbers) != len(shard.lanes):
        numbers = [min(numbers, default=-1)] * len(shard.lanes)
    if not entries or int(entries[0].sequence_number) > max(numbers):
        return entries
    return [entry for entry in entries if int(entry.sequence_number) > numbers[shard.lane_of(entry.order_key)]]


def positions(shard: Shard, floor: Sequence[str | None]) -> tuple[str | None, ...]:
    """How far each range of keys is settled, never less than `floor`, what an earlier run had settled."""
    own = [shard.read if lane.is_idle else lane.settled for lane in shard.lanes]
    if len(floor) != len(own):
        known = [position for position in floor if position is not None]
        floor = [min(known, key=int) if len(known) == len(floor) and known else None] * len(own)
    return tuple(_higher(position, least) for position, least in zip(own, floor, strict=True))


def _higher(one: str | None, other: str | None) -> str | None:
    known = [position for position in (one, other) if position is not None]
    return max(known, key=int) if known else None


def open_window(shard: Shard) -> OpenWindow | None:
    """The window of a shard between two invocations, to be kept with its position."""
    windowing = shard.lanes[0].windowing
    if windowing is None or windowing.current is None:
        return None
    return OpenWindow(windowing.current, windowing.state, windowing.invoked)


def resume_window(shard: Shard, kept: OpenWindow | None, now: float) -> str | None:
    """Go on in the window that was open; its records up to the position are in its state.

    Where windows have another length by now, it is closed first. What is to be told of that, if anything.
    """
    lane = shard.lanes[0]
    if kept is None:
        return None
    if lane.windowing is None:
        return _cut_off(kept, "its state is lost, for without windows there is no final call") if kept.invoked else None
    is_of_another_length = kept.window.end - kept.window.start != lane.windowing.seconds
    if is_of_another_length and not kept.invoked:
        return None  # the function knows nothing of it
    lane.windowing.open(kept.window)
    lane.windowing.invoked = kept.invoked
    lane.windowing.last_read = now
    is_too_large = lane.windowing.fold(kept.state)
    if is_of_another_length:
        lane.held.append(Batch((), call=Call.FINAL))
        return _cut_off(kept, "its final call comes first")
    if is_too_large:
        lane.held.append(Batch((), call=Call.EARLY_FINAL))
    return None


def _cut_off(kept: OpenWindow, fate: str) -> str:
    bounds = kept.window.as_event()
    return f"TumblingWindowInSeconds was changed while {bounds['start']} to {bounds['end']} was open: {fate}"
