"""One stage of the proof, and how several run at once and end together.

Every command leads a process group of its own, so that ending it ends whatever it started, too.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

ROOT = Path(__file__).resolve().parent.parent
LOGS = ROOT / ".local" / "logs"

# Far more than any stage takes; only one that hangs gets there.
LIMIT_SECONDS = 1800.0
TIMED_OUT, NOT_STARTED = 124, 127

# Interrupted, pytest still takes down what its fixtures set up, and Terraform finishes what it is doing.
POLITELY = ((signal.SIGINT, 90.0), (signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0))


@dataclass(frozen=True, slots=True)
class Stage:
    """Commands to run one after the other once the stages it `needs` are done; `counts` if they count tests."""

    name: str
    commands: tuple[tuple[str, ...], ...]
    needs: tuple[str, ...] = ()
    counts: bool = False
    terraform: bool = False
    limit_seconds: float = LIMIT_SECONDS


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a stage ended, after how long, and all it wrote."""

    stage: Stage
    exit_code: int
    seconds: float
    output: str

    @property
    def failed(self) -> bool:
        return self.exit_code != 0

    @property
    def line(self) -> str:
        *_, last = self.output.strip().splitlines() or [""]
        return f"{self.stage.name:<16}{self.seconds:7.1f} s   {'FAILED' if self.failed else last[:90]}".rstrip()


def startable(waiting: Iterable[Stage], running: Iterable[str], done: Iterable[str], jobs: int) -> list[Stage]:
    """Those whose needs are met, as many as there are places left."""
    free = jobs - len(list(running))
    return [stage for stage in waiting if set(stage.needs) <= set(done)][: max(free, 0)]


async def run(
    stages: Sequence[Stage],
    aloud: Stage | None = None,
    jobs: int | None = None,
    environment: Mapping[str, str] = os.environ,
) -> list[Outcome]:
    """The outcomes in the order they came, up to the first failure; `aloud` writes to our own output."""
    me = asyncio.current_task()
    assert me is not None
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:  # as nohup has it
            asyncio.get_running_loop().add_signal_handler(number, me.cancel)

    waiting, outcomes = list(stages), list[Outcome]()
    running: dict[asyncio.Task[Outcome], Stage] = {}
    screen = Screen()
    try:
        while waiting or running:
            places = jobs or max(2, os.cpu_count() or 2)
            done = [outcome.stage.name for outcome in outcomes]
            for stage in startable(waiting, [stage.name for stage in running.values()], done, places):
                waiting.remove(stage)
                running[asyncio.create_task(run_stage(stage, environment, aloud=stage is aloud))] = stage
            finished, _ = await asyncio.wait(running, timeout=1.0, return_when=asyncio.FIRST_COMPLETED)
            for task in finished:
                del running[task]
                outcomes.append(task.result())
                if outcomes[-1].stage is not aloud:
                    screen.say(outcomes[-1].line)
            if any(outcome.failed for outcome in outcomes):
                break
            screen.show([stage.name for stage in running.values() if stage is not aloud])
    finally:
        screen.show([])
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    return outcomes


async def run_stage(stage: Stage, environment: Mapping[str, str], *, aloud: bool) -> Outcome:
    path, started = LOGS / f"{stage.name}.log", time.monotonic()
    with path.open("wb") as log:
        own = None if aloud else log
        try:
            async with asyncio.timeout(stage.limit_seconds):
                exit_code = await run_commands(stage.commands, environment, own)
        except TimeoutError:
            exit_code = TIMED_OUT
            tell(f"{stage.name} was ended: it took more than {stage.limit_seconds:g} s.", own)
    return Outcome(stage, exit_code, time.monotonic() - started, path.read_text(errors="replace"))


async def run_commands(commands: Iterable[Sequence[str]], environment: Mapping[str, str], log: BinaryIO | None) -> int:
    """The exit code of the first command that fails; those after it do not run."""
    for command in commands:
        try:
            exit_code = await run_command(command, environment, log)
        except OSError as error:
            tell(f"{command[0]} cannot be started: {error.strerror}; `make clean` and try again.", log)
            return NOT_STARTED
        if exit_code != 0:
            return exit_code
    return 0


def hear_signals() -> None:
    """Below a job in the background, or under nohup, a process is born deaf to the signals that end it politely."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


async def run_command(command: Sequence[str], environment: Mapping[str, str], log: BinaryIO | None) -> int:
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=ROOT,
        env={**environment, "PYTHONUNBUFFERED": "1"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=log,
        stderr=log and asyncio.subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=hear_signals,
    )
    try:
        return await process.wait()
    finally:
        await end(process)


async def end(process: asyncio.subprocess.Process) -> None:
    """Ends the process and all of its group; asked a second time, without waiting for manners."""
    for number, patience_seconds in POLITELY:
        if process.returncode is not None:
            break
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(TimeoutError, asyncio.CancelledError):
            await asyncio.wait_for(process.wait(), patience_seconds)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)  # whatever it left behind


def tell(sentence: str, log: BinaryIO | None) -> None:
    (log or sys.stderr.buffer).write(f"{sentence}\n".encode())


class Screen:
    """Lines that stay, and on a terminal one below them that says what is running."""

    def __init__(self) -> None:
        self.terminal = sys.stdout.isatty()
        self.since: dict[str, float] = {}

    def say(self, line: str) -> None:
        self._write(("\r\x1b[K" if self.terminal else "") + line + "\n")

    def show(self, names: Sequence[str]) -> None:
        if not self.terminal:
            return
        now = time.monotonic()
        self.since = {name: self.since.get(name, now) for name in names}
        running = "   ".join(f"{name} {now - since:.0f} s" for name, since in self.since.items())
        self._write(f"\r\x1b[K{running}")

    def _write(self, text: str) -> None:
        with suppress(OSError):  # a terminal that hung up must not keep us from ending the stages
            sys.stdout.write(text)
            sys.stdout.flush()
