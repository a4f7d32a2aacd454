"""Processes of this machine, told apart for certain: a pid alone may belong to a stranger by tomorrow.

A process is named by its pid *and* its start time. Where there is no /proc (macOS), `ps` tells both.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
LISTENING = "0A"  # the state column of /proc/net/tcp


@dataclass(frozen=True, slots=True)
class Process:
    """One process: `started` is compared, never read (clock ticks since boot, or the date that ps prints)."""

    pid: int
    group: int
    started: str
    command: str


def find(pid: int) -> Process | None:
    """The live process with this pid; None when there is none, or only a zombie."""
    if PROC.joinpath("self", "stat").exists():
        return _from_proc(pid)
    return next(_from_ps("-p", str(pid)), None)


def members(group: int) -> list[Process]:
    """The live processes of a process group; empty once the last has gone."""
    if PROC.joinpath("self", "stat").exists():
        pids = [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()]
        everyone = [process for pid in pids if (process := _from_proc(pid))]
    else:
        everyone = list(_from_ps("-A"))
    return [process for process in everyone if process.group == group]


def listener(port: int) -> Process | None:
    """Who listens on a TCP port; None when nobody does, or this system will not tell us."""
    inodes = set(_listening_inodes(port))
    if not inodes:
        return None
    for entry in PROC.iterdir():
        if entry.name.isdigit() and inodes & set(_socket_inodes(entry)):
            return _from_proc(int(entry.name))
    return None


def end_group(group: int, grace_seconds: float, belongs: Callable[[Process], bool]) -> bool:
    """Ask every process of the group that `belongs` to end, then make it; whether all are gone."""
    for wanted in (signal.SIGTERM, signal.SIGKILL):
        for process in filter(belongs, members(group)):
            with suppress(ProcessLookupError):
                os.kill(process.pid, wanted)
        deadline = time.monotonic() + grace_seconds
        while time.monotonic() < deadline:
            _reap(group)
            if not any(map(belongs, members(group))):
                return True
            time.sleep(0.05)
    return False


def _reap(pid: int) -> None:
    # A child of ours stays a zombie until somebody asks for its exit status.
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def _from_proc(pid: int) -> Process | None:
    try:
        stat = PROC.joinpath(str(pid), "stat").read_text()
        command = PROC.joinpath(str(pid), "cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None
    # pid (name, which may hold spaces and brackets) state ppid pgrp ... starttime is the 22nd field
    fields = stat.rpartition(")")[2].split()
    if fields[0] in "ZX":
        return None
    return Process(pid, int(fields[2]), fields[19], command.replace(b"\0", b" ").decode(errors="replace").strip())


def _from_ps(*selection: str) -> Iterator[Process]:
    columns = ["-o", "pid=", "-o", "pgid=", "-o", "stat=", "-o", "lstart=", "-o", "command="]
    listing = subprocess.run(["ps", *selection, *columns], capture_output=True, text=True, check=False)
    line = re.compile(r"\s*(\d+)\s+(\d+)\s+(\S+)\s+(\S+\s+\S+\s+\S+\s+\S+\s+\d{4})\s+(.*)")
    for found in filter(None, map(line.match, listing.stdout.splitlines())):
        pid, group, state, started, command = found.groups()
        if not state.startswith("Z"):
            yield Process(int(pid), int(group), started, command)


def _listening_inodes(port: int) -> Iterator[str]:
    for table in ("tcp", "tcp6"):
        with suppress(FileNotFoundError):
            for row in PROC.joinpath("net", table).read_text().splitlines()[1:]:
                columns = row.split()
                if columns[3] == LISTENING and int(columns[1].rpartition(":")[2], 16) == port:
                    yield columns[9]


def _socket_inodes(process: Path) -> Iterator[str]:
    with suppress(OSError):  # gone meanwhile, or another user's
        for descriptor in (process / "fd").iterdir():
            with suppress(OSError):
                yield str(descriptor.readlink()).removeprefix("socket:[").removesuffix("]")
