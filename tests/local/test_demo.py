"""What the demo says of a run: its accounts, and the lines it shows."""

import io
import json
import signal
from types import SimpleNamespace
from typing import Any

import pytest

from local import probe
from local.demo import __main__ as demo
from local.demo.course import ALLOWED_LATENESS_SECONDS
from local.demo.reconciliation import Found, reconciled
from local.demo.stores import Look, Window
from local.demo.view import Screen, closed, standing, table
from local.demo.waiting import made, tell_until
from local.endpoint import Address
from local.laptop import Laptop
from ops.totals import Total
from producer import Counts
from tests.doubles import ManualClock

MINUTE = "2024-05-01T10:04:00Z"


def row(vendor, trips, cents, window=MINUTE):
    sums = {"trips": trips, "passengers": trips, "fareCents": cents, "distanceMeters": 0, "durationSeconds": 0}
    return {"vendorId": vendor, "window": window, **sums}


def total(vendor, trips, cents, bucket=MINUTE):
    return Total(vendor, bucket, 60, trips, trips, cents, 0, 0, cents, cents)


def report(*rows, late=(), poison=0, distinct=0):
    trips = sum(one["trips"] for one in rows)
    return {
        "kinds": {"onTime": trips, "veryLate": sum(one["trips"] for one in late), "poison": poison},
        "totals": list(rows),
        "late": list(late),
        "quarantined": {"records": poison, "uncertain": 0},
        "distinctTrips": distinct,
    }


def test_accounts_hold_when_every_record_and_cent_is_found():
    expected = report(row(1, 3, 4_000), row(2, 1, 900), late=[row(1, 1, 50)], poison=2, distinct=5)
    found = Found([total(1, 3, 4_000), total(2, 1, 900)], late=1, late_fare_cents=50, quarantined=2, trips=5)
    assert reconciled(expected, found).holds


@pytest.mark.parametrize(
    "found",
    [
        Found([total(1, 3, 4_001)]),
        Found([total(1, 4, 4_000)]),
        Found([total(1, 3, 4_000)], quarantined=1),
        Found([total(1, 3, 4_000)], late=1),
        Found([total(1, 3, 4_000)], trips=1),
        Found([]),
    ],
    ids=["a cent too much", "a trip too much", "one in quarantine", "one late", "one written", "nothing at all"],
)
def test_accounts_do_not_hold_for_the_least_difference(found):
    assert not reconciled(report(row(1, 3, 4_000)), found).holds


def test_two_mistakes_do_not_make_up_for_each_other():
    expected = report(row(1, 2, 100), row(2, 2, 100))
    accounts = reconciled(expected, Found([total(1, 1, 100), total(2, 3, 100)]))
    assert [line.split(":")[0] for line in accounts.differing] == [f"vendor {v} at 2024-05-01T10" for v in (1, 2)]


def test_accounts_name_what_differs():
    text = reconciled(report(row(1, 3, 4_000)), Found([total(1, 3, 4_000)], quarantined=7)).text()
    assert [line[:13] for line in text.splitlines() if "differs" in line] == ["in quarantine", "altogether   "]


def test_a_window_is_told_when_it_closed():
    window = Window("shardId-000000000001", "2024-05-01T10:04:10Z", "2024-05-01T10:04:20Z", 2_513, 9)
    assert closed(window) == "2,513 trips of 10:04:10-10:04:20 counted: shard 1 closed its window, 9 totals grew"


def test_what_is_in_no_store_yet_is_in_open_windows():
    look = Look([total(1, 60, 0)], [], late=5, late_fare_cents=0, quarantined=15)
    _, line = standing(look, Counts(made=100, acknowledged=100), 1.0, 0.5)
    assert line == "counted 60   late 5   in quarantine 15   in open windows 20"


def test_totals_stand_by_minute_and_vendor():
    totals = [total(1, 3, 4_000), total(2, 1, 950), total(1, 7, 100_000, "2024-05-01T10:05:00Z")]
    assert table(totals) == [
        "minute          vendor 1          vendor 2",
        "10:04           3  40.00           1  9.50",
        "10:05        7  1,000.00                 -",
    ]


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_on_a_terminal_lines_are_drawn_over_and_what_is_told_stays_above():
    screen = Screen(out := Terminal(), lambda: 0.0)
    screen.show(["one"], [])
    screen.tell("it happened")
    assert out.getvalue() == "one\n\n\x1b[2A\x1b[Jit happened\none\n\n"


def test_a_line_that_is_wider_than_the_terminal_is_cut_so_that_none_wraps():
    screen = Screen(out := Terminal(), lambda: 0.0, columns=lambda: 10)
    screen.show(["0123456789abc"], ["short"])
    assert out.getvalue() == "012345678\n\nshort\n"


