"""The engine beside the local AWS, in the background.

    .local/<port>/engine.json    who we started; what `down` may end
                 /engine.log     what it says, a line per mapping now and then

`make up` starts it on the state of the applied stack, `make down` ends it before the local AWS: it finishes what is in
flight, writes its checkpoints and gives the pollers back.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from local import processes
from local.ledger import Ledger
from local.stack import ROOT, as_root

TAKEN_OVER = "taken over"  # what the engine says once every mapping is its own
READY_SECONDS = 30.0
DRAIN_SECONDS = 90.0  # longer than the engine takes to finish what is in flight


# Held until they end: whoever starts a process must ask for its exit status.
_children: dict[int, subprocess.Popen[bytes]] = {}


class EngineProcessError(RuntimeError):
    """The engine cannot be started or ended; the message says what to do."""


@dataclass(frozen=True, slots=True)
class EngineProcess:
    """The engine of the AWS at `url`, its files under `home`."""

    url: str
    home: Path

    @property
    def log(self) -> Path:
        return self.home / "engine.log"

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.home / "engine.json", "local.engine", self.home)

    def up(self, state: Path) -> None:
        """The mappings in `state` run by AWS's rules; nothing happens if they do already."""
        if self.ledger.process():
            return
        self.home.mkdir(parents=True, exist_ok=True)
        with self.log.open("wb") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", "local.engine", "--endpoint", self.url, "--state", str(state)],
                cwd=ROOT,
                env=as_root(self.url, os.environ),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C in the terminal that started it is not meant for it
            )
        _children[child.pid] = child
        self.ledger.enter(child.pid)
        deadline = time.monotonic() + READY_SECONDS
        while TAKEN_OVER not in self.log.read_text(errors="replace"):
            if child.poll() is not None or time.monotonic() > deadline:
                self.down()
                raise EngineProcessError(f"the engine did not start; {self.log} says why.")
            time.sleep(0.1)

    def down(self) -> None:
        """It runs no more; what was in flight has been finished."""
        process = self.ledger.process()
        if process and not processes.end_group(process.group, DRAIN_SECONDS, lambda _: True):
            raise EngineProcessError(
                f"the engine, pid {process.pid}, is still there after SIGKILL; see `ps {process.pid}`."
            )
        if process and (child := _children.pop(process.pid, None)):
            child.wait()
        self.ledger.strike()
