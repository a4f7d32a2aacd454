"""Starts and stops the embedded local AWS; this and local/emulator_process.py would change if it were not MiniStack.

    .local/<port>/process.json    who we started; what `down` may end
                 /emulator.log    its output; the previous run's is emulator.previous.log
                 /temporary       everything it unpacks, function code included; removed by `down`

It gets an environment of its own. Functions inherit the emulator's, so a developer's AWS_PROFILE, HTTP_PROXY or
AWS_ENDPOINT_URL would reach them. Without AWS_ENDPOINT_URL it hands them its own address, and a function's own
setting of that name wins: local/detour.py relies on it. What else it does and does not do: docs/local-aws.md.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from local import endpoint as edge
from local import probe, processes
from local.endpoint import Address, Endpoint, Kind
from local.ledger import Ledger
from local.processes import Process

ROOT = Path(__file__).resolve().parent.parent
PROCESS = ROOT / "local" / "emulator_process.py"
READY_SECONDS = 60.0
END_SECONDS = 10.0  # MiniStack takes about three to close its services
NARRATE_EVERY_SECONDS = 3.0
LOG_LINES = 15
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "SYSTEMROOT")

Tell = Callable[[str], None]

# Held until they end: whoever starts a process must ask for its exit status, or it stays a zombie.
_children: dict[int, subprocess.Popen[bytes]] = {}


class EmulatorError(RuntimeError):
    """The local AWS cannot be brought up or down; the message says what to do."""


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@dataclass(frozen=True, slots=True)
class Status:
    """What `python -m local status` tells."""

    address: Address
    endpoint: Endpoint | None
    process: Process | None
    uptime_seconds: float | None
    log: Path


@dataclass(frozen=True, slots=True)
class Emulator:
    """The local AWS of one address, its files under `home`."""

    address: Address
    home: Path

    @classmethod
    def of_environment(cls) -> Emulator:
        """The emulator of the edge address that AWS_ENDPOINT_URL or LOCALSTACK_HOST names."""
        address = edge.address()
        return cls(address, ROOT / ".local" / str(address.port))

    @property
    def log(self) -> Path:
        return self.home / "emulator.log"

    @property
    def temporary(self) -> Path:
        return self.home / "temporary"

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.home / "process.json", PROCESS.name, self.temporary)

    def up(self, tell: Tell = _say, ready_seconds: float = READY_SECONDS) -> tuple[Endpoint, bool]:
        """An AWS answers at the address, and whether this very call started it."""
        with self._locked(tell):
            if found := self.look():
                whose = "already up" if found.ours else "not started here, used as it is"
                tell(f"{found.kind} {found.version} at {found.url}: {whose}")
                return found, False
            self._refuse_if_busy()
            self._end(None, self.ledger.strays())
            started = time.monotonic()
            tell(f"starting MiniStack {version('ministack')} at {self.address.url}")
            endpoint = self._start(tell, ready_seconds)
            tell(f"up after {time.monotonic() - started:.1f} s; log: {self.log}")
            return endpoint, True

    def down(self, tell: Tell = _say) -> None:
        """Nothing that `up` started runs any more; what others started is left alone."""
        with self._locked(tell):
            process, strays = self.ledger.process(), self.ledger.strays()
            if process or strays:
                self._end(process, strays)
                tell(f"ended the local AWS at {self.address.url}")
            elif found := self.look():
                tell(f"{found.kind} at {found.url} was not started by this checkout: left running")
            else:
                tell(f"nothing of ours runs at {self.address.url}")
            self._forget()

    def status(self) -> Status:
        return Status(self.address, self.look(), self.ledger.process(), self.ledger.uptime_seconds(), self.log)

    def look(self) -> Endpoint | None:
        """What answers now; None when nothing does that speaks AWS."""
        if not probe.speaks_http(self.address.url):
            return None
        kind, health = _identity(self.address.url)
        if kind == "unknown" and not edge.answers_as_aws(self.address.url):
            return None
        told_version = str(health.get("version") or "unknown")
        services = frozenset(health.get("services") or ())
        return Endpoint(self.address.url, kind, told_version, self.ledger.process() is not None, services)

    def _start(self, tell: Tell, ready_seconds: float) -> Endpoint:
        self._prepare_home()
        with self.log.open("wb") as log:
            child = subprocess.Popen(
                [sys.executable, "-P", str(PROCESS)],
                cwd=self.temporary,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a process group of its own: `down` reaches its workers, Ctrl-C does not
            )
        _children[child.pid] = child
        try:
            self.ledger.enter(child.pid)
            return self._wait(child, tell, ready_seconds)
        except BaseException:
            self._end(processes.find(child.pid), self.ledger.strays())
            self._forget()
            raise

    def _wait(self, child: subprocess.Popen[bytes], tell: Tell, ready_seconds: float) -> Endpoint:
        started = time.monotonic()
        narrated = 0
        while (waited := time.monotonic() - started) < ready_seconds:
            if child.poll() is not None:
                raise EmulatorError(self._failure(f"MiniStack ended at once with exit code {child.returncode}"))
            if probe.document(f"{self.address.url}/_ministack/ready") is not None and (endpoint := self.look()):
                return endpoint
            if waited // NARRATE_EVERY_SECONDS > narrated:
                narrated += 1
                tell(f"still waiting for {self.address.url} ({waited:.0f} of {ready_seconds:.0f} s)")
            time.sleep(0.05)
        raise EmulatorError(self._failure(f"MiniStack was not ready after {ready_seconds:.0f} s"))

    def _environment(self) -> dict[str, str]:
        inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
        return inherited | {
            "AUTH": "true",
            "BIND_HOST": self.address.host,
            "GATEWAY_PORT": str(self.address.port),
            "IOT_MTLS_ENABLED": "false",  # or it listens on every interface, port 8883
            "SFTP_ENABLED": "false",
            "TMPDIR": str(self.temporary),
            "S3_DATA_DIR": str(self.temporary / "s3"),
            "STATE_DIR": str(self.temporary / "state"),
            "PYTHONUNBUFFERED": "1",
        }

    def _prepare_home(self) -> None:
        try:
            shutil.rmtree(self.temporary, ignore_errors=True)
            self.temporary.mkdir(parents=True, exist_ok=True)
            if self.log.exists():
                self.log.replace(self.home / "emulator.previous.log")
            self.log.touch()
        except OSError as error:
            raise EmulatorError(f"{self.home} must be a folder we may write to: {error}") from error

    def _refuse_if_busy(self) -> None:
        if not self.address.loopback or self.address.scheme != "http":
            raise EmulatorError(
                f"Nothing answers at {self.address.url}, and only http on a loopback address is started here; "
                "start yours, or unset AWS_ENDPOINT_URL."
            )
        if not probe.listens(self.address.host, self.address.port):
            return
        holder = processes.listener(self.address.port)
        who = f'pid {holder.pid} ("{holder.command}")' if holder else "another program"
        raise EmulatorError(
            f"{self.address.host}:{self.address.port} is held by {who}, which does not answer as AWS; "
            "end it, or choose another port: AWS_ENDPOINT_URL=http://127.0.0.1:4567."
        )

    def _failure(self, what: str) -> str:
        with suppress(FileNotFoundError):
            last = self.log.read_text(errors="replace").splitlines()[-LOG_LINES:]
            return "\n".join([f"{what}. The end of {self.log}:", *(f"    {line}" for line in last)])
        return f"{what}; it left no log at {self.log}."

    def _end(self, process: Process | None, strays: list[Process]) -> None:
        for group in {found.group for found in (process, *strays) if found}:
            # Anything in the emulator's own group is its own; without its leader only what runs from our folder.
            belongs = (lambda _: True) if process else self.ledger.unpacked
            if not processes.end_group(group, END_SECONDS, belongs):
                raise EmulatorError(
                    f"process group {group} is still there after SIGKILL; see `ps -o pid,stat,args -g {group}`."
                )
            if child := _children.pop(group, None):
                child.wait()

    def _forget(self) -> None:
        self.ledger.strike()
        shutil.rmtree(self.temporary, ignore_errors=True)

    @contextmanager
    def _locked(self, tell: Tell) -> Iterator[None]:
        """One `up` or `down` at a time; the lock ends with the process that holds it."""
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            lock = self.home.joinpath("lock").open("w")
        except OSError as error:
            raise EmulatorError(f"{self.home} must be a folder we may write to: {error}") from error
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                tell(f"another up or down of {self.address.url} is at work; waiting for it")
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield


@contextmanager
def running(emulator: Emulator | None = None, tell: Tell = _say) -> Iterator[Endpoint]:
    """An AWS to test against: what answers already, else one that ends with the block, also on SIGTERM and Ctrl-C."""
    emulator = emulator or Emulator.of_environment()
    with _sigterm_raises():
        endpoint, started = emulator.up(tell)
        try:
            yield endpoint
        finally:
            if started:
                emulator.down(tell)


@contextmanager
def _sigterm_raises() -> Iterator[None]:
    """SIGTERM unwinds the stack as Ctrl-C does, unless somebody handles it already; pytest tears down on no other."""
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _identity(url: str) -> tuple[Kind, dict[str, Any]]:
    """Which emulator it is, and its health page: each has one that only it serves."""
    health = probe.document(f"{url}/_ministack/health") or {}
    if "services" in health:
        return "ministack", health
    health = probe.document(f"{url}/_localstack/health") or {}
    return ("localstack" if "edition" in health else "unknown"), health
