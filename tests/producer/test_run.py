"""A run keeps its pace, ends when it should, and tells how it goes."""

import io
import json
import threading
from datetime import UTC, datetime
from itertools import repeat

import pytest

from producer import Counts, Producer, Settings
from producer.__main__ import ALL_STORED, INTERRUPTED, SOME_FAILED, exit_status
from producer.expectation import Expectation
from producer.options import parsed
from producer.pace import Pace
from producer.progress import Progress, line
from producer.report import Report
from producer.run import Interruption, Run, Time, carry_out
from producer.traffic import Traffic
from tests.doubles import ManualClock, refused, throttled
from tests.producer.doubles import AT_ONCE, MemoryStream

SETTINGS = Settings(aggregate_bytes=None, linger_seconds=0.0, backoff=AT_ONCE)
START = 1_714_557_600.0


class Terminal(io.StringIO):
    def isatty(self):
        return True


class InterruptingClock(ManualClock):
    """At this second somebody presses Ctrl-C."""

    def __init__(self, after_seconds, *, twice=False):
        super().__init__()
        self.after_seconds = after_seconds
        self.twice = twice
        self.interruption = Interruption(threading.Event(), threading.Event())

    def sleep(self, seconds):
        super().sleep(seconds)
        if self.now >= self.after_seconds:
            self.interruption.make_no_more.set()
        if self.now >= self.after_seconds and self.twice:
            self.interruption.wait_no_more.set()


def carried_out(run, stream=None, clock=None, interruption=None, out=None):
    clock = clock or ManualClock()
    interruption = interruption or Interruption(threading.Event(), threading.Event())
    producer = Producer(stream or MemoryStream(), "trips", SETTINGS)
    times = Time(clock=lambda: clock.now, wall=lambda: START + clock.now, sleep=clock.sleep)
    return carry_out(run, producer, interruption, times, out or io.StringIO())


def run_of(seconds=None, records=None, rate: float | None = 10.0):
    return Run(Traffic(), 1, Pace(rate) if rate else None, seconds, records)


def report(counts=None, **facts):
    return Report("trips", 1, 1.0, counts or Counts(), Expectation(60), 0, **facts)


def test_a_run_of_some_seconds_makes_what_is_due_in_them():
    clock = ManualClock()
    counts = carried_out(run_of(seconds=3.0), clock=clock).counts
    assert (counts.made, counts.acknowledged, round(clock.now, 1)) == (30, 30, 2.9)


def test_a_run_that_cannot_keep_its_pace_ends_when_its_time_is_over_and_says_what_it_left_out():
    class SlowClock(ManualClock):
        """Every look takes a millisecond."""

        def __call__(self):
            self.now += 0.001
            return self.now

    slow = SlowClock()
    run = Run(Traffic(), 1, Pace(1_000_000.0), seconds=0.5)
    producer = Producer(MemoryStream(), "trips", SETTINGS)
    interruption = Interruption(threading.Event(), threading.Event())
    ended = carry_out(run, producer, interruption, Time(slow, lambda: START + slow.now, slow.sleep), io.StringIO())
    assert 0.5 <= ended.seconds < 2.0
    assert ended.not_made == 500_000 - ended.counts.made > 400_000
    assert f"{ended.not_made:,} more were due" in ended.text()
    assert ended.document()["records"]["notMade"] == ended.not_made


def test_a_run_that_falls_behind_for_a_moment_makes_all_that_was_due():
    class LateClock(ManualClock):
        """Who sleeps wakes a little late."""

        def sleep(self, seconds):
            super().sleep(seconds + 0.3)

    ended = carried_out(run_of(seconds=3.0), clock=LateClock())
    assert (ended.counts.made, ended.not_made) == (30, 0)


def test_a_run_of_some_records_makes_so_many():
    assert carried_out(run_of(records=7)).counts.made == 7


def test_without_a_pace_nothing_is_waited_for():
    clock = ManualClock()
    carried_out(run_of(records=500, rate=None), clock=clock)
    assert clock.slept == []


def test_an_interrupted_run_makes_no_more_and_stores_what_it_made():
    clock = InterruptingClock(after_seconds=1.0)
    made = carried_out(run_of(seconds=60.0), clock=clock, interruption=clock.interruption)
    assert (made.interrupted, made.counts.made == made.counts.acknowledged, made.reconciles) == (True, True, True)
    assert 10 <= made.counts.made <= 12


def test_a_run_interrupted_twice_waits_for_no_stream_and_accounts_for_what_it_made():
    clock, stream = InterruptingClock(after_seconds=1.0, twice=True), MemoryStream(repeat(throttled()))
    ended = carried_out(run_of(seconds=60.0), stream, clock, clock.interruption)
    assert (ended.counts.acknowledged, ended.counts.failed, ended.reconciles) == (0, ended.counts.made, True)
    assert ended.stopped == "abandoned before trips had taken it"


def test_a_run_whose_stream_goes_away_ends_with_the_reason():
    stream = MemoryStream([None] * 3 + [refused("ResourceNotFoundException")] * 99)
    ended = carried_out(run_of(seconds=1e9), stream)
    assert ("create it, or name another" in (ended.stopped or ""), ended.reconciles) == (True, True)


def test_the_totals_are_those_of_the_minutes_in_which_trips_began():
    document = carried_out(run_of(seconds=120.0, rate=1.0)).document()
    totals = document["expected"]["totals"]
    assert sum(row["trips"] for row in totals) == 120
    assert {row["window"] for row in totals} == {f"2024-05-01T{time}:00Z" for time in ("09:59", "10:00", "10:01")}


