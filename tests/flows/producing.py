"""Producers at work, as people start them: `python -m producer --report FILE`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local.endpoint import REGION
from local.stack import ROOT, as_root
from tests.flows.deployed import Trips

SPOILED = ["--vendors", "8", "--poison", "0.02", "--repeated", "0.05", "--late", "0.05", "--very-late", "0.02"]
LATENESS = ["--allowed-lateness-seconds", "900"]  # as the stack of these tests has it
PATIENCE_SECONDS = 180.0


@contextmanager
def producing(trips: Trips, report: Path, *options: str, kinesis: Any = None) -> Iterator[None]:
    """A producer at work, at the stream of `kinesis` if that is elsewhere; at the end of the block it is waited for."""
    command = [sys.executable, "-m", "producer", "--stream", trips.outputs["trips_stream_name"]]
    url = trips.endpoint.url if kinesis is None else kinesis.meta.endpoint_url
    env = {**as_root(url, os.environ), "AWS_DEFAULT_REGION": REGION}
    log = report.with_suffix(".log")
    with (
        log.open("w") as out,
        subprocess.Popen(
            [*command, "--report", str(report), *options], cwd=ROOT, env=env, stdout=out, stderr=out
        ) as process,
    ):
        yield
        assert process.wait(PATIENCE_SECONDS) == 0, log.read_text()
