"""The totals table holds what the reports say, or every difference is told."""

import io
import threading
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from domain import trip
from ops.reconciliation import MOST_NAMED, ReportError, Run, reconciled
from producer import Producer, Settings
from producer.run import Interruption, Time, carry_out
from producer.run import Run as ProducerRun
from producer.traffic import Traffic
from tests.doubles import ManualClock
from tests.producer.doubles import AT_ONCE, Lost, MemoryStream

NOON = 1_714_564_800.0  # 2024-05-01T12:00:00Z
ALLOWED = 3_600
SPOILED = Traffic(vendors=3, poison=0.1, repeated=0.1, late=0.2, very_late=0.1, allowed_lateness_seconds=ALLOWED)


class Table:
    """A totals table with what an aggregator makes of a stream, one item to a page."""

    def __init__(self, *streams: MemoryStream, arrived: float = NOON) -> None:
        self.items: dict[tuple[int, str], dict[str, Any]] = {}
        for number, stream in enumerate(streams):
            for place, record in enumerate(stream.user_records):
                sent = trip.parse(record.data)
                if isinstance(sent, trip.Trip):
                    self.count(sent, f"{number}#{place}", arrived)

    def count(self, sent: trip.Trip, place: str, arrived: float) -> None:
        if arrived - sent.pickup_at.timestamp() > ALLOWED:
            facts = trip.item(sent) | {"arrivedAt": f"{datetime.fromtimestamp(arrived, UTC):%Y-%m-%dT%H:%M:%S}.000Z"}
            typed = {
                name: {"S": value} if isinstance(value, str) else {"N": str(value)} for name, value in facts.items()
            }
            self.items[sent.vendor_id, f"late#{place}"] = typed
            return
        name = f"total#{sent.pickup_at.replace(second=0, microsecond=0):%Y-%m-%dT%H:%M:%SZ}#0"
        sums = Counter(
            trips=1,
            passengers=sent.passenger_count,
            fareCents=sent.fare_cents,
            distanceMeters=sent.distance_meters,
            durationSeconds=sent.duration_seconds,
        )
        standing = self.items.get((sent.vendor_id, name), {})
        known = {name: int(value["N"]) for name, value in standing.items()}
        numbers = {name: known.get(name, 0) + value for name, value in sums.items()} | {
            "windowSeconds": 60,
            "minFareCents": min(known.get("minFareCents", 10**12), sent.fare_cents),
            "maxFareCents": max(known.get("maxFareCents", 0), sent.fare_cents),
        }
        self.items[sent.vendor_id, name] = {name: {"N": str(value)} for name, value in numbers.items()}

    def query(self, **request: Any) -> Any:
        values = request["ExpressionAttributeValues"]
        vendor = int(values[":vendor"]["N"])
        low, high = ("late#", "late$") if ":late" in values else (values[":low"]["S"], values[":high"]["S"])
        start = request.get("ExclusiveStartKey", "")
        found = sorted(name for of, name in self.items if of == vendor and low <= name <= high and name > start)
        page = [
            self.items[vendor, name] | {"vendorId": {"N": str(vendor)}, "window": {"S": name}} for name in found[:1]
        ]
        return {"Items": page} | ({"LastEvaluatedKey": found[0]} if found[1:] else {})

    def scan(self, **request: Any) -> Any:
        raise AssertionError(f"nothing may be scanned; got {request}")


def produced(stream: MemoryStream, seed: int = 1, moment: float = NOON, window_seconds: int = 60) -> Run:
    """The report of 300 trips that all begin at about the same moment."""
    clock = ManualClock()
    producer = Producer(stream, "trips", Settings(aggregate_bytes=2_000, linger_seconds=0.0, backoff=AT_ONCE))
    run = ProducerRun(SPOILED, seed, None, None, 300, window_seconds, start=moment)
    interruption = Interruption(threading.Event(), threading.Event())
    report = carry_out(
        run, producer, interruption, Time(lambda: clock.now, lambda: moment, clock.sleep), io.StringIO()
    ).document()
    begun = datetime.fromisoformat(report["begunAt"])
    return Run(report["seed"], begun, begun, report["expected"])


def test_it_holds_when_the_table_has_every_trip():
    run = produced(stream := MemoryStream())
    accounts = reconciled(Table(stream), "totals", [run])
    assert (accounts.differences, accounts.unusable > 0) == ([], True)
    assert "to the record and the cent" in accounts.text()


def test_it_does_not_hold_when_one_cent_is_missing():
    run = produced(stream := MemoryStream())
    table = Table(stream)
    place, total = next((place, item) for place, item in table.items.items() if place[1].startswith("total#"))
    cents = int(total["fareCents"]["N"])
    total["fareCents"] = {"N": str(cents - 1)}
    moment = place[1].split("#")[1]
    assert reconciled(table, "totals", [run]).differences == [
        f"totals of vendor {place[0]} at {moment}: fareCents must be {cents}, found {cents - 1}"
    ]


def test_it_does_not_hold_when_a_late_trip_is_missing():
    run = produced(stream := MemoryStream())
    table = Table(stream)
    del table.items[next(place for place in table.items if place[1].startswith("late#"))]
    (difference,) = reconciled(table, "totals", [run]).differences
    assert difference.startswith("late trips of vendor ")


def test_a_total_whose_bounds_are_just_being_written_is_a_difference():
    run = produced(stream := MemoryStream())
    table = Table(stream)
    place, total = next((place, item) for place, item in table.items.items() if place[1].startswith("total#"))
    cents = int(total.pop("minFareCents")["N"])
    (difference,) = reconciled(table, "totals", [run]).differences
    assert difference == (
        f"totals of vendor {place[0]} at {place[1].split('#')[1]}: minFareCents must be {cents}, found none"
    )


def test_a_text_names_some_differences_and_says_how_many_more_there_are():
    run = produced(MemoryStream())
    accounts = reconciled(Table(), "totals", [run])
    assert len(accounts.differences) > MOST_NAMED
    assert f"and {len(accounts.differences) - MOST_NAMED} more" in accounts.text()


def test_copies_that_may_have_been_stored_are_no_difference():
    run = produced(stream := MemoryStream([Lost(), Lost()]))
    accounts = reconciled(Table(stream), "totals", [run])
    assert (accounts.differences, "uncertain" in accounts.text()) == ([], True)


def test_a_trip_more_than_reported_is_one():
    run = produced(MemoryStream())
    others = MemoryStream()
    produced(others, seed=2)
    assert not reconciled(Table(others), "totals", [run]).holds


def test_producers_at_the_same_time_are_reconciled_together():
    runs = [produced(first := MemoryStream(), seed=1), produced(second := MemoryStream(), seed=2)]
    table = Table(first, second)
    assert (reconciled(table, "totals", runs).holds, reconciled(table, "totals", runs[:1]).holds) == (True, False)


def test_late_trips_of_an_earlier_run_with_the_same_seed_are_told_apart():
    run = produced(stream := MemoryStream())
    table = Table(stream)
    late = [(place, item) for place, item in table.items.items() if place[1].startswith("late#")]
    for (vendor, name), item in late:
        table.items[vendor, f"{name}-before"] = item | {"arrivedAt": {"S": "2024-05-01T10:00:00.000Z"}}
    assert reconciled(table, "totals", [run]).holds


def test_windows_of_another_length_than_the_tables_are_refused_with_the_remedy():
    run = produced(stream := MemoryStream(), window_seconds=300)
    with pytest.raises(ReportError, match="--window-seconds 60"):
        reconciled(Table(stream), "totals", [run])
