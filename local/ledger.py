"""The note of which process we started, kept on disk: the next command may be another shell's, or after a crash."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from local import processes
from local.processes import Process


@dataclass(frozen=True, slots=True)
class Ledger:
    """One started process, and what is left of it. `program` is a word of its command; `folder` is where it unpacks."""

    path: Path
    program: str
    folder: Path

    def enter(self, pid: int) -> None:
        if process := processes.find(pid):
            draft = self.path.with_suffix(".draft")
            draft.write_text(json.dumps({**asdict(process), "at": time.time()}))
            draft.replace(self.path)

    def strike(self) -> None:
        self.path.unlink(missing_ok=True)

    def process(self) -> Process | None:
        """The process we started, if it still is that one: same pid, same start, same program."""
        entry = self._entry()
        found = processes.find(entry["pid"]) if entry else None
        if found and found.started == entry["started"] and self.program in found.command:
            return found
        return None

    def uptime_seconds(self) -> float | None:
        since = self._entry().get("at") if self.process() else None
        return time.time() - float(since) if since else None

    def strays(self) -> list[Process]:
        """What it started and left behind when it was killed: processes of its group that run from its folder."""
        entry = self._entry()
        group = processes.members(entry["pid"]) if entry else []
        return [process for process in group if self.unpacked(process)]

    def unpacked(self, process: Process) -> bool:
        return str(self.folder) in process.command

    def _entry(self) -> dict[str, Any]:
        # A note cut short by a crash, or written by another hand, is as good as none.
        with suppress(FileNotFoundError, ValueError):
            entry = json.loads(self.path.read_text())
            if isinstance(entry, dict) and isinstance(entry.get("pid"), int) and "started" in entry:
                return entry
        return {}
