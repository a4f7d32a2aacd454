"""Totals as they are read: one line for each vendor and bucket."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from ops import totals
from ops.__main__ import moment
from ops.totals import Total, as_json, as_table, read, read_all
from streamkit.changes import item


def slot(number: int, bucket: str = "2024-05-01T10:00:00Z", vendor: int = 1, **fields: int) -> dict[str, Any]:
    sums = {
        "windowSeconds": 60,
        "trips": 2,
        "passengers": 3,
        "fareCents": 1501,
        "distanceMeters": 900,
        "durationSeconds": 300,
        "minFareCents": 500,
        "maxFareCents": 1001,
    }
    numbers = {name: {"N": str(value)} for name, value in (sums | {"vendorId": vendor} | fields).items()}
    return numbers | {"window": {"S": f"total#{bucket}#{number}"}}


def summed(slots: list[dict[str, Any]]) -> list[Total]:
    return totals.summed(map(item, slots))


class Paged:
    """A table that answers queries one item at a time."""

    def __init__(self, *items: dict[str, Any]) -> None:
        self.items = sorted(items, key=lambda item: item["window"]["S"])

    def query(self, **request: Any) -> Any:
        low, high = (request["ExpressionAttributeValues"][name]["S"] for name in (":low", ":high"))
        start = request.get("ExclusiveStartKey", "")
        found = [item for item in self.items if low <= item["window"]["S"] <= high and item["window"]["S"] > start]
        self.consistent = request["ConsistentRead"]
        return {"Items": found[:1]} | ({"LastEvaluatedKey": found[0]["window"]["S"]} if found[1:] else {})

    scan = query  # of a table whose vendors are all one


def buckets(table: Paged, since: str | None = None, until: str | None = None) -> list[str]:
    return [
        total.bucket
        for total in read(table, "totals", 1, moment(since) if since else None, moment(until) if until else None)
    ]


def test_the_slots_of_a_total_are_summed_and_their_bounds_compared():
    (total,) = summed([slot(0), slot(1, minFareCents=400), slot(2, maxFareCents=2000)])
    assert (total.trips, total.fare_cents, total.min_fare_cents, total.max_fare_cents) == (6, 4503, 400, 2000)


def test_averages_are_sums_divided_by_trips():
    (facts,) = [total.facts() for total in summed([slot(0, trips=3, fareCents=1000), slot(1, trips=4, fareCents=1000)])]
    assert (facts["averageFareCents"], facts["averagePassengers"]) == (285.71, 0.86)


def test_a_total_without_bounds_yet_has_none():
    fresh = slot(0)
    del fresh["minFareCents"], fresh["maxFareCents"]
    assert (summed([fresh])[0].min_fare_cents, as_table(summed([fresh])).count("  -")) == (None, 2)


def test_a_slot_of_which_only_bounds_stand_holds_no_trip():
    bounds = {name: value for name, value in slot(1).items() if name in ("vendorId", "window", "minFareCents")}
    assert summed([slot(0), bounds]) == summed([slot(0)])
    assert summed([bounds]) == []


def test_buckets_are_read_from_the_first_moment_to_before_the_last():
    table = Paged(*(slot(0, f"2024-05-01T10:0{minute}:00Z") for minute in range(4)))
    assert buckets(table, "2024-05-01T10:01Z", "2024-05-01T10:03Z") == ["2024-05-01T10:01:00Z", "2024-05-01T10:02:00Z"]


def test_a_fraction_of_a_second_lies_after_the_bucket_that_begins_with_its_second():
    assert buckets(Paged(slot(0)), since="2024-05-01T10:00:00.5Z") == []
    assert buckets(Paged(slot(0)), until="2024-05-01T10:00:00.5Z") == ["2024-05-01T10:00:00Z"]


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59.5+00:00", "9999-12-31T23:59:59.999999"])
def test_nothing_lies_after_the_last_second(moment):
    assert buckets(Paged(slot(0, "9999-12-31T23:59:59Z")), since=moment) == []
    assert buckets(Paged(slot(0, "9999-12-31T23:59:59Z")), until=moment) == ["9999-12-31T23:59:59Z"]


def test_what_was_just_written_is_read():
    read(table := Paged(slot(0)), "totals", 1, None, None)
    assert table.consistent


def test_without_a_vendor_those_of_all_are_read_between_the_same_bounds():
    table = Paged(*(slot(0, f"2024-05-01T10:0{minute}:00Z", vendor=minute + 1) for minute in range(4)))
    found = read_all(table, "totals", moment("2024-05-01T10:01Z"), moment("2024-05-01T10:03Z"))
    assert [total.vendor for total in found] == [2, 3]


def test_without_bounds_all_are_read():
    table = Paged(*(slot(0, f"2024-05-01T10:0{minute}:00Z") for minute in range(4)))
    assert len(buckets(table)) == 4


def test_moments_are_in_utc_whatever_offset_they_have():
    assert [moment("2024-05-01T12:00+02:00"), moment("2024-05-01T10:00")] == [datetime(2024, 5, 1, 10, tzinfo=UTC)] * 2


def test_json_is_one_object_a_line():
    lines = as_json(summed([slot(0), slot(0, vendor=2)])).splitlines()
    assert [json.loads(line)["vendorId"] for line in lines] == [1, 2]


def test_the_table_has_money_in_whole_units():
    heading, line = as_table(summed([slot(0)])).splitlines()
    assert heading.split()[:4] == ["vendor", "bucket", "start", "trips"]
    assert line.split() == ["1", "2024-05-01T10:00:00Z", "2", "3", "15.01", "7.50", "5.00", "10.01", "450.0", "150.0"]


def test_large_numbers_are_grouped_and_vendors_are_not():
    _, line = as_table(summed([slot(0, vendor=1234, trips=12_345, fareCents=123_456_789)])).splitlines()
    assert (line.split()[0], *line.split()[2:5:2]) == ("1234", "12,345", "1,234,567.89")


def test_money_is_exact_however_much_it_is():
    _, line = as_table(summed([slot(0, trips=1, fareCents=2**60 + 1)])).splitlines()
    assert line.split()[4:6] == ["11,529,215,046,068,469.77"] * 2


def test_without_totals_the_table_says_so():
    assert as_table([]).endswith("no totals: a window that is still open is in none")
