"""Engines that end without a word: nothing is given back, so no poller of the endpoint disturbs what follows."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.engine_process import TAKEN_OVER, EngineProcess
from local.stack import ROOT, as_root
from tests.flows.patience import until


def kill(engine: EngineProcess) -> None:
    """What was in flight comes again under the next engine, which goes on from the last checkpoints."""
    if process := engine.ledger.process():
        os.kill(process.pid, signal.SIGKILL)
        until(lambda: engine.ledger.process() is None, seconds=10, every=0.02)


@contextmanager
def engine_reading(kinesis_url: str, endpoint_url: str, state: Path, home: Path) -> Iterator[None]:
    """An engine with checkpoints of its own, whose streams are at another address than all else."""
    home.mkdir()
    log = home / "engine.log"
    command = [sys.executable, "-m", "local.engine", "--endpoint", endpoint_url, "--state", state, "--home", home]
    env = {**as_root(endpoint_url, os.environ), "AWS_ENDPOINT_URL_KINESIS": kinesis_url}
    with (
        log.open("wb") as out,
        subprocess.Popen(list(map(str, command)), cwd=ROOT, env=env, stdout=out, stderr=out) as process,
    ):
        try:
            until(lambda: TAKEN_OVER in log.read_text(errors="replace"), seconds=60)
            yield
        finally:
            process.kill()
