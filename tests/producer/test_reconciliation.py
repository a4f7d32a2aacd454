"""Under any script of failures the report adds up, and the stream holds what it says, within what is uncertain."""

import io
import threading
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from domain import trip
from producer import Producer, Settings
from producer.report import Report
from producer.run import Interruption, Run, Time, carry_out
from producer.traffic import Traffic
from tests.doubles import refused, throttled
from tests.producer.doubles import AT_ONCE, Lost, MemoryStream, lost_connection

SPOILED = Traffic(vendors=3, poison=0.1, repeated=0.2, late=0.2, very_late=0.1)
START = 1_714_557_600.0
FATES = st.one_of(
    st.none(),
    st.integers(0, 30),
    st.just(Lost()),
    st.builds(lost_connection),
    st.builds(throttled),
    st.builds(refused, st.just("InternalFailure"), st.just(500)),
)
SCRIPTS = st.lists(FATES, max_size=12)
HOPELESS = refused("ResourceNotFoundException")
CODES = st.sampled_from(["InternalFailure", "ProvisionedThroughputExceededException"])


def carried_out(stream, seed, aggregated, give_up_seconds=60.0, records=120):
    chosen = Settings(
        aggregate_bytes=2_000 if aggregated else None,
        requests_in_flight=3,
        linger_seconds=0.0,
        give_up_seconds=give_up_seconds,
        backoff=AT_ONCE,
    )
    run = Run(SPOILED, seed, pace=None, seconds=None, records=records, start=START)
    interruption = Interruption(threading.Event(), threading.Event())
    producer = Producer(stream, "trips", chosen)
    return carry_out(run, producer, interruption, Time(), io.StringIO())


def sums(stream):
    """Trips and cents per vendor and minute, by what lies in the stream; poison under vendor 0."""
    found: Counter[tuple[int, str, str]] = Counter()
    for record in stream.user_records:
        match trip.parse(record.data):
            case trip.Trip(vendor_id=vendor, pickup_at=pickup, fare_cents=cents):
                window = f"{pickup.replace(second=0, microsecond=0):%Y-%m-%dT%H:%M:%SZ}"
                found[vendor, window, "trips"] += 1
                found[vendor, window, "fareCents"] += cents
            case trip.Unusable():
                found[0, "", "records"] += 1
    return found


def bounds(report: Report):
    """The least and the most that the report allows, in the same form."""
    expected = report.document()["expected"]
    least: Counter[tuple[int, str, str]] = Counter()
    most: Counter[tuple[int, str, str]] = Counter()
    quarantined = expected["quarantined"]
    least[0, "", "records"] = quarantined["records"]
    most[0, "", "records"] = quarantined["records"] + quarantined["uncertain"]
    for row in [*expected["totals"], *expected["late"]]:
        for name in ("trips", "fareCents"):
            place = row["vendorId"], row["window"], name
            least[place] += row[name]
            most[place] += row[name] + row.get("uncertain", {}).get(name, 0)
    return least, most


@settings(max_examples=60)
@given(SCRIPTS, CODES, st.integers(0, 99), st.booleans(), st.sampled_from([0.0, 60.0]))
def test_every_vendors_minute_holds_what_the_report_says_within_what_is_uncertain(
    script, code, seed, aggregated, give_up_seconds
):
    stream = MemoryStream(script, shards=2, code=code)
    least, most = bounds(carried_out(stream, seed, aggregated, give_up_seconds))
    assert least <= sums(stream) <= most


@settings(max_examples=40)
@given(SCRIPTS, CODES, st.booleans(), st.booleans())
def test_every_record_made_is_acknowledged_or_failed(script, code, aggregated, ends):
    stream = MemoryStream([*script, *[HOPELESS] * (99 if ends else 0)], shards=2, code=code)
    report = carried_out(stream, 1, aggregated, give_up_seconds=0.0)
    counts = report.counts
    assert (report.reconciles, counts.made) == (True, counts.acknowledged + counts.failed)


@settings(max_examples=40)
@given(SCRIPTS, CODES, st.booleans())
def test_the_stream_holds_what_was_acknowledged_and_at_most_what_is_uncertain_besides(script, code, aggregated):
    stream = MemoryStream([*script, *[HOPELESS] * 99], shards=2, code=code)
    counts = carried_out(stream, 1, aggregated, give_up_seconds=0.0).counts
    assert counts.acknowledged <= len(stream.user_records) <= counts.acknowledged + counts.uncertain


@settings(max_examples=20)
@given(st.lists(st.builds(throttled) | st.integers(0, 9), max_size=9), st.booleans())
def test_without_a_put_that_had_no_answer_nothing_is_uncertain(script, aggregated):
    stream = MemoryStream(script, code="ProvisionedThroughputExceededException")
    report = carried_out(stream, 1, aggregated)
    least, most = bounds(report)
    assert least == most == sums(stream)


def test_what_was_repeated_on_purpose_is_what_the_distinct_trips_leave_over():
    report = carried_out(MemoryStream(), 5, aggregated=True)
    expected = report.document()["expected"]
    trips = sum(row["trips"] for row in [*expected["totals"], *expected["late"]])
    assert 0 < report.made_repeated == trips - expected["distinctTrips"]


def test_the_distinct_trips_are_those_that_differ_in_the_stream():
    stream = MemoryStream()
    expected = carried_out(stream, 5, aggregated=True).document()["expected"]
    trips = {
        parsed.trip_id for record in stream.user_records if isinstance(parsed := trip.parse(record.data), trip.Trip)
    }
    assert expected["distinctTrips"] == len(trips)
