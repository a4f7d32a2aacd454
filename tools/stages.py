"""Runs the stages of this repository's proof, side by side where they do not need each other.

    python -m tools.stages                all of them: `make test`
    python -m tools.stages lint unit      these, after what they need

    setup ──> package ──┬──> flows              a line for each stage when it is done, its output in .local/logs,
      │                 └──> terraform-test     the output of the stage that failed last
      ├──> lint
      └──> unit               scan

The first failure ends the others: a proof that failed is repeated whole, and sooner is better.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Iterable
from contextlib import suppress

from tools import terraform
from tools.folders import FolderError, make_folder
from tools.stage import LOGS, Outcome, Stage, run
from tools.summary import counted, skipped, verdict
from tools.surroundings import surroundings

PYTHON = ".venv/bin/python"
THIS_PYTHON = sys.executable
PYTEST = (PYTHON, "-m", "pytest", "-q")
# Its parser keeps a cache in the temporary folder.
CHECKOV = ("env", f"TMPDIR={LOGS.parent}", ".venv-checkov/bin/checkov", "--config-file=.checkov.yaml")

# In the order they start: what takes longest, or lets the others start, comes first.
STAGES = {
    stage.name: stage
    for stage in (
        Stage("setup", ((THIS_PYTHON, "-m", "tools.environment", "dev"), (PYTHON, "-m", "tools.kinesis_mock"))),
        Stage("package", ((PYTHON, "-m", "tools.package"),), needs=("setup",)),
        Stage("flows", ((*PYTEST, "tests/flows"),), needs=("package",), counts=True, terraform=True),
        Stage(
            "scan",
            ((THIS_PYTHON, "-m", "tools.environment", "checkov"), CHECKOV),
        ),
        Stage(
            "lint",
            (
                (PYTHON, "-m", "ruff", "check", "--quiet", "."),
                (PYTHON, "-m", "ruff", "format", "--quiet", "--diff", "."),
                (PYTHON, "-m", "mypy"),
                (PYTHON, "tools/module_docs.py", "--check"),
                (THIS_PYTHON, "tools/terraform.py", "fmt", "-check", "-diff", "-recursive"),
                (THIS_PYTHON, "-m", "tools.terraform_checks", "validate"),
            ),
            needs=("setup",),
            terraform=True,
        ),
        Stage("unit", ((*PYTEST, "tests", "--ignore=tests/flows"),), needs=("setup",), counts=True),
        Stage(
            "terraform-test",
            ((THIS_PYTHON, "-m", "tools.terraform_checks", "test"),),
            needs=("package",),
            counts=True,
            terraform=True,
        ),
    )
}


def with_needs(names: Iterable[str]) -> list[Stage]:
    """These stages and all that they need, in the order of STAGES."""
    wanted: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in wanted:
            wanted.add(name)
            waiting += STAGES[name].needs
    return [stage for name, stage in STAGES.items() if name in wanted]


def closing(outcomes: Iterable[Outcome]) -> list[str]:
    """What is said when all is done: why tests were skipped, the output of what failed, and the totals."""
    lines: list[str] = []
    counts = []
    failures = [outcome for outcome in outcomes if outcome.failed]
    for outcome in outcomes:
        if outcome.stage.counts:
            counts.append(counted(outcome.output))
            lines += [f"{outcome.stage.name}: {line}" for line in skipped(outcome.output)]
    for failure in failures:
        lines += ["", f"{failure.stage.name} failed:", failure.output.rstrip(), ""]
    return [*lines, verdict(counts, failed_stages=len(failures))] if counts or failures else lines


def main(names: list[str]) -> int:
    if unknown := set(names) - STAGES.keys():
        sys.exit(f"A stage is one of {', '.join(STAGES)}; got {', '.join(sorted(unknown))}.")
    stages = with_needs(names or STAGES)
    if any(stage.terraform for stage in stages):
        try:
            terraform.installed(terraform.terraform_environment(os.environ))
        except terraform.TerraformError as error:
            sys.exit(str(error))
    try:
        make_folder(LOGS)
    except FolderError as error:
        sys.exit(str(error))
    started = time.monotonic()
    aloud = STAGES[names[0]] if len(names) == 1 else None
    try:
        outcomes = asyncio.run(run(stages, aloud, environment=surroundings(os.environ)))
    except (KeyboardInterrupt, asyncio.CancelledError):
        with suppress(OSError):  # the terminal may be gone
            print("\nStopped; every stage has ended.", file=sys.stderr)
        return 130
    if aloud is None:
        print(f"{'total':<16}{time.monotonic() - started:7.1f} s", *closing(outcomes), sep="\n")
    return 1 if any(outcome.failed for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
