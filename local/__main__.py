"""`python -m local up | down | status`: the local AWS of this checkout."""

from __future__ import annotations

import argparse
import signal
import sys

from local.emulator import Emulator, EmulatorError, Status
from local.endpoint import AddressError

DESCRIPTION = """The local AWS of this checkout, at AWS_ENDPOINT_URL (default http://127.0.0.1:4566).

up      starts it and waits until it is ready; uses what already answers there
down    ends what `up` started, and nothing else
status  tells what answers; exit code 3 when nothing does"""
NOTHING_ANSWERS = 3


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m local", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("verb", choices=["up", "down", "status"])
    verb = parser.parse_args(arguments).verb
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # a half-started emulator is ended too
    try:
        return _run(verb, Emulator.of_environment())
    except (EmulatorError, AddressError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _run(verb: str, emulator: Emulator) -> int:
    if verb == "up":
        emulator.up()
    elif verb == "down":
        emulator.down()
    else:
        status = emulator.status()
        print(describe(status))
        return 0 if status.endpoint else NOTHING_ANSWERS
    return 0


def describe(status: Status) -> str:
    """The status, a fact a line."""
    found = status.endpoint
    lines = [
        f"endpoint  {status.address.url}",
        f"health    {f'{found.kind} {found.version} answers' if found else 'nothing answers as AWS'}",
    ]
    if status.process:
        lines.append(f"process   {status.process.pid}, up for {_duration(status.uptime_seconds or 0)}")
        lines.append(f"log       {status.log}")
    elif found:
        lines.append("process   not started by this checkout")
    return "\n".join(lines)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min {rest} s" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
