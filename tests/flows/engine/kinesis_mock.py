"""A kinesis-mock of a test's own: the only local Kinesis whose shards split and merge as on AWS."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from local import probe
from tools.kinesis_mock import HOME, node

READY_SECONDS = 20.0


@contextmanager
def kinesis_mock(port: int, tls_port: int, log: Path) -> Iterator[str]:
    """Its address; skips the test where it is not installed."""
    program = HOME / "node_modules" / "kinesis-local"
    if not (HOME / "installed.txt").is_file():
        pytest.skip(f"kinesis-mock is not in {HOME}: `make setup` could not fetch it")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*node(), "-r", str(HOME / "loopback.cjs"), "main.js"],
            cwd=program,  # it looks for its certificate there
            env={
                **os.environ,
                "KINESIS_MOCK_PLAIN_PORT": str(port),
                "KINESIS_MOCK_TLS_PORT": str(tls_port),
                "CREATE_STREAM_DURATION": "50ms",
                "SPLIT_SHARD_DURATION": "50ms",
                "MERGE_SHARDS_DURATION": "50ms",
            },
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + READY_SECONDS
        while not probe.listens("127.0.0.1", port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"kinesis-mock did not start: {log.read_text()[-500:]}")
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, 15)
        process.wait(10)
