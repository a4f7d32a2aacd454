"""What the loop does when, also when the clock of the machine is set."""

from local.engine.live.loop import Loop
from tests.doubles import ManualClock


def loop_and_clock():
    clock = ManualClock(now=10_000.0)
    return Loop(lambda: clock.now), clock


def test_a_clock_set_back_delays_nothing_that_was_planned():
    loop, clock = loop_and_clock()
    done: list[str] = []
    loop.at(10_001.0, lambda _now: done.append("read"))
    loop.at(10_010.0, lambda _now: done.append("looked around"))
    clock.now -= 3_600
    loop.catch_up()
    clock.now += 1.0
    loop.catch_up()
    assert done == ["read"]


def test_what_repeats_goes_on_from_where_the_clock_was_set():
    loop, clock = loop_and_clock()
    times: list[float] = []
    loop.every(10.0, times.append)
    clock.now -= 3_600
    loop.catch_up()
    clock.now += 10.0
    loop.catch_up()
    clock.now += 10.0
    loop.catch_up()
    assert times == [6_410.0, 6_420.0]


def test_a_clock_that_is_corrected_a_little_hurries_nothing():
    loop, clock = loop_and_clock()
    done: list[float] = []
    loop.at(10_001.0, done.append)
    clock.now -= 0.5
    loop.catch_up()
    assert done == []
