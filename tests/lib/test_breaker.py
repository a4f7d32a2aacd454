"""The breaker's states: a table of what follows what, and laws over any history."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamkit.breaker import (
    Asked,
    Closed,
    Failed,
    HalfOpen,
    Numbers,
    Open,
    Passage,
    Refusal,
    State,
    Succeeded,
    admission,
    after,
)

NUMBERS = Numbers(failures=3, window_seconds=60, rest_seconds=10, longest_rest_seconds=35, lease_seconds=20)

PLAIN = Passage(4)  # given while the breaker was closed, after four openings
OLDER = Passage(3)
PROBE, OTHER = Passage(5, "probe"), Passage(5, "other")
OPEN = Open(5, 1, until=110.0)
HALF_OPEN = HalfOpen(5, 1, "probe", until=120.0)


@pytest.mark.parametrize(
    ("state", "event", "now", "then"),
    [
        # closed: failures within the window open it
        (Closed(4), Asked("x"), 100.0, Closed(4)),
        (Closed(4), Succeeded(PLAIN), 100.0, Closed(4)),
        (Closed(4), Failed(PLAIN), 100.0, Closed(4, (100.0,))),
        (Closed(4, (90.0,)), Failed(PLAIN), 100.0, Closed(4, (90.0, 100.0))),
        (Closed(4, (41.0, 90.0)), Failed(PLAIN), 100.0, OPEN),
        (Closed(4, (40.0, 90.0)), Failed(PLAIN), 100.0, Closed(4, (90.0, 100.0))),
        (Closed(4, (101.0, 90.0)), Failed(PLAIN), 100.0, OPEN),
        (Closed(4, (90.0, 95.0)), Failed(OLDER), 100.0, Closed(4, (90.0, 95.0))),
        (Closed(5, (90.0, 95.0)), Failed(PROBE), 100.0, Closed(5, (90.0, 95.0))),
        # open: refused until the rest is over, then one probe
        (OPEN, Asked("x"), 109.9, OPEN),
        (OPEN, Asked("x"), 110.0, HalfOpen(5, 1, "x", until=130.0)),
        (OPEN, Succeeded(PLAIN), 105.0, OPEN),
        (OPEN, Failed(PLAIN), 105.0, OPEN),
        (OPEN, Succeeded(PROBE), 105.0, OPEN),
        # half-open: only the probe decides; another may probe when the lease is over
        (HALF_OPEN, Asked("x"), 119.9, HALF_OPEN),
        (HALF_OPEN, Asked("x"), 120.0, HalfOpen(5, 1, "x", until=140.0)),
        (HALF_OPEN, Succeeded(PLAIN), 115.0, HALF_OPEN),
        (HALF_OPEN, Succeeded(OTHER), 115.0, HALF_OPEN),
        (HALF_OPEN, Failed(PLAIN), 115.0, HALF_OPEN),
        (HALF_OPEN, Failed(OTHER), 115.0, HALF_OPEN),
        (HALF_OPEN, Succeeded(PROBE), 115.0, Closed(5)),
        (HALF_OPEN, Succeeded(PROBE), 125.0, Closed(5)),
        (HALF_OPEN, Failed(PROBE), 115.0, Open(6, 2, until=135.0)),
    ],
)
def test_a_state_an_event_and_a_time_give_the_next_state(state, event, now, then):
    assert after(state, event, now, NUMBERS) == then


@pytest.mark.parametrize(("rests", "seconds"), [(1, 10), (2, 20), (3, 35), (4, 35), (5_000, 35)])
def test_each_rest_since_the_last_closing_is_twice_as_long_up_to_the_longest(rests, seconds):
    assert NUMBERS.rest(rests) == seconds


@pytest.mark.parametrize(
    ("state", "by", "answer"),
    [
        (Closed(4, (99.0,)), "x", Passage(4)),
        (OPEN, "x", Refusal(10.0)),
        (Open(5, 1, until=90.0), "x", Refusal(0.0)),
        (HALF_OPEN, "probe", PROBE),
        (HALF_OPEN, "x", Refusal(20.0)),
    ],
)
def test_who_asks_is_let_through_or_told_how_long_to_wait(state, by, answer):
    assert admission(state, by, 100.0) == answer


class History:
    """Calls that ask, and come back later with a success or a failure, in any order, or never."""

    def __init__(self):
        self.state: State = Closed()
        self.now, self.asked = 0.0, 0
        self.out: list[Passage] = []

    def ask(self):
        self.asked += 1
        self.move(Asked(str(self.asked)))
        answer = admission(self.state, str(self.asked), self.now)
        self.out += [answer] if isinstance(answer, Passage) else []
        return answer

    def move(self, event):
        self.state = after(self.state, event, self.now, NUMBERS)

    def live(self, steps):
        """The states before and after each step, and the passage that it gave or that came back."""
        for what, pause, which in steps:
            self.now += pause
            before = self.state
            if what == "ask":
                answer = self.ask()
                yield before, what, answer, self.state
            elif self.out:
                passage = self.out.pop(which % len(self.out))
                if what != "forget":
                    self.move(Succeeded(passage) if what == "succeed" else Failed(passage))
                yield before, what, passage, self.state


STEPS = st.lists(
    st.tuples(st.sampled_from(["ask", "ask", "succeed", "fail", "fail", "forget"]), st.integers(0, 20), st.integers(0)),
    max_size=60,
)


@given(STEPS)
def test_while_one_probe_has_its_lease_nobody_else_passes(steps):
    history = History()
    for before, what, answer, _ in history.live(steps):
        if what == "ask" and isinstance(before, HalfOpen) and history.now < before.until:
            assert answer == Refusal(before.until - history.now)


@given(STEPS)
def test_only_the_present_probe_closes_an_open_breaker(steps):
    for before, what, passage, then in History().live(steps):
        if isinstance(then, Closed) and not isinstance(before, Closed):
            assert (type(before), what, passage.probe) == (HalfOpen, "succeed", before.probe)


@given(STEPS)
def test_nothing_but_its_probe_lengthens_a_rest(steps):
    for before, what, passage, then in History().live(steps):
        if isinstance(then, Open) and isinstance(before, Open):
            assert then == before
        if isinstance(then, Open) and isinstance(before, HalfOpen):
            assert (what, passage.probe) == ("fail", before.probe)


@given(STEPS)
def test_a_breaker_whose_service_is_well_again_closes_at_the_next_call_after_its_rest(steps):
    history = History()
    list(history.live(steps))
    history.now += NUMBERS.longest_rest_seconds + NUMBERS.lease_seconds
    history.move(Succeeded(history.ask()))
    assert isinstance(history.state, Closed)
