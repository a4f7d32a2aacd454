"""Where the audit trail keeps each version of an order, and which versions it lacks.

orders/o-1/0000000003.json      one line of JSON, written once
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from urllib.parse import quote, unquote

FOLDER = "orders/"

_KEY = re.compile(r"orders/(?P<order>[^/]+)/(?P<version>[0-9]{10,})\.json", re.ASCII)


def key(order_id: str, version: int) -> str:
    """The key of a version; the keys of one order sort as its versions do."""
    # What orders' ids are made of stays readable; anything else can neither leave its folder nor meet another's.
    return f"{FOLDER}{quote(order_id, safe=':@|')}/{version:010}.json"


def gaps(keys: Iterable[str]) -> dict[str, list[int]]:
    """The versions missing below the last one of each order; orders without a gap are not named.

    Versions begin with 1 and grow by 1, so every hole is a change that the trail has not got, or not yet.
    """
    found: defaultdict[str, set[int]] = defaultdict(set)
    for one in keys:
        if place := _KEY.fullmatch(one):
            found[unquote(place["order"])].add(int(place["version"]))
    missing = {order: sorted(set(range(1, max(versions))) - versions) for order, versions in found.items()}
    return {order: versions for order, versions in missing.items() if versions}
