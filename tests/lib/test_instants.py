"""Moments as text, and out of it."""

from datetime import UTC, datetime

import pytest

from streamkit.instants import LATEST, instant, moment, second


def test_instants_are_in_milliseconds_and_seconds_are_cut():
    assert (instant(1.5), second(1.5)) == ("1970-01-01T00:00:01.500Z", "1970-01-01T00:00:01Z")


def test_every_second_has_four_digits_for_its_year():
    assert (second(datetime(1, 1, 1, tzinfo=UTC)), second(LATEST)) == ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z")


@pytest.mark.parametrize("text", ["2024-05-01T12:00+02:00", "2024-05-01T10:00Z", "2024-05-01T10:00"])
def test_a_moment_is_in_utc_whatever_offset_it_has(text):
    assert moment(text) == datetime(2024, 5, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize("text", ["x", "", "0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00"])
def test_what_has_no_place_in_utc_is_refused_with_the_value(text):
    with pytest.raises(ValueError, match="must be ISO-8601") as refused:
        moment(text)
    assert refused.value.args[0].endswith(f'got "{text}"')
