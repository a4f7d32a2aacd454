"""In which order stages run, how a failure ends the others, and that nothing is left running."""

import asyncio
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tools import stage as stage_module
from tools import stages
from tools.stage import Outcome, Stage, run, startable
from tools.stages import STAGES, closing, with_needs

SLEEPS = (sys.executable, "-c", "import time; time.sleep(60)")
FAILS = (sys.executable, "-c", "print('what went wrong'); raise SystemExit(3)")
WORKS = (sys.executable, "-c", "print('7 passed in 0.1s')")


def leaves_a_child(lifeline: Path, then: str = "") -> tuple[str, ...]:
    """A command whose child holds the writing end of `lifeline` for a minute."""
    child = f"subprocess.Popen({SLEEPS!r}, pass_fds=[os.open({str(lifeline)!r}, os.O_WRONLY)])"
    return (sys.executable, "-c", f"import os, subprocess, time; child = {child}; {then}")


@pytest.fixture
def lifeline(tmp_path) -> Path:
    path: Path = tmp_path / "lifeline"
    os.mkfifo(path)
    return path


@pytest.fixture
def all_ended(lifeline) -> Iterator[Callable[[], bool]]:
    """True once nobody holds the lifeline any more."""
    reader = os.open(lifeline, os.O_RDONLY | os.O_NONBLOCK)
    yield lambda: bool(select.select([reader], [], [], 20)[0]) and os.read(reader, 1) == b""
    os.close(reader)


@pytest.fixture(autouse=True)
def logs(tmp_path, monkeypatch):
    monkeypatch.setattr(stage_module, "LOGS", tmp_path)
    return tmp_path


# Order


def test_a_stage_brings_what_it_needs():
    assert [stage.name for stage in with_needs(["flows"])] == ["setup", "package", "flows"]


def test_every_need_is_a_stage_that_starts_earlier():
    order = list(STAGES)
    assert all(order.index(need) < order.index(stage.name) for stage in STAGES.values() for need in stage.needs)


def test_a_stage_waits_for_what_it_needs():
    first, second = Stage("first", ()), Stage("second", (), needs=("first",))
    assert startable([first, second], running=[], done=[], jobs=2) == [first]


def test_no_more_stages_run_than_there_are_places():
    stages = [Stage(name, ()) for name in "abc"]
    assert startable(stages, running=["x"], done=[], jobs=2) == [stages[0]]


# Outcome


def test_a_stage_tells_its_time_and_what_it_said_last():
    assert (
        Outcome(Stage("unit", ()), 0, 14.23, "...\n7 passed in 14s\n").line
        == "unit               14.2 s   7 passed in 14s"
    )


def test_the_output_of_a_failed_stage_comes_last_before_the_totals():
    outcomes = [
        Outcome(Stage("unit", (), counts=True), 0, 1.0, "7 passed in 1s"),
        Outcome(Stage("lint", ()), 1, 1.0, "what went wrong\n"),
    ]
    assert closing(outcomes) == ["", "lint failed:", "what went wrong", "", "7 passed, 1 failed"]


def test_a_stage_stops_at_its_first_failing_command():
    [outcome] = asyncio.run(run([Stage("lint", (FAILS, WORKS))]))
    assert (outcome.exit_code, outcome.output) == (3, "what went wrong\n")


def test_nothing_is_said_of_tests_where_none_were_counted():
    assert closing([Outcome(Stage("lint", ()), 0, 1.0, "checked\n")]) == []


def test_a_program_that_is_not_there_fails_its_stage_with_a_sentence():
    [outcome] = asyncio.run(run([Stage("scan", (("/nowhere/checkov",),))]))
    assert (outcome.exit_code, outcome.output) == (
        127,
        "/nowhere/checkov cannot be started: No such file or directory; `make clean` and try again.\n",
    )


def test_a_stage_that_takes_too_long_is_ended_with_a_sentence(lifeline, all_ended):
    stage = Stage("flows", (leaves_a_child(lifeline, then="time.sleep(60)"),), limit_seconds=0.5)
    [outcome] = asyncio.run(run([stage]))
    assert (outcome.exit_code, outcome.output.splitlines()[-1], all_ended()) == (
        124,
        "flows was ended: it took more than 0.5 s.",
        True,
    )


def test_a_stage_sees_the_environment_it_is_given():
    shows = (sys.executable, "-c", "import os; print(os.environ.get('SEEN'), os.environ.get('HOME'))")
    [outcome] = asyncio.run(run([Stage("unit", (shows,))], environment={"SEEN": "yes"}))
    assert outcome.output == "yes None\n"


def test_a_file_in_the_way_of_the_logs_is_named(tmp_path, monkeypatch):
    (tmp_path / "logs").touch()
    monkeypatch.setattr(stages, "LOGS", tmp_path / "logs")
    with pytest.raises(SystemExit, match=r"logs must be a folder; .*/logs is a file: move it away"):
        stages.main(["setup"])


# Nothing is left running


def test_a_failure_ends_the_other_stages():
    started = time.monotonic()
    outcomes = asyncio.run(run([Stage("flows", (SLEEPS,)), Stage("lint", (FAILS,))], jobs=2))
    assert ([outcome.stage.name for outcome in outcomes], time.monotonic() - started < 30) == (["lint"], True)


def test_what_a_command_left_behind_ends_with_it(lifeline, all_ended):
    asyncio.run(run([Stage("flows", (leaves_a_child(lifeline),))]))
    assert all_ended()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_every_stage_and_its_children(lifeline, all_ended, number):
    async def signalled() -> None:
        asyncio.get_running_loop().call_later(0.5, os.kill, os.getpid(), number)
        await run([Stage("flows", (leaves_a_child(lifeline, then="time.sleep(60)"),))])

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(signalled())
    assert all_ended()


def test_a_hangup_that_is_ignored_stays_ignored():
    works = (sys.executable, "-c", "import os, signal; os.kill(os.getppid(), signal.SIGHUP); print('done')")
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        [outcome] = asyncio.run(run([Stage("unit", (works,))]))
    finally:
        signal.signal(signal.SIGHUP, before)
    assert outcome.output == "done\n"


def test_a_command_can_be_interrupted_though_its_runner_was_born_deaf():
    tells = (sys.executable, "-c", "import signal; print(signal.getsignal(signal.SIGINT) is signal.SIG_IGN)")
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        [outcome] = asyncio.run(run([Stage("unit", (tells,))]))
    finally:
        signal.signal(signal.SIGINT, before)
    assert outcome.output == "False\n"
