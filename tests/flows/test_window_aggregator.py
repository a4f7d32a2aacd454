"""The deployed window_aggregator by itself: a window counts once, and each of its permissions is needed."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.events import kinesis_event, packed, trip
from tests.flows.deployed import Invocation

ARRIVED = "2024-05-01T10:00:30Z"
WINDOW = {"start": "2024-05-01T10:00:00Z", "end": "2024-05-01T10:00:03Z"}
LARGE = b"\x00" * 200_000
VERY_LATE = trip(pickupAt="2024-05-01T08:00:00Z")


class Window:
    """One window of a shard that nothing else writes to."""

    def __init__(self, deployed: Any) -> None:
        self.deployed = deployed
        self.function: str = deployed.outputs["window_aggregator_function_name"]
        self.shard = f"shardId-{uuid4()}"

    def call(self, *payloads: bytes, **fields: Any) -> Invocation:
        event = kinesis_event(*payloads, shard=self.shard) | {
            "shardId": self.shard,
            "eventSourceARN": "arn:aws:kinesis:us-east-1:000000000000:stream/trips",
            "window": WINDOW,
            "state": {},
            "isFinalInvokeForWindow": False,
            "isWindowTerminatedEarly": False,
            **fields,
        }
        return self.deployed.invoke(self.function, event)  # type: ignore[no-any-return]

    def closed(self, *payloads: bytes) -> Invocation:
        """The answer to the final call, or the first error on the way."""
        begun = self.call(*payloads)
        if begun.error:
            return begun
        return self.call(state=begun.response["state"], isFinalInvokeForWindow=True)

    def redriven(self, *payloads: bytes) -> Invocation:
        return self.call(*payloads, isFinalInvokeForWindow=True, redrive=True)

    def parts(self) -> list[dict[str, Any]]:
        return [item for item in self.deployed.totals_items() if item.get("shardId") == {"S": self.shard}]


@pytest.fixture
def window(trips):
    return Window(trips)


def test_a_closed_window_leaves_one_part_for_each_vendor(window):
    assert window.closed(trip("a"), packed(trip("b"), trip("c", vendorId=2))).response == {"state": {}}
    assert sorted(part["trips"]["N"] for part in window.parts()) == ["1", "2"]


def test_a_final_call_that_comes_again_counts_nothing(window):
    window.closed(trip("a"))
    once = window.parts()
    window.closed(trip("a"))
    assert window.parts() == once


@pytest.mark.usefixtures("iam_enforced")
@pytest.mark.parametrize(
    ("action", "act"),
    [
        ("dynamodb:GetItem", lambda window: window.closed(trip())),
        ("dynamodb:BatchGetItem", lambda window: window.closed(trip())),
        ("dynamodb:PutItem", lambda window: window.closed(trip())),
        ("dynamodb:UpdateItem", lambda window: window.closed(trip())),
        ("dynamodb:DeleteItem", lambda window: window.closed(trip())),
        ("dynamodb:Query", lambda window: window.closed(trip()) and window.redriven(trip())),
        ("dynamodb:BatchWriteItem", lambda window: window.closed(VERY_LATE)),
        ("sqs:SendMessage", lambda window: window.closed(b"no trip")),
        ("s3:PutObject", lambda window: window.closed(LARGE)),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_a_role_without_one_permission_fails_with_access_denied(trips, window, action, act):
    with trips.function_without(window.function, action):
        invocation = act(window)
    assert "AccessDenied" in invocation.message
