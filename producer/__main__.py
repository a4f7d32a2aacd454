"""`python -m producer --stream NAME`: trips into a stream, and a report that reconciles to the record."""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from pathlib import Path
from types import FrameType

from botocore.exceptions import BotoCoreError

from producer.kinesis import client
from producer.options import parsed
from producer.producer import Producer
from producer.report import Report
from producer.run import Interruption, Time, carry_out
from producer.shard_listing import ListingError

ALL_STORED, SOME_FAILED, REFUSED, INTERRUPTED = 0, 1, 2, 130


def main(arguments: list[str]) -> int:
    options, run, settings = parsed(arguments, time.time())
    if options.report and (problem := refusal(options.report)):
        print(f"--report must name a file that can be written; got {options.report}: {problem}", file=sys.stderr)
        return REFUSED
    interruption = Interruption(threading.Event(), threading.Event())
    _listen(interruption)
    try:
        producer = Producer(client(connections=settings.requests_in_flight), options.stream, settings)
        report = carry_out(run, producer, interruption, Time(), sys.stderr)
    except (ListingError, BotoCoreError) as error:
        print(error, file=sys.stderr)
        return SOME_FAILED
    print(report.text())
    if options.report and not kept(report, options.report):
        return SOME_FAILED
    return exit_status(report)


def refusal(path: Path) -> str | None:
    """Why nothing can be written there; what stands there stays as it is."""
    new = not path.exists()
    try:
        path.open("a").close()
        if new:
            path.unlink()
    except OSError as error:
        return error.strerror or str(error)
    return None


def kept(report: Report, path: Path) -> bool:
    """Whether the report is where it should be; a run cannot be repeated, so elsewhere it is printed."""
    text = json.dumps(report.document(), indent=2) + "\n"
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        print(f"the report could not be written to {path} ({error.strerror}); it is printed", file=sys.stderr)
        print(text)
        return False
    return True


def exit_status(report: Report) -> int:
    if report.counts.failed or report.stopped or not report.reconciles:
        return SOME_FAILED
    return INTERRUPTED if report.interrupted else ALL_STORED


def _listen(interruption: Interruption) -> None:
    """Ctrl-C and SIGTERM ask; they tear nothing out of the hands of a thread that counts."""

    def asked(_number: int, _frame: FrameType | None) -> None:
        if interruption.make_no_more.is_set():
            interruption.wait_no_more.set()
        interruption.make_no_more.set()

    signal.signal(signal.SIGINT, asked)
    signal.signal(signal.SIGTERM, asked)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
