"""What the figures of a shop must be, reckoned from its audit trail alone and in another way than order_analytics does.

trail      every order's events by version
ledger     (period, figure) -> attribute -> sum        minute#..., hour#..., day#...   all, sku#tea
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

Event = Mapping[str, Any]
Ledger = dict[tuple[str, str], dict[str, int]]


def ledger(trail: Mapping[str, Sequence[Event]]) -> Ledger:
    """The figures of all orders in the trail."""
    sums: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for events in trail.values():
        order = events[-1]["after"]
        for period in _periods(order["placedAt"]):
            sums[period, "all"].update(_facts(order, order["items"]))
            for line in order["items"]:
                sums[period, f"sku#{line['sku']}"].update(_facts(order, [line]))
    return {place: dict(counted) for place, counted in sums.items()}


def _facts(order: Mapping[str, Any], lines: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """What one order adds in the end, whatever the way there was."""
    came_to = {stage["status"] for stage in order["history"]}
    kept = "PAID" in came_to and "REJECTED" not in came_to
    return {
        "orders": 1,
        "paidOrders": int("PAID" in came_to),
        "rejectedOrders": int("REJECTED" in came_to),
        "units": sum(line["quantity"] for line in lines) if kept else 0,
        "revenueCents": sum(line["quantity"] * line["priceCents"] for line in lines) if kept else 0,
    }


def _periods(placed_at: str) -> Iterator[str]:
    yield f"minute#{placed_at[:16]}:00Z"
    yield f"hour#{placed_at[:13]}:00:00Z"
    yield f"day#{placed_at[:10]}T00:00:00Z"


def without_zeros(ledger: Mapping[tuple[str, str], Mapping[str, int]]) -> Ledger:
    """A figure that never changed is absent, one that came back to nothing is 0: both say the same."""
    told = {place: {name: count for name, count in sums.items() if count} for place, sums in ledger.items()}
    return {place: sums for place, sums in told.items() if sums}


def breaks(trail: Mapping[str, Sequence[Event]]) -> list[str]:
    """Where the trail is no unbroken account: a version that lacks, or that does not begin where the last one ended."""
    found = []
    for order_id, events in trail.items():
        versions = [event["version"] for event in events]
        if versions != list(range(1, len(events) + 1)):
            found.append(f"order {order_id} has the versions {versions}")
        for earlier, later in pairwise(events):
            if earlier["after"] != later["before"]:
                found.append(f"order {order_id} begins version {later['version']} not where the one before it ended")
    return found


def history(events: Iterable[Event]) -> list[dict[str, Any]]:
    """The transitions that the events tell of, as an order keeps them."""
    return [
        {"status": event["status"], "version": event["version"]}
        for event in events
        if event["status"] != event["previousStatus"]
    ]
