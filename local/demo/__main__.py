"""`python -m local.demo`: what `make demo` runs."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
import time
from contextlib import closing
from pathlib import Path
from types import FrameType

from local import endpoint, probe
from local.demo.course import ALLOWED_LATENESS_SECONDS, TRIPS, WINDOW_SECONDS, DemoError, Plan, run
from local.demo.view import Screen
from local.demo.waiting import progress, telling
from local.emulator import EmulatorError
from local.endpoint import Address, AddressError
from local.engine_process import EngineProcessError
from local.laptop import Laptop
from local.stack import as_root
from tools.terraform import TerraformError

DESCRIPTION = """A minute of trips through the whole system on this machine: the local AWS, unmodified Terraform, the
engine. Among them are poison, repeated, late and very late ones, and for a while answers of transactions get lost.
Then the accounts: produced = in totals + late + in quarantine, to the record and the cent.

KEEP=1 leaves everything up. Ctrl-C ends everything. Where the usual port is taken it uses another; an address that
AWS_ENDPOINT_URL names is used, whatever answers there.

Exit status: 0 the accounts hold, 1 they do not, 130 interrupted."""
SHOWN = "module.trips"  # the other flows would be waited for and not seen
HELD, FAILED, INTERRUPTED = 0, 1, 130


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m local.demo", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=Plan().seconds, help="how long trips are made (60)")
    parser.add_argument("--rate", type=float, default=Plan().rate, help="records a second (500)")
    options = parser.parse_args(arguments)
    keep = os.environ.get("KEEP", "0") not in ("", "0")
    signals = Signals()
    try:
        where = address()
        laptop = Laptop.at(where, name="demo", variables={"trips": TRIPS})
        laptop.refuse_if_used()
        return demonstrated(laptop, Plan(options.seconds, options.rate), signals, keep=keep)
    except (AddressError, DemoError, EmulatorError, EngineProcessError, TerraformError) as error:
        print(error, file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("interrupted; everything is ended", file=sys.stderr)
        return INTERRUPTED


def demonstrated(laptop: Laptop, plan: Plan, signals: Signals, *, keep: bool) -> int:
    """The exit status of one demonstration, after which nothing runs unless it was to be kept."""
    begun = time.monotonic()
    kept = False
    try:
        with telling(lambda: progress(laptop.stack.state), lambda text: print(text, file=sys.stderr, flush=True)):
            laptop.up(SHOWN)
        screen = Screen(sys.stdout, time.monotonic)
        accounts = run(laptop.address.url, laptop.stack.outputs(), plan, screen, report_of(laptop))
        print(f"\n{accounts.text()}\n", flush=True)
        kept = keep
    finally:
        signals.deafen()
        if not kept:
            laptop.down()
    if kept:
        print(to_try(laptop))
    print(f"{time.monotonic() - begun:.0f} s in all", file=sys.stderr)
    return HELD if accounts.holds else FAILED


def address() -> Address:
    """The usual address; another port of this machine where that one is taken and nobody asked for it."""
    usual = endpoint.address()
    asked = os.environ.get("AWS_ENDPOINT_URL") or os.environ.get("LOCALSTACK_HOST")
    if asked or not probe.listens(usual.host, usual.port):
        return usual
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port: int = listener.getsockname()[1]
    print(f"something is at {usual.url} already; the demo makes an AWS of its own at port {port}", file=sys.stderr)
    return Address("http", "127.0.0.1", port)


def report_of(laptop: Laptop) -> Path:
    """Where the demo's own producer reports."""
    return laptop.stack.folder.with_name("demo.json")


def to_try(laptop: Laptop) -> str:
    stream, environment = laptop.stack.outputs()["trips_stream_name"], laptop.stack.name
    credentials = " ".join(f"{name}={value}" for name, value in as_root(laptop.address.url, {}).items())
    own, yours = report_of(laptop), report_of(laptop).with_name("yours.json")
    python, spoiled = ".venv/bin/python", "--poison 0.02 --late 0.05 --very-late 0.02"
    lateness = f"--allowed-lateness-seconds {ALLOWED_LATENESS_SECONDS}"
    return f"""It is left up. To try:

export {credentials.replace("AWS_REGION", "AWS_DEFAULT_REGION")}
{python} -m ops totals --environment {environment}
tail -f {laptop.engine.log}

Trips of your own, and whether the totals are what the producers say, the demo's and yours. This stack allows
{ALLOWED_LATENESS_SECONDS} s of lateness; told otherwise, a report expects what the totals cannot show. What comes
a window later ends the windows that are still open:

{python} -m producer --stream {stream} --seconds 20 {spoiled} {lateness} --report {yours}
sleep {WINDOW_SECONDS} && {python} -m producer --stream {stream} --records 100 --poison 1 && sleep 5
{python} -m ops reconcile --environment {environment} --report {own} --report {yours}

make down
"""


class Signals:
    """The first signal interrupts; while things are taken down, none does."""

    HEARD = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __init__(self) -> None:
        self._deaf = False
        for number in self.HEARD:
            signal.signal(number, self._hear)

    def deafen(self) -> None:
        self._deaf = True

    def _hear(self, _number: int, _frame: FrameType | None) -> None:
        if self._deaf:
            os.write(sys.stderr.fileno(), b"taking everything down; a moment\n")
            return
        self._deaf = True
        raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
