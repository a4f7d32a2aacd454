"""Records are due at their rate, evenly or in the shape of a day."""

import math
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producer.pace import PRECISION_SECONDS, Pace

SHARES = st.floats(0, 1)


def test_an_even_pace_is_a_record_every_so_often():
    assert list(islice(Pace(4.0).offsets(), 4)) == [0.0, 0.25, 0.5, 0.75]


@given(st.floats(0.5, 500), st.floats(5, 1e5), SHARES)
def test_a_record_is_due_when_as_many_are_made(rate, day_seconds, begun):
    pace = Pace(rate, day_seconds, begun)
    due = list(islice(pace.offsets(), 30))
    assert [pace.made_by(seconds) for seconds in due] == pytest.approx(range(30), abs=rate * PRECISION_SECONDS * 2)


@given(SHARES)
def test_records_are_due_in_order(begun):
    assert all(early <= late for early, late in pairwise(islice(Pace(10.0, 60.0, begun).offsets(), 300)))


@given(SHARES)
def test_a_day_brings_as_many_as_an_even_one(begun):
    assert Pace(10.0, 60.0, begun).made_by(60.0) == pytest.approx(600.0)


def test_four_in_the_afternoon_is_busier_than_four_in_the_morning():
    pace = Pace(100.0, day_seconds=24.0)
    night, afternoon = (pace.made_by(hour + 0.5) - pace.made_by(hour - 0.5) for hour in (4, 16))
    assert afternoon / night == pytest.approx(1.7 / 0.3, rel=0.05)


@pytest.mark.parametrize(("rate", "day_seconds"), [(0.0, None), (-1.0, None), (math.inf, None), (1.0, 0.0)])
def test_a_pace_that_never_comes_or_never_ends_is_refused(rate, day_seconds):
    with pytest.raises(ValueError, match=r"(rate|day_seconds) must be"):
        Pace(rate, day_seconds)
