"""One running AWS provider for many Terraform commands.

Terraform starts the provider anew for every run of every test, which costs more than the run. A provider that
already runs (its debugger's mode) is attached to instead; the binary is the one `init` has checked against the lock.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tools import terraform

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / ".local" / "terraform"  # apart from the .terraform of whoever applies this stack
START_SECONDS = 60.0
ADDRESS = re.compile(r"TF_REATTACH_PROVIDERS='(.+)'")


def data_folder(purpose: str, module: Path) -> dict[str, str]:
    """The environment in which Terraform keeps what it knows about `module` out of our sources."""
    return {"TF_DATA_DIR": str(DATA / purpose / ("-".join(module.relative_to(ROOT).parts) or "root"))}


@contextmanager
def running_provider(purpose: str) -> Iterator[dict[str, str]]:
    """An environment in which Terraform finds the provider of the lock file running."""
    root = {**os.environ, **data_folder(purpose, ROOT)}
    terraform.output(["init", "-backend=false", "-lockfile=readonly", "-input=false"], ROOT, root)
    installed = Path(root["TF_DATA_DIR"], "providers", terraform.PROVIDER)
    program = next(path for path in sorted(installed.glob("*/*/terraform-provider-aws*")) if path.is_file())
    # Its socket would outlive it in the system's temporary folder; a path to a socket must be short.
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryDirectory(prefix="aws-") as sockets:
        process = subprocess.Popen(
            [program, "-debug"],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            env={**os.environ, "TMPDIR": sockets},
        )
        try:
            yield {**root, "TF_REATTACH_PROVIDERS": _address(process, said)}
        finally:
            process.terminate()
            process.wait()


def _address(process: subprocess.Popen[bytes], said: IO[str]) -> str:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        said.seek(0)
        if found := ADDRESS.search(said.read()):
            return found[1]
        time.sleep(0.1)
    said.seek(0)
    raise terraform.TerraformError(f"The AWS provider did not start within {START_SECONDS:.0f} s:\n{said.read()}")
