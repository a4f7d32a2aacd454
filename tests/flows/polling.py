"""The endpoint's own pollers: off while a flow is at rest, for they know no checkpoints and deliver streams anew."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.flows.patience import until

ALIAS = "live"


def mappings(lambdas: Any, functions: Iterable[str]) -> list[dict[str, Any]]:
    """The event source mappings of the functions, as Lambda shows them."""
    listed = [lambdas.list_event_source_mappings(FunctionName=f"{name}:{ALIAS}") for name in functions]
    return [mapping for answer in listed for mapping in answer["EventSourceMappings"]]


def polled(lambdas: Any, functions: Iterable[str]) -> list[str]:
    """The mappings that the endpoint's own pollers drive, and those it is about to."""
    return [mapping["UUID"] for mapping in mappings(lambdas, functions) if mapping["State"] != "Disabled"]


def poll(lambdas: Any, functions: list[str], *, on: bool) -> None:
    """Has the endpoint's own pollers begin, or end."""
    for mapping in mappings(lambdas, functions):
        lambdas.update_event_source_mapping(UUID=mapping["UUID"], Enabled=on)
    until(lambda: on or not polled(lambdas, functions), seconds=20)
