"""The laws of messages: each is settled on its own, and what fails comes back alone."""

import io
import json
from typing import Any
from uuid import uuid4

import pytest
from aws_lambda_powertools.logging import Logger

from streamkit.messages import BatchFailedError, DeliveryError, Message, messages, one_by_one
from tests.doubles import throttled
from tests.order_events import queue_event


class UnusableError(ValueError):
    """What this test's messages raise when they are no use."""


def act(message):
    match message.body:
        case "bad":
            raise UnusableError("sku must be a name")
        case "throttled":
            raise throttled()
        case word:
            return word


def settle(*bodies, act=act, seconds=(), stream=None):
    left, facts = iter(seconds), dict[str, Any]()
    log = Logger(service=f"messages_{uuid4()}", stream=stream or io.StringIO())
    answer = one_by_one(queue_event(bodies), act, UnusableError, facts, log, lambda: next(left, 1.0))
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]], facts


def test_only_what_fails_comes_back():
    returned, _ = settle("sent", "bad", "sent", "throttled", "repeat")
    assert returned == ["m-2", "m-4"]


def test_a_line_tells_how_many_messages_came_to_what():
    _, facts = settle("sent", "bad", "sent", "throttled", "repeat")
    assert facts == {
        "messages": 5,
        "sent": 2,
        "repeat": 1,
        "unusable": 1,
        "returned": 2,
        "refusal": "ProvisionedThroughputExceededException: "
        "An error occurred (ProvisionedThroughputExceededException) when calling the AnyOperation operation: scripted",
    }


def test_an_unusable_message_is_told_with_its_reason():
    stream = io.StringIO()
    settle("bad", "sent", stream=stream)
    line = json.loads(stream.getvalue())
    told = {name: line[name] for name in ("message", "message_id", "reason")}
    assert told == {"message": "message_unusable", "message_id": "m-1", "reason": "sku must be a name"}


def test_a_batch_that_failed_whole_for_the_worlds_fault_raises():
    with pytest.raises(BatchFailedError, match=r"got 2 messages and settled none.*ProvisionedThroughput"):
        settle("throttled", "bad")


def test_a_batch_of_nothing_but_unusable_messages_is_no_failure_of_the_function():
    assert settle("bad", "bad")[0] == ["m-1", "m-2"]


def test_messages_whose_turn_never_came_come_back():
    assert settle("sent", "sent", "sent", seconds=[0.5, 0.0])[0] == ["m-3"]


def test_the_first_message_is_tried_however_late_the_invocation_is():
    assert settle("sent", "sent", seconds=[0.0])[0] == ["m-2"]


def test_a_mistake_in_the_code_fails_its_message_alone():
    assert settle("sent", "", act=lambda message: message.body[0])[0] == ["m-2"]


def test_an_empty_batch_is_done():
    assert settle() == ([], {"messages": 0, "unusable": 0, "returned": 0, "refusal": None})


def test_messages_have_the_names_they_are_answered_by():
    assert messages(queue_event(["a", "b"])) == [Message("m-1", "a"), Message("m-2", "b")]


@pytest.mark.parametrize(
    "event", [{}, {"Records": "x"}, {"Records": [{"body": ""}]}, {"Records": [{"messageId": "m"}]}, {"Records": [1]}]
)
def test_an_event_of_another_source_is_an_error(event):
    with pytest.raises(DeliveryError):
        messages(event)
