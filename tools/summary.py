"""Counts of tests, read from the last line that pytest or our Terraform tests wrote.

3 failed, 59 passed, 1 skipped, 1 error in 1.89s     pytest
214 passed, 0 failed, 0 skipped                      tools/terraform_checks.py
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

COUNT = re.compile(r"(\d+) (passed|failed|skipped|error|xfailed|xpassed)")
MEANING = {"error": "failed", "xfailed": "passed", "xpassed": "failed"}


def counted(output: str) -> Counter[str]:
    """Tests by outcome: passed, failed or skipped."""
    *_, last = output.strip().splitlines() or [""]
    counts: Counter[str] = Counter()
    for number, outcome in COUNT.findall(last):
        counts[MEANING.get(outcome, outcome)] += int(number)
    return counts


def skipped(output: str) -> list[str]:
    """pytest's own lines about what was skipped and why."""
    return [line for line in output.splitlines() if line.startswith("SKIPPED ")]


def verdict(counts: Iterable[Counter[str]], failed_stages: int) -> str:
    """The last line of a proof; a stage that failed without a failed test counts as one."""
    tests = sum(counts, Counter[str]())
    failed = max(tests["failed"], failed_stages)
    skips = f", {tests['skipped']} skipped" if tests["skipped"] else ""
    return f"{tests['passed']} passed, {failed} failed{skips}"