def test_a_usual_terminal_holds_the_usual_run():
    look = Look([total(vendor, 4_204, 4_434_510) for vendor in (1, 2, 3, 4)], [], 148, 0, 311)
    lines = [*standing(look, Counts(made=25_500, acknowledged=25_450), 51.0, 0.85), *table(look.totals)]
    assert max(map(len, lines)) < 80


def test_elsewhere_lines_come_now_and_then_and_the_rest_once():
    clock = ManualClock(0.0)
    screen = Screen(out := io.StringIO(), lambda: clock.now)
    screen.show(["one"], ["table"])
    screen.show(["two"], ["table"])
    clock.now = 10.0
    screen.show(["three"], ["table"])
    screen.end(["table"])
    assert out.getvalue() == "one\nthree\n\ntable\n"


@pytest.fixture
def nobody_asks(monkeypatch):
    for name in ("AWS_ENDPOINT_URL", "LOCALSTACK_HOST"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("nobody_asks")
def test_where_the_usual_port_is_taken_another_one_is_used(monkeypatch):
    monkeypatch.setattr(probe, "listens", lambda *_: True)
    assert demo.address().port not in (0, 4566)


@pytest.mark.usefixtures("nobody_asks")
def test_the_usual_port_is_used_where_it_is_free(monkeypatch):
    monkeypatch.setattr(probe, "listens", lambda *_: False)
    assert demo.address() == Address("http", "127.0.0.1", 4566)


class Up:
    """A laptop that is up, or is interrupted on the way."""

    address = Address("http", "127.0.0.1", 4999)

    def __init__(self, state, *, interrupted=False):
        self.interrupted = interrupted
        self.ended = False
        self.stack = SimpleNamespace(
            folder=state, state=state, name="demo", outputs=lambda: {"trips_stream_name": "sluice-demo-trips"}
        )
        self.engine = SimpleNamespace(log="engine.log")

    def refuse_if_used(self):
        pass

    def up(self, _only):
        if self.interrupted:
            raise KeyboardInterrupt

    def down(self):
        self.ended = True


def test_what_is_left_up_may_be_tried_with_the_lateness_that_it_allows(tmp_path):
    laptop: Any = Up(tmp_path)
    producers = [line for line in demo.to_try(laptop).splitlines() if "--report" in line and "producer" in line]
    assert [f"--allowed-lateness-seconds {ALLOWED_LATENESS_SECONDS} " in line for line in producers] == [True]


def test_who_interrupts_is_told_when_everything_is_ended(tmp_path, monkeypatch, capsys, signals):
    laptop = Up(tmp_path, interrupted=True)
    monkeypatch.setattr(demo, "address", lambda: laptop.address)
    monkeypatch.setattr(Laptop, "at", lambda *_, **__: laptop)
    assert (demo.main([]), laptop.ended) == (demo.INTERRUPTED, True)
    assert capsys.readouterr().err == "interrupted; everything is ended\n"


def state_of(*instances):
    resources = [{"mode": mode, "instances": [{}] * count} for mode, count in instances]
    return json.dumps({"resources": resources})


@pytest.mark.parametrize(
    ("text", "count"),
    [(state_of(("managed", 2), ("data", 3), ("managed", 1)), 3), ("{}", 0), ("", 0), (None, 0)],
    ids=["some", "none", "empty", "no file"],
)
def test_the_resources_that_are_made_are_those_of_the_state(tmp_path, text, count):
    state = tmp_path / "terraform.tfstate"
    if text is not None:
        state.write_text(text)
    assert made(state) == count


def test_while_something_takes_long_it_is_told_how_it_goes():
    told: list[str] = []
    waits = iter([False, False, True])
    clock = ManualClock(0.0)

    def wait(seconds):
        clock.now += seconds
        return next(waits)

    tell_until(wait, lambda: "3 resources", told.append, lambda: clock.now)
    assert told == ["10 s: 3 resources", "20 s: 3 resources"]


def test_an_address_that_was_asked_for_is_used_whatever_answers_there(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4999")
    monkeypatch.setattr(probe, "listens", lambda *_: True)
    assert demo.address().port == 4999


@pytest.fixture
def signals():
    before = {number: signal.getsignal(number) for number in demo.Signals.HEARD}
    yield demo.Signals()
    for number, handler in before.items():
        signal.signal(number, handler)


def test_the_first_signal_interrupts_and_none_after_it_does(signals):
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    signal.raise_signal(signal.SIGINT)


def test_taking_down_is_not_interrupted(signals):
    signals.deafen()
    signal.raise_signal(signal.SIGTERM)
