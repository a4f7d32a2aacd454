"""What is counted, and what the last line says."""

from collections import Counter

import pytest

from tools.summary import counted, skipped, verdict


@pytest.mark.parametrize(
    ("last_line", "counts"),
    [
        ("59 passed, 1 skipped in 1.89s", Counter(passed=59, skipped=1)),
        ("===== 3 failed, 1 passed, 2 errors in 1.89s =====", Counter(passed=1, failed=5)),
        ("214 passed, 0 failed", Counter(passed=214)),
        ("Success! 15 passed, 0 failed.", Counter(passed=15)),
        ("no tests ran in 0.01s", Counter()),
    ],
)
def test_tests_are_counted_from_the_last_line(last_line, counts):
    assert +counted(f"12 passed of an earlier run\n{last_line}\n") == counts


def test_nothing_written_is_nothing_counted():
    assert counted("") == Counter()


def test_the_verdict_adds_up_all_runs():
    runs = [Counter(passed=2, skipped=1), Counter(passed=3, failed=1)]
    assert verdict(runs, failed_stages=1) == "5 passed, 1 failed, 1 skipped"


def test_a_stage_that_failed_without_a_failed_test_is_not_hidden():
    assert verdict([Counter(passed=2)], failed_stages=1) == "2 passed, 1 failed"


def test_why_a_test_was_skipped_is_told():
    assert skipped(".s\nSKIPPED [1] tests/flows/test_x.py:3: no HTTP APIs here\n1 skipped") == [
        "SKIPPED [1] tests/flows/test_x.py:3: no HTTP APIs here"
    ]
