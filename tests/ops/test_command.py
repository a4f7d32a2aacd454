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
    "command", [["totals"], ["reconcile"], ["revenue"], ["stock"], ["stock", "list"], ["stock", "set"]], ids=" ".join
)
def test_every_command_explains_itself_from_a_bare_checkout(command):
    shown = ops(*command, "--help")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout.startswith(f"usage: python -m ops {' '.join(command)}")


def test_revenue_is_shown_live_or_as_json_not_both():
    assert "not allowed with argument" in ops("revenue", "--table", "t", "--live", "--json").stderr


@pytest.mark.parametrize("since", ["x", "0001-01-01T00:00+14:00"])
def test_a_moment_that_has_no_place_in_utc_is_refused_with_the_value(since):
    assert f'must be ISO-8601, such as 2024-05-01T10:00Z; got "{since}"' in ops("totals", "--since", since).stderr


def test_who_stops_reading_is_told_nothing():
    reader, writer = os.pipe()
    os.close(reader)
    script = (
        "import sys; from ops import __main__ as ops; "
        "ops.show_totals = lambda _: print('a line'); sys.exit(ops.main(['totals']))"
    )
    with os.fdopen(writer, "w") as closed:
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=ROOT, stdout=closed, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "must name a file that can be read"),
        ("", "must name what `python -m producer --report` wrote"),
        ("[]", "must name what `python -m producer --report` wrote"),
        ('{"begunAt": "2024-05-01T10:00:00Z", "seed": 1}', "must name what `python -m producer --report` wrote"),
    ],
    ids=["no file", "empty", "a list", "half of one"],
)
def test_what_is_no_report_is_refused(tmp_path, content, complaint):
    report = tmp_path / "report.json"
    if content is not None:
        report.write_text(content)
    refused = ops("reconcile", "--report", str(report))
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert f"--report {complaint}; got {report}" in refused.stderr
