"""The laws of a trip: what is one, what is none and why, and how a clean one looks."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.trip import RULES, Trip, Unusable, item, parse, parse_all
from tests.events import trip


def reason(data):
    outcome = parse(data)
    assert isinstance(outcome, Unusable)
    return outcome.reason


def test_a_trip_needs_four_fields_and_the_amounts_default_to_0():
    assert parse(trip("t-1")) == Trip("t-1", 1, 2, datetime(2024, 5, 1, 10, tzinfo=UTC), 0, 0, 0, None, None)


@pytest.mark.parametrize(
    "fields",
    [
        {"trip_id": "x" * 256},
        {"trip_id": "é" * 128},
        {"trip_id": "\0"},
        {"vendorId": 2**31 - 1},
        {"passengerCount": 0},
        {"passengerCount": 9},
        {"fareCents": 10**12, "distanceMeters": 0, "durationSeconds": 1},
        {"correlationId": "c"},
        {"correlationId": None},
        {"schemaVersion": 2},
        {"schemaVersion": "2024-05"},
        {"driver": {"name": ["of no interest"]}},
    ],
    ids=str,
)
def test_everything_up_to_the_bounds_is_a_trip(fields):
    assert isinstance(parse(trip(**fields)), Trip)


WRONG: dict[str, list[Any]] = {
    "tripId": [..., None, 7, "", "x" * 257, "é" * 129],
    "vendorId": [..., None, 0, -1, 2**31, 10**30, 1.0, True, "1", [1]],
    "passengerCount": [..., None, -1, 10, 2.0, False, "2"],
    "pickupAt": [
        *(..., None, 1714557600, "", "yesterday", "2024-05-01", "2024-05-01T10:00:00", "2024-13-01T10:00:00Z"),
        *("2024-05-01T25:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"),
    ],
    "distanceMeters": [None, -1, 10**12 + 1, 0.5],
    "durationSeconds": [None, -1, 10**12 + 1, 0.5],
    "fareCents": [None, -1, 10**12 + 1, 0.5],
    "correlationId": [7, "", "x" * 257],
    "schemaVersion": [-1, 1.5, [], ""],
}


@pytest.mark.parametrize(
    ("field", "value"),
    [(field, value) for field, values in WRONG.items() for value in values],
    ids=str,
)
def test_a_missing_or_wrong_field_is_named_with_its_rule(field, value):
    assert reason(trip(**{field: value})).startswith(f"{field} must be {RULES[field]}; ")


@pytest.mark.parametrize("number", ["1e3", "1.0", "1E0", "1e400", "NaN", "Infinity", "01", "0x1", "+1", '"1"'])
def test_an_integer_is_written_as_one(number):
    assert isinstance(parse(trip().replace(b'"vendorId": 1', f'"vendorId": {number}'.encode())), Unusable)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("2024-05-01T10:00:00Z", "2024-05-01T10:00:00Z"),
        ("2024-05-01T10:00:00+00:00", "2024-05-01T10:00:00Z"),
        ("2024-05-01T10:00:00+02:00", "2024-05-01T08:00:00Z"),
        ("2024-05-01T00:30:00-05:30", "2024-05-01T06:00:00Z"),
        ("2024-05-01T10:00:00.250Z", "2024-05-01T10:00:00.250000Z"),
        ("2024-05-01T10:00Z", "2024-05-01T10:00:00Z"),
        ("20240501T100000+02", "2024-05-01T08:00:00Z"),
    ],
)
def test_a_pickup_is_kept_in_utc(sent, kept):
    outcome = parse(trip(pickupAt=sent))
    assert isinstance(outcome, Trip)
    assert item(outcome)["pickupAt"] == kept


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"trip"',
        b"\xef\xbb\xbf" + trip(),
        trip() + b" x",
        b'{"tripId": "\\ud800"}',
        b'{"tripId": "\xff"}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"tripId": 1, "a":' + b"[" * 100_000,
        b"\xf3\x89\x9a\xc2",
    ],
    ids=range(13),
)
def test_what_is_no_json_object_is_unusable_and_says_so(data):
    assert reason(data).startswith(("a trip must be a", "tripId must be"))


NESTINGS: dict[str, Any] = {
    "list": lambda depth: b"[" * depth + b"]" * depth,
    "unclosed": lambda depth: b"[" * depth,
    "objects": lambda depth: b'{"a":' * depth + b"1" + b"}" * depth,
    "field": lambda depth: b'{"tripId":' + b"[" * depth + b"]" * depth + b"}",
    "pickup": lambda depth: b'{"pickupAt":' + b"[" * depth + b"]" * depth + b"}",
    "correlation": lambda depth: b'{"correlationId":' + b"[" * depth + b"]" * depth + b"}",
    "unknown": lambda depth: trip(vendorId="1")[:-1] + b', "x":' + b"[" * depth + b"]" * depth + b"}",
}


def called_at(depth, act):
    """What `act` returns when it is called below so many frames."""
    return called_at(depth - 1, act) if depth else act()


@pytest.mark.parametrize("nesting", NESTINGS.values(), ids=NESTINGS)
@given(depth=st.integers(1, 1_100) | st.integers(1, 100_000), frames=st.integers(0, 100))
def test_no_nesting_raises_however_deep_and_wherever_it_is_called(nesting, depth, frames):
    assert isinstance(called_at(frames, lambda: parse(nesting(depth))), Unusable)


# The depths at which a reader and a writer of JSON give up, one after the other.
@pytest.mark.parametrize("depth", range(900, 1_000))
def test_a_field_nested_to_the_edge_of_the_stack_is_unusable(depth):
    assert isinstance(parse(NESTINGS["field"](depth)), Unusable)


@pytest.mark.parametrize("ignored", [b"1e999", b"-1e999", b"1" + b"0" * 400 + b".5", b"9" * 5_000, b"[[1e400]]"])
@pytest.mark.parametrize("pickup", ["2024-05-01T10:00:00Z", "2024-05-01T10:00Z"])
def test_an_unknown_field_is_ignored_whatever_it_holds_and_however_the_pickup_is_written(ignored, pickup):
    assert isinstance(parse(trip(pickupAt=pickup)[:-1] + b', "x": ' + ignored + b"}"), Trip)


def test_a_refused_value_is_shown_as_it_was_sent():
    assert reason(trip().replace(b'"vendorId": 1', b'"vendorId": 1e400')).endswith("; got 1e400")


def test_of_a_name_that_occurs_twice_the_last_counts():
    twice = trip().replace(b'"vendorId": 1', b'"vendorId": "x", "vendorId": 5')
    outcome = parse(twice)
    assert isinstance(outcome, Trip)
    assert outcome.vendor_id == 5


def test_an_unusable_trip_still_tells_its_correlation_id():
    assert parse(trip(vendorId=0, correlationId="c-7")) == Unusable(
        "vendorId must be an integer from 1 to 2147483647; got 0", "c-7"
    )


def test_a_clean_trip_has_every_amount_and_nothing_that_was_not_sent():
    outcome = parse(trip("t-1", fareCents=1250, correlationId="c-7", driver="of no interest"))
    assert isinstance(outcome, Trip)
    assert item(outcome) == {
        "tripId": "t-1",
        "vendorId": 1,
        "passengerCount": 2,
        "pickupAt": "2024-05-01T10:00:00Z",
        "distanceMeters": 0,
        "durationSeconds": 0,
        "fareCents": 1250,
        "correlationId": "c-7",
    }


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.binary() | st.dictionaries(st.sampled_from(sorted(RULES)), JSON).map(lambda fields: trip(**fields)))
def test_any_bytes_are_a_trip_or_unusable_for_a_reason_that_a_message_can_bear(data):
    outcome = parse(data)
    assert isinstance(outcome, Trip) or len(outcome.reason) < 512


@given(st.datetimes(timezones=st.timezones()))
def test_any_moment_with_an_offset_is_a_pickup_or_lies_outside_the_years_of_utc(moment):
    assert isinstance(parse(trip(pickupAt=moment.isoformat())), Trip) or moment.year in (1, 9999)


# Fragments that make trips, halves of trips, and two trips, when they are laid side by side.
ONE_TRIP = [trip("a"), trip("é"), trip("b", pickupAt="2024-05-01T10:00:00+02:00")]
TWO_TRIPS = [trip("c") + trip("d"), trip("e") + b"\n" + trip("f")]
NO_TRIP = [b'{"x":{}', b'{"x":"}', b'"}', b"}", b"{}", b"\n", b"", b" ", b'{"tripId":"g",', trip("h")[:-1]]
FRAGMENTS = st.sampled_from([*ONE_TRIP, *TWO_TRIPS, *NO_TRIP])
CRAFTED = st.lists(FRAGMENTS, max_size=3).map(b"".join)


@given(st.lists(CRAFTED | st.integers().map(trip) | st.binary(max_size=5), max_size=8))
def test_many_are_parsed_as_each_alone(payloads):
    assert parse_all(payloads) == [parse(payload) for payload in payloads]


def test_clean_trips_are_parsed_together():
    payloads = [trip("a"), trip("b"), trip("c")]
    assert parse_all(payloads) == [parse(payload) for payload in payloads]
