"""`python -m producer`, as people start it: what must be refused is refused before the first put."""

import json
import subprocess
import sys

import pytest

from local.endpoint import REGION
from local.stack import ROOT, as_root

NOBODY = "http://127.0.0.1:9"  # the port that discards; nothing listens there


def produced(*options: str, in_a_region: bool = True) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "producer", "--stream", "trips", *options],
        cwd=ROOT,
        env=as_root(NOBODY, {}) | ({"AWS_DEFAULT_REGION": REGION} if in_a_region else {}),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("place", ["", "there/is/no/such/folder/report.json", "file/report.json"])
def test_a_report_that_cannot_be_written_is_refused_before_the_first_put(tmp_path, place):
    (tmp_path / "file").touch()
    done = produced("--plain", "--records", "1", "--report", str(tmp_path / place))
    assert (done.returncode, done.stdout) == (2, "")
    assert f"--report must name a file that can be written; got {tmp_path / place}:" in done.stderr


def test_an_older_report_stays_until_there_is_a_new_one(tmp_path):
    report = tmp_path / "report.json"
    report.write_text("the one before")
    done = produced("--records", "1", "--report", str(report), in_a_region=False)
    assert (done.returncode, report.read_text()) == (1, "the one before")


def test_where_a_run_cannot_begin_no_empty_report_is_left(tmp_path):
    produced("--records", "1", "--report", str(tmp_path / "report.json"), in_a_region=False)
    assert list(tmp_path.iterdir()) == []


def test_a_report_that_cannot_be_kept_after_all_is_told():
    done = produced("--plain", "--give-up-seconds", "0", "--records", "1", "--report", "/dev/full")
    assert done.returncode == 1
    assert "the report could not be written to /dev/full" in done.stderr
    assert json.loads(done.stdout[done.stdout.index("{") :])["records"]["made"] == 1
