"""Trips are what their events say they are, spoiled as often as was asked for, and the same for the same seed."""

from collections import Counter
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import trip
from producer.traffic import REMEMBERED, Traffic, events

START = 1_714_557_600.0
SPOILED = Traffic(poison=0.1, repeated=0.1, late=0.1, very_late=0.1)
SEEDS = st.integers(0, 10_000)


def made(traffic, seed=1, count=400, start=START):
    return list(events(traffic, seed, (start + number / 100 for number in range(count))))


def lateness(event, number):
    return START + number / 100 - event.pickup_milliseconds / 1000


@given(SEEDS)
def test_the_same_seed_and_moments_make_the_same_bytes(seed):
    assert made(SPOILED, seed, 60) == made(SPOILED, seed, 60)


def test_another_seed_makes_other_trips():
    assert {e.data for e in made(SPOILED, 1)}.isdisjoint(e.data for e in made(SPOILED, 2))


@given(SEEDS)
def test_a_trip_is_parsed_into_what_its_event_says(seed):
    trips = [event for event in made(SPOILED, seed, 60) if event.kind != "poison"]
    parsed = [trip.parse(event.data) for event in trips]
    assert [
        (p.vendor_id, p.pickup_at.timestamp(), p.passenger_count, p.distance_meters, p.duration_seconds, p.fare_cents)
        for p in parsed
        if isinstance(p, trip.Trip)
    ] == [
        (e.vendor_id, e.pickup_milliseconds / 1000, e.passengers, e.distance_meters, e.duration_seconds, e.fare_cents)
        for e in trips
    ]


@given(SEEDS)
def test_poison_is_unusable(seed):
    poison = made(Traffic(poison=1.0), seed, 30)
    assert all(isinstance(trip.parse(event.data), trip.Unusable) for event in poison)


def test_each_kind_has_about_its_share():
    kinds = Counter(event.kind for event in made(SPOILED, count=10_000) if not event.repeated)
    assert {kind: round(count / 10_000, 1) for kind, count in kinds.items()} == {
        "on_time": 0.6,
        "poison": 0.1,
        "late": 0.1,
        "very_late": 0.1,
    }


def test_a_repeated_trip_is_one_of_the_latest_again_byte_for_byte():
    sent = made(SPOILED)
    earlier = {event.number: event.data for event in sent if not event.repeated}
    repeated = [(number, event) for number, event in enumerate(sent) if event.repeated]
    assert all(earlier[event.number] == event.data and event.number < number for number, event in repeated)
    assert 0 < len(repeated) < REMEMBERED


@given(SEEDS, st.integers(1, 7_200))
def test_late_trips_are_within_the_allowed_lateness_with_half_of_it_to_spare(seed, allowed):
    late = made(Traffic(late=1.0, allowed_lateness_seconds=allowed), seed, 30)
    assert all(0 < lateness(event, number) <= allowed / 2 + 0.001 for number, event in enumerate(late))


@given(SEEDS, st.integers(1, 7_200))
def test_very_late_trips_are_well_beyond_the_allowed_lateness(seed, allowed):
    late = made(Traffic(very_late=1.0, allowed_lateness_seconds=allowed), seed, 30)
    assert all(lateness(event, number) >= allowed + 600 for number, event in enumerate(late))


def test_on_time_trips_were_picked_up_in_the_last_seconds():
    assert all(0 <= lateness(event, number) <= 2.001 for number, event in enumerate(made(Traffic())))


def test_keys_by_vendor_follow_the_vendor():
    assert all(event.key == f"vendor-{event.vendor_id}" for event in made(Traffic(vendors=5)))


def test_even_keys_are_all_different():
    assert len({event.key for event in made(Traffic(keys="even"))}) == 400


def test_a_hot_key_has_its_share():
    keys = Counter(event.key for event in made(Traffic(keys="hot", hot=0.9, vendors=50), count=5_000))
    assert round(keys["vendor-1"] / 5_000, 1) == 0.9


def test_a_trip_is_made_only_when_its_moment_is_asked_for():
    asked = iter(range(10))
    list(islice(events(Traffic(), 1, (START + number for number in asked)), 3))
    assert next(asked) == 3


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"vendors": 0}, "vendors must be 1 to 100000; got 0"),
        ({"poison": 1.5}, "poison must be a share from 0 to 1; got 1.5"),
        ({"late": 0.7, "poison": 0.7}, "at most 1 together; got 1.4"),
        ({"keys": "odd"}, 'keys must be one of by-key, even, hot; got "odd"'),
        ({"allowed_lateness_seconds": 0}, "allowed_lateness_seconds must be 1 to 1000000000; got 0"),
    ],
)
def test_traffic_that_makes_no_sense_is_refused(settings, complaint):
    with pytest.raises(ValueError, match=complaint):
        Traffic(**settings)
