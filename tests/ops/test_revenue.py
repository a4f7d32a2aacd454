"""Figures as they are read, and the picture they make."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.figures import LENGTHS, MOST_PERIODS, Figure, PeriodsError, Sums, periods, read
from ops.revenue import ASCII, BLOCKS, Screen, as_json, bars, gathered, shares, sparkline, strongest, view

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def minutes(count: int) -> list[datetime]:
    return [NOON + timedelta(minutes=number) for number in range(count)]


def figure(minute: int, sku: str | None, cents: int, orders: int = 1) -> Figure:
    return Figure(NOON + timedelta(minutes=minute), sku, Sums(orders, orders, 0, 2 * orders, cents))


def item(period: str, name: str, **numbers: int) -> dict[str, Any]:
    counted = {attribute: {"N": str(number)} for attribute, number in numbers.items()}
    return {"period": {"S": period}, "figure": {"S": name}} | counted


class Paged:
    """A table that answers queries one item at a time."""

    def __init__(self, *items: dict[str, Any]) -> None:
        self.items = list(items)

    def query(self, **request: Any) -> Any:
        period = request["ExpressionAttributeValues"][":period"]
        found = [one for one in self.items if one["period"] == period][request.get("ExclusiveStartKey", 0) :]
        return {"Items": found[:1]} | (
            {"LastEvaluatedKey": request.get("ExclusiveStartKey", 0) + 1} if found[1:] else {}
        )


def test_every_period_wanted_is_read_to_its_end():
    table = Paged(
        item(
            "minute#2026-11-21T12:00:00Z", "all", orders=3, paidOrders=2, rejectedOrders=1, units=5, revenueCents=8500
        ),
        item("minute#2026-11-21T12:00:00Z", "sku#tea", orders=1),
        item("minute#2026-11-21T12:01:00Z", "all", revenueCents=-7),
        item("minute#2026-11-21T12:02:00Z", "all", orders=1),
        item("hour#2026-11-21T12:00:00Z", "all", orders=9),
    )
    assert read(table, "figures", "minute", minutes(2)) == [
        Figure(NOON, None, Sums(3, 2, 1, 5, 8500)),
        Figure(NOON, "tea", Sums(orders=1)),
        Figure(NOON + timedelta(minutes=1), None, Sums(revenue_cents=-7)),
    ]


@pytest.mark.parametrize(
    ("by", "since", "until", "first", "count"),
    [
        ("minute", "12:00:00", "12:00:00", "2026-11-21T12:00", 1),
        ("minute", "12:00:59.999", "12:01:00", "2026-11-21T12:00", 2),
        ("hour", "11:59:59", "13:00:00", "2026-11-21T11:00", 3),
        ("day", "00:00:00", "23:59:59", "2026-11-21T00:00", 1),
    ],
)
def test_periods_begin_on_the_clock_and_hold_both_ends(by, since, until, first, count):
    moments = [datetime.fromisoformat(f"2026-11-21T{one}+00:00") for one in (since, until)]
    found = periods(by, *moments)
    assert (found[0], len(found)) == (datetime.fromisoformat(f"{first}+00:00"), count)


@pytest.mark.parametrize("since", [NOON + timedelta(minutes=1), NOON - MOST_PERIODS * LENGTHS["minute"]])
def test_a_time_without_periods_or_with_too_many_is_refused(since):
    with pytest.raises(PeriodsError, match="--since must be a moment of the last 1500 minutes; got 2026-11-2"):
        periods("minute", since, NOON)


def test_json_is_one_object_a_line():
    lines = as_json([figure(0, None, 5), figure(0, "tea", 5)]).splitlines()
    assert [json.loads(line)["sku"] for line in lines] == [None, "tea"]
    assert json.loads(lines[0]) == {
        "period": "2026-11-21T12:00:00Z",
        "sku": None,
        "orders": 1,
        "paidOrders": 1,
        "rejectedOrders": 0,
        "units": 2,
        "revenueCents": 5,
    }


def test_the_picture_has_skus_by_revenue_and_periods_by_time():
    figures = [
        *(figure(0, None, 1_234_500), figure(0, "tea", 1_000_000), figure(0, "milk", 234_500)),
        *(figure(3, None, 617_250), figure(3, "milk", 617_250, orders=1_000)),
    ]
    assert view(figures, minutes(4), "minute", Screen(columns=80)) == [
        "2026-11-21 12:00 to 2026-11-21 12:04 UTC, by minute",
        "",
        "sku          orders   paid  rejected  units    revenue",
        "all               2      2         0      4  18,517.50  █  ▄",
        "tea               1      1         0      2  10,000.00  █",
        "milk          1,001  1,001         0  2,002   8,517.50  ▄  █",
        "",
        "minute       orders   paid  rejected  units    revenue",
        "11-21 12:03       1      1         0      2   6,172.50  ████████████",
        "11-21 12:00       1      1         0      2  12,345.00  ████████████████████████",
    ]


def test_without_orders_the_picture_says_so():
    assert view([], minutes(1), "hour", Screen())[-1] == "no orders"


def test_where_money_was_given_back_the_number_tells_and_the_bar_does_not():
    lines = view([figure(0, None, -5), figure(0, "tea", -5)], minutes(1), "minute", Screen())
    assert [line.split()[-1] for line in lines if line.startswith(("all", "tea", "11-21"))] == ["-0.05"] * 3


def test_skus_without_a_line_are_one_together():
    trends = {sku: {NOON: Sums(1, 1, 0, 1, cents)} for sku, cents in (("a", 1), ("b", 4), ("c", 2), ("d", 3))}
    assert strongest(trends, 3) == [
        ("b", {NOON: Sums(1, 1, 0, 1, 4)}),
        ("d", {NOON: Sums(1, 1, 0, 1, 3)}),
        ("2 others", {NOON: Sums(2, 2, 0, 2, 3)}),
    ]


@pytest.mark.parametrize(
    ("lines", "skus", "periods", "shown"),
    [(10, 3, 4, (3, 4)), (10, 20, 20, (5, 5)), (10, 20, 2, (8, 2)), (10, 2, 20, (2, 8)), (-3, 9, 9, (1, 1))],
)
def test_skus_and_periods_share_the_lines_or_take_what_the_others_leave(lines, skus, periods, shown):
    assert shares(lines, skus, periods) == shown


SKUS = st.text(st.characters(codec="ascii", exclude_categories=["C"]), min_size=1, max_size=128)
FIGURES = st.lists(
    st.builds(figure, st.integers(0, 59), st.none() | SKUS, st.integers(-(10**13), 10**15), st.integers(0, 10**9)),
    max_size=40,
    unique_by=lambda one: (one.period, one.sku),
)


@given(FIGURES, st.integers(20, 300), st.integers(8, 80), st.sampled_from([BLOCKS, ASCII]))
def test_the_picture_stays_within_the_screen(figures, columns, lines, bars):
    picture = view(figures, minutes(60), "minute", Screen(columns, lines, bars))
    assert len(picture) <= lines
    assert [line for line in picture if len(line) > columns] == []


@given(st.lists(st.integers(0, 10**15), min_size=1, max_size=200), st.integers(1, 80))
def test_gathering_neighbours_loses_nothing(values, most):
    assert sum(gathered(values, most)) == sum(values)
    assert len(gathered(values, most)) <= most


def test_a_sparkline_has_the_highest_level_for_the_highest_value_and_a_blank_for_none():
    assert (sparkline([0, 1, 4, 8]), sparkline([-3, 0]), sparkline([1, 2], ASCII)) == (" ▁▄█", "  ", "=#")


def test_what_is_above_0_has_a_bar_that_is_seen():
    assert bars([0, 1, 500, 1000], 10) == ["", "█", "█████", "██████████"]
