"""How far each shard is settled, on disk: a killed engine goes on from here, at least once and without a gap.

    <folder>/<mapping uuid>/<shard id>.json

    {"starts_at": "4966...", "positions": ["4966...", null], "since": 1700000000.0,
     "window": {"start": 1700000000, "end": 1700000060, "state": "{...}", "invoked": true}}

One position for each range of keys that is delivered on its own (ParallelizationFactor), and the open window with the
state it had at exactly that position: both are in one file, which is replaced as a whole.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.engine.windows import Window

SAFE = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")


class CheckpointError(ValueError):
    """A checkpoint file that does not hold what this engine writes; the text names file and field."""


@dataclass(frozen=True, slots=True)
class OpenWindow:
    """A tumbling window between two invocations; `state` is JSON."""

    window: Window
    state: str
    invoked: bool


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """`since`: nothing that arrived earlier is ours, where no position says more. `done`: read to its end."""

    positions: tuple[str | None, ...] = ()
    starts_at: str | None = None
    since: float | None = None
    window: OpenWindow | None = None
    done: bool = False

    @property
    def lowest(self) -> str | None:
        """Everything up to here is settled, whatever the key."""
        known = [position for position in self.positions if position is not None]
        return min(known, key=int) if known and len(known) == len(self.positions) else None

    def as_json(self) -> dict[str, Any]:
        window = self.window
        return {
            "positions": list(self.positions),
            "starts_at": self.starts_at,
            "since": self.since,
            "done": self.done,
            "window": None
            if window is None
            else {
                "start": window.window.start,
                "end": window.window.end,
                "state": window.state,
                "invoked": window.invoked,
            },
        }


class Checkpoints:
    """The checkpoints of one endpoint's mappings."""

    def __init__(self, folder: Path, replace: Callable[[Path, Path], object] = os.replace) -> None:
        self.folder = folder
        self.replace = replace

    def load(self, mapping_uuid: str) -> dict[str, Checkpoint]:
        """Shard id -> checkpoint; a write that was cut off by a kill never happened."""
        found = {}
        for path in sorted((self.folder / _name(mapping_uuid)).glob("*.json")):
            fields = _read(path)
            found[str(fields["shard"])] = _checkpoint(fields, path)
        return found

    def save(self, mapping_uuid: str, shard_id: str, checkpoint: Checkpoint) -> None:
        target = self.folder / _name(mapping_uuid) / f"{_name(shard_id)}.json"
        write_whole(target, {"shard": shard_id, **checkpoint.as_json()}, self.replace)


def write_whole(target: Path, content: object, replace: Callable[[Path, Path], object] = os.replace) -> None:
    """The file holds either what it held before or all of this, whenever the machine stops."""
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.new")
    with beside.open("w", encoding="utf-8") as file:
        json.dump(content, file)
        file.flush()
        os.fsync(file.fileno())
    replace(beside, target)


def _name(text: str) -> str:
    """As a file name; anything unusual in it is written as its code."""
    return "".join(character if character in SAFE else f"%{ord(character):x}" for character in text).lstrip(".") or "%"


def _read(path: Path) -> dict[str, Any]:
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise CheckpointError(f"{path}: is not JSON ({error}); delete it to start this shard over") from error
    if not isinstance(fields, dict) or not isinstance(fields.get("shard"), str):
        raise CheckpointError(f"{path}: shard: must be text; delete the file to start this shard over")
    return fields


def _checkpoint(fields: dict[str, Any], path: Path) -> Checkpoint:
    positions = _field(fields, "positions", list, path)
    for position in positions:
        if position is not None and not (isinstance(position, str) and position.isdecimal()):
            raise CheckpointError(f"{path}: positions: must be sequence numbers; got {position!r}")
    window = fields.get("window")
    return Checkpoint(
        positions=tuple(positions),
        starts_at=_field(fields, "starts_at", str | None, path),
        since=_field(fields, "since", float | int | None, path),
        done=_field(fields, "done", bool, path),
        window=None if window is None else _window(_field(fields, "window", dict, path), path),
    )


def _window(fields: dict[str, Any], path: Path) -> OpenWindow:
    window = Window(_field(fields, "start", int, path), _field(fields, "end", int, path))
    return OpenWindow(window, _field(fields, "state", str, path), _field(fields, "invoked", bool, path))


def _field(fields: dict[str, Any], name: str, kind: Any, path: Path) -> Any:
    value = fields.get(name)
    if not isinstance(value, kind):
        raise CheckpointError(f"{path}: {name}: got {value!r}; delete the file to start this shard over")
    return value