def test_the_report_is_json():
    document = carried_out(run_of(records=3)).document()
    assert json.loads(json.dumps(document)) == document


@pytest.mark.parametrize(
    ("finished", "status"),
    [
        (report(), ALL_STORED),
        (report(interrupted=True), INTERRUPTED),
        (report(stopped="gone"), SOME_FAILED),
        (report(Counts(made=1, failed=1)), SOME_FAILED),
        (report(Counts(made=1)), SOME_FAILED),
    ],
    ids=["all stored", "interrupted", "stopped", "failed", "lost count"],
)
def test_the_exit_status_says_whether_all_is_stored(finished, status):
    assert exit_status(finished) == status


def test_a_report_that_does_not_add_up_says_so():
    assert "do not add up" in report(Counts(made=2, acknowledged=1)).text()


def test_a_line_of_progress_says_how_far_it_is():
    counts = Counts(made=1_500, acknowledged=1_200, failed=100)
    assert line(counts, 2.0, 0.5) == (
        "[######......] 2 s: 1,500 made, 1,200 acknowledged (600/s), 200 under way, 100 failed"
    )


def test_a_terminal_sees_one_line_that_is_redrawn_and_then_gone():
    clock, out = ManualClock(), Terminal()
    progress = Progress(out, lambda: clock.now)
    for _ in range(4):
        clock.now += 0.25
        progress.tell(Counts, lambda: None)
    progress.end()
    assert (out.getvalue().count("\r"), "\n" in out.getvalue()) == (6, False)


def test_a_terminal_is_never_filled_to_its_edge():
    clock, out = ManualClock(), Terminal()
    progress = Progress(out, lambda: clock.now, columns=lambda: 20)
    clock.now += 0.25
    progress.tell(lambda: Counts(made=10**12), lambda: 0.5)
    assert out.getvalue() == "\r[######......] 0 s:"


def test_a_log_sees_a_plain_line_now_and_then():
    clock, out = ManualClock(), io.StringIO()
    progress = Progress(out, lambda: clock.now)
    for _ in range(100):
        clock.now += 0.25
        progress.tell(Counts, lambda: 0.1)
    progress.end()
    assert (out.getvalue().count("\n"), "\r" in out.getvalue()) == (5, False)


def test_options_stand_for_a_run():
    _, run, settings = parsed(
        ["--stream", "trips", "--rate", "50", "--late", "0.1", "--start", "2024-05-01T10:00:00Z", "--plain"], now=0.0
    )
    moment = datetime(2024, 5, 1, 10, tzinfo=UTC).timestamp()
    assert (run.start, run.seconds, run.traffic.late, run.pace) == (moment, 60.0, 0.1, Pace(50.0, None, 10 / 24))
    assert settings.aggregate_bytes is None


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--rate", "-1"], "rate must be 0.001 to 10000000 records a second; got -1.0"),
        (["--rate", "inf"], "rate must be 0.001 to 10000000 records a second; got inf"),
        (["--rate", "nan"], "rate must be 0.001 to 10000000 records a second; got nan"),
        (["--seconds", "0"], "seconds must be 0.001 to 1000000000; got 0.0"),
        (["--seconds", "nan"], "seconds must be 0.001 to 1000000000; got nan"),
        (["--records", "0"], "records must be 1 to 1000000000000; got 0"),
        (["--rate", "0", "--day-seconds", "60"], "needs a --rate"),
        (["--day-seconds", "inf"], "day_seconds must be 1 to 1000000000; got inf"),
        (["--poison", "2"], "poison must be a share"),
        (["--poison", "nan"], "poison must be a share"),
        (["--skew", "nan"], "skew must be 0 to 10; got nan"),
        (["--skew=-1e9"], "skew must be 0 to 10; got -1000000000.0"),
        (["--vendors", "1000000000"], "vendors must be 1 to 100000; got 1000000000"),
        (["--window-seconds", "0"], "window_seconds must be 1 to 86400; got 0"),
        (["--start", "0001-01-01"], "start must be 1970-01-01 to 9000-01-01; got 0001-01-01T00:00:00Z"),
        (["--start", "9999-12-31T23:59:59"], "start must be 1970-01-01 to 9000-01-01; got 9999-12-31T23:59:59Z"),
        (["--start", "x"], 'must be ISO-8601, such as 2024-05-01T10:00Z; got "x"'),
        (["--start", "0001-01-01T00:00+14:00"], "must be ISO-8601"),
        (["--allowed-lateness-seconds", "99999999999999", "--late", "1"], "allowed_lateness_seconds must be 1 to"),
        (["--in-flight", "0"], "requests_in_flight must be 1 to 256; got 0"),
        (["--in-flight", "100000"], "requests_in_flight must be 1 to 256; got 100000"),
        (["--linger-seconds", "nan"], "linger_seconds must be 0 to 3600; got nan"),
        (["--give-up-seconds", "inf"], "give_up_seconds must be 0 to 86400; got inf"),
        (["--buffer-mebibytes", "-1"], "buffer_bytes must be 0 to"),
    ],
)
def test_options_that_make_no_sense_are_refused_with_the_value(options, complaint, capsys):
    with pytest.raises(SystemExit, match="2"):
        parsed(["--stream", "trips", *options], now=0.0)
    assert complaint in capsys.readouterr().err
