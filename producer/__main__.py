"""`python -m producer --stream NAME`: trips into a stream, and a report that reconciles to the record."""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from types import FrameType

from botocore.exceptions import BotoCoreError

from producer.kinesis import client
from producer.options import parsed
from producer.producer import Producer
from producer.report import Report
from producer.run import Interruption, Time, carry_out
from producer.shard_listing import ListingError

ALL_STORED, SOME_FAILED, INTERRUPTED = 0, 1, 130


def main(arguments: list[str]) -> int:
    options, run, settings = parsed(arguments, time.time())
    interruption = Interruption(threading.Event(), threading.Event())
    _listen(interruption)
    try:
        producer = Producer(client(connections=settings.requests_in_flight), options.stream, settings)
        report = carry_out(run, producer, interruption, Time(), sys.stderr)
    except (ListingError, BotoCoreError) as error:
        print(error, file=sys.stderr)
        return SOME_FAILED
    print(report.text())
    if options.report:
        options.report.write_text(json.dumps(report.document(), indent=2) + "\n", encoding="utf-8")
    return exit_status(report)


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
