"""The minute itself: trips go in, windows close, answers get lost for a while, and at the end everything is settled.

seconds   0              1/3                  2/3            end
trips     |===============================================|  closers until all is settled
fault                    [ answers get lost    ]
"""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from botocore.config import Config

from local.demo.reconciliation import Reconciliation, reconciled
from local.demo.stores import Look, Stores
from local.demo.view import Screen, closed, standing, table
from local.detour import detour
from local.endpoint import CONFIG, client
from local.fault_proxy import FaultProxy
from local.faults import Reset, Rule
from producer import Counts, Producer
from producer.pace import Pace
from producer.report import Report
from producer.run import Interruption, Run, Time, carry_out
from producer.traffic import Traffic

BUCKET_SECONDS = 60
ALLOWED_LATENESS_SECONDS = 120
WINDOW_SECONDS = 10

# Short windows, so that many close; two shards, so that their windows close apart; totals by the minute all the same.
TRIPS = {
    "stream": {"capacity": {"mode": "PROVISIONED", "shards": 2}},
    "window": {
        "seconds": WINDOW_SECONDS,
        "bucket_seconds": BUCKET_SECONDS,
        "allowed_lateness_seconds": ALLOWED_LATENESS_SECONDS,
    },
}
ALIAS = "live"
LOOK_SECONDS = 1.0
LOST_ANSWERS = 6
ASKS_ONCE = Config(retries={"total_max_attempts": 1, "mode": "standard"})  # as a producer's client must
SETTLED_SECONDS = 90.0


class DemoError(RuntimeError):
    """The demo cannot begin or come to an end; the message says why."""


@dataclass(frozen=True, slots=True)
class Plan:
    seconds: float = 60.0
    rate: float = 500.0
    seed: int = 1
    allowed_lateness_seconds: int = ALLOWED_LATENESS_SECONDS  # of the stack it runs on

    def traffic(self) -> Traffic:
        return Traffic(
            vendors=4,
            keys="even",
            poison=0.02,
            repeated=0.03,
            late=0.03,
            very_late=0.01,
            allowed_lateness_seconds=self.allowed_lateness_seconds,
        )


def run(url: str, outputs: dict[str, Any], plan: Plan, screen: Screen, kept: Path | None = None) -> Reconciliation:
    """The accounts of one run over the stack behind `outputs`, whose mappings an engine runs.

    The producer's report is kept where that is wanted.
    """
    stores = Stores(cache(lambda service: client(service, url)), outputs)
    told: set[tuple[str, str]] = set()
    with ExitStack() as under, Trips(url, outputs["trips_stream_name"], plan) as trips:
        fault = Fault(url, outputs["window_aggregator_function_name"], screen.tell)
        while not trips.over():
            if trips.share > 1 / 3 and not fault.begun:
                under.enter_context(fault.at_work())
            if trips.share > 2 / 3:
                under.close()
            shown(stores.look(), trips, screen, told)
            time.sleep(LOOK_SECONDS)
        under.close()
        report = trips.report()
        if kept is not None:
            kept.write_text(json.dumps(report.document()), encoding="utf-8")
        screen.tell("all trips are put; a record of a later window ends those that are still open")
        for _ in settling(stores):
            shown(stores.look(), trips, screen, told)
        shown(look := stores.look(), trips, screen, told)
        screen.end(table(look.totals))
        return reconciled(report.expectation.document(), stores.found())


def shown(look: Look, trips: Trips, screen: Screen, told: set[tuple[str, str]]) -> None:
    for window in look.windows:
        if (window.shard_id, window.start) not in told:
            told.add((window.shard_id, window.start))
            screen.tell(closed(window))
    screen.show(standing(look, trips.counts(), trips.elapsed, trips.share), table(look.totals))


def settling(stores: Stores) -> Iterator[None]:
    """Until everything put so far is counted, written or kept: a closer now, and others until its window ends."""
    first, deadline = stores.close(), time.monotonic() + SETTLED_SECONDS
    while not stores.settled(first):
        if time.monotonic() > deadline:
            raise DemoError(
                f"everything must be settled {SETTLED_SECONDS:.0f} s after the last trip; the marks stand at "
                f"{stores.marks()}, the ends are {first}; engine.log says what hinders"
            )
        yield
        time.sleep(LOOK_SECONDS)
        stores.close()


class Trips:
    """Trips on their way into the stream while the block runs; left early, no more are made."""

    def __init__(self, url: str, stream: str, plan: Plan) -> None:
        self._plan = plan
        self._interruption = Interruption(threading.Event(), threading.Event())
        self._producer = Producer(client("kinesis", url, config=CONFIG.merge(ASKS_ONCE)), stream)
        self._thread = ThreadPoolExecutor(1, "trips")
        self._report: Future[Report] | None = None
        self._begun = 0.0

    def __enter__(self) -> Trips:
        plan = self._plan
        run = Run(plan.traffic(), plan.seed, Pace(plan.rate), plan.seconds, window_seconds=BUCKET_SECONDS)
        self._begun = time.monotonic()
        self._report = self._thread.submit(carry_out, run, self._producer, self._interruption, Time(), io.StringIO())
        return self

    def __exit__(self, *_: object) -> None:
        self._interruption.make_no_more.set()
        self._interruption.wait_no_more.set()
        self._thread.shutdown()

    def over(self) -> bool:
        return self._report is None or self._report.done()

    def report(self) -> Report:
        """What became of every trip. None may be uncertain, or there were nothing exact to compare with."""
        assert self._report is not None
        report = self._report.result()
        if report.counts.failed or report.counts.uncertain or not report.reconciles:
            raise DemoError(f"every trip must be in the stream once:\n{report.text()}")
        return report

    def counts(self) -> Counts:
        return self._producer.counts()

    @property
    def elapsed(self) -> float:
        """How long trips have been made, or were."""
        if self._report is not None and self._report.done() and not self._report.exception():
            return self._report.result().seconds
        return time.monotonic() - self._begun

    @property
    def share(self) -> float:
        return min(1.0, self.elapsed / self._plan.seconds)


class Fault:
    """Transactions of the function that happen, while it never hears of it."""

    def __init__(self, url: str, function: str, tell: Callable[[str], None]) -> None:
        self._url = url
        self._function = function
        self._tell = tell
        self.begun = False

    @contextmanager
    def at_work(self) -> Iterator[None]:
        self.begun = True
        lost = Rule(Reset(applied=True), "dynamodb", "TransactWriteItems", times=LOST_ANSWERS)
        functions = client("lambda", self._url)
        with FaultProxy(self._url) as proxy, proxy.faults(lost):
            with detour(functions, self._function, proxy.url, alias=ALIAS):
                self._tell(
                    "FAULT: transactions of window_aggregator happen, but the connection is reset before their "
                    f"answer, up to {LOST_ANSWERS} times"
                )
                yield
            self._tell(f"the fault is over: {len(proxy.injected)} answers were lost, and nothing is counted twice")
