"""`python -m ops`, as people start it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


def ops(*arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [sys.executable, "-m", "ops", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "command", [["totals"], ["revenue"], ["stock"], ["stock", "list"], ["stock", "set"]], ids=" ".join
)
def test_every_command_explains_itself_from_a_bare_checkout(command):
    shown = ops(*command, "--help")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout.startswith(f"usage: python -m ops {' '.join(command)}")


def test_revenue_is_shown_live_or_as_json_not_both():
    assert "not allowed with argument" in ops("revenue", "--table", "t", "--live", "--json").stderr
