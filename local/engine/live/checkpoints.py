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
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from local.engine.windows import Window

SAFE = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")
SEQUENCE_NUMBER = re.compile(r"[0-9]{1,128}")
LAST_SECOND = 253_402_300_799  # of the year 9999: no later one can be written as a date
REMEDY = "delete the file to start this shard over"


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

    def prepare(self) -> None:
        """Refused before anything starts, if nothing could be kept here."""
        trial = self.folder / ".trial"
        try:
            write_whole(trial, {}, self.replace)
            trial.unlink()
        except OSError as error:
            raise CheckpointError(f"{self.folder} must be a folder we may write to: {error}") from error

    def load(self, mapping_uuid: str) -> dict[str, Checkpoint]:
        """Shard id -> checkpoint; a write that was cut off by a kill never happened."""
        found = {}
        for path in sorted((self.folder / _name(mapping_uuid)).glob("*.json")):
            fields = _read(path)
            shard_id = _field(fields, path, "shard", lambda value: isinstance(value, str))
            found[shard_id] = _checkpoint(fields, path)
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
        fields = json.loads(path.read_bytes())
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read ({error.strerror}); let this engine read it") from error
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{path}: is not JSON ({error}); {REMEDY}") from error
    if not isinstance(fields, dict):
        raise CheckpointError(f"{path}: must be a JSON object; {REMEDY}")
    return fields


def _checkpoint(fields: dict[str, Any], path: Path) -> Checkpoint:
    field = partial(_field, fields, path)
    return Checkpoint(
        positions=tuple(field("positions", _are_positions)),
        starts_at=field("starts_at", lambda value: value is None or isinstance(value, str)),
        since=field("since", lambda value: value is None or _is_time(value)),
        done=field("done", _is_bool),
        window=_window(field("window", lambda value: value is None or isinstance(value, dict)), path),
    )


def _window(fields: dict[str, Any] | None, path: Path) -> OpenWindow | None:
    if fields is None:
        return None
    field = partial(_field, fields, path, within="window.")
    start = field("start", _is_second)
    window = Window(start, field("end", lambda value: _is_second(value) and value > start))
    return OpenWindow(window, field("state", _is_json_object), field("invoked", _is_bool))


def _field(fields: dict[str, Any], path: Path, name: str, holds: Callable[[Any], bool], *, within: str = "") -> Any:
    value = fields.get(name)
    if not holds(value):
        raise CheckpointError(f"{path}: {within}{name}: cannot be {repr(value)[:80]}; {REMEDY}")
    return value


def _are_positions(value: Any) -> bool:
    return isinstance(value, list) and all(
        each is None or (isinstance(each, str) and SEQUENCE_NUMBER.fullmatch(each)) for each in value
    )


def _is_time(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= LAST_SECOND


def _is_second(value: Any) -> bool:
    return _is_time(value) and isinstance(value, int)


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)


def _is_json_object(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(value.encode()) and isinstance(json.loads(value), dict)
    except (ValueError, RecursionError):
        return False
