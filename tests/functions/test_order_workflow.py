"""The laws of order_workflow: a shipped order has one execution, whatever else its changes do."""

import io
from typing import Any
from uuid import uuid4

import pytest
from aws_lambda_powertools.logging import Logger
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.order import Status
from order_workflow.handler import begin
from order_workflow.sink import WorkflowSink
from streamkit.messages import BatchFailedError
from tests.doubles import ManualClock, ManualContext, Rubbish, full_waits, refused, throttled
from tests.order_doubles import MemoryStateMachines
from tests.order_events import delivery, details, placed_again, queue_event, rejected, shipped, trimmed

FIRST = "o-1@20261121T000530.250Z"
DONE: dict[str, Any] = {"batchItemFailures": []}


def invoke(event, machines, clock=None):
    clock = clock or ManualClock()
    log = Logger(service=f"order_workflow_{uuid4()}", stream=io.StringIO())
    return begin(event, ManualContext(clock), WorkflowSink("arn:machine", machines, full_waits(clock)), log)


def test_an_order_that_is_shipped_starts_its_execution():
    machines = MemoryStateMachines()
    assert invoke(delivery(*details(shipped())), machines) == DONE
    assert machines.executions == {
        FIRST: {
            "orderId": "o-1",
            "status": "SHIPPED",
            "version": 5,
            "at": "2025-11-21T00:05:00.000Z",
            "correlationId": "correlation-o-1",
        }
    }


def test_no_other_change_starts_one():
    machines = MemoryStateMachines()
    told = [*details(shipped())[:4], *details(rejected("o-2", Status.VALIDATED)), details([*shipped("o-3"), None])[-1]]
    assert invoke(delivery(*told), machines) == DONE
    assert machines.calls == []


def test_a_second_start_is_done():
    machines = MemoryStateMachines()
    last = delivery(details(shipped())[-1])
    invoke(last, machines)
    assert invoke(last, machines) == DONE
    assert len(machines.executions) == 1


def test_an_order_placed_under_the_id_of_one_that_is_gone_starts_its_own():
    machines = MemoryStateMachines()
    invoke(delivery(*details([*shipped(), None])), machines)
    assert invoke(delivery(*details(placed_again(), first=9)), machines) == DONE
    assert list(machines.executions) == [FIRST, "o-1@20261128T000530.250Z"]


def test_a_trimmed_change_starts_as_any_other_under_the_id_alone():
    machines = MemoryStateMachines()
    assert invoke(delivery(trimmed(details(shipped())[-1])), machines) == DONE
    assert list(machines.executions) == ["o-1"]


@pytest.mark.parametrize("order_id", ["a:b|c", "x" * 128])
def test_an_id_that_is_no_name_has_its_hash_for_one(order_id):
    machines = MemoryStateMachines()
    assert invoke(delivery(details(shipped(order_id))[-1]), machines) == DONE
    ((name, told),) = machines.executions.items()
    assert (len(name), told["orderId"]) == (64, order_id)


def test_a_service_that_refuses_for_now_is_asked_again():
    machines = MemoryStateMachines([throttled()])
    assert invoke(delivery(details(shipped())[-1]), machines) == DONE
    assert list(machines.executions) == [FIRST]


def test_what_no_retry_mends_raises_once_nothing_is_settled():
    with pytest.raises(BatchFailedError, match="StateMachineDoesNotExist"):
        invoke(delivery(details(shipped())[-1]), MemoryStateMachines([refused("StateMachineDoesNotExist")]))


def test_an_answer_of_rubbish_says_of_no_execution_that_it_runs():
    with pytest.raises(BatchFailedError, match="an answer must hold executionArn"):
        invoke(delivery(details(shipped())[-1]), Rubbish())


def test_an_unusable_message_stops_no_other():
    machines = MemoryStateMachines()
    event = queue_event(["no JSON", delivery(details(shipped())[-1])["Records"][0]["body"]])
    assert invoke(event, machines) == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}
    assert list(machines.executions) == [FIRST]


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_any_order_and_any_repeats_start_each_shipped_order_once(data):
    told = [one for n in range(3) for one in details([*shipped(f"o-{n}"), None])] + details(rejected("o-9"))
    shuffled = data.draw(st.permutations(told + data.draw(st.lists(st.sampled_from(told), max_size=8))))
    machines = MemoryStateMachines()
    assert invoke(delivery(*shuffled), machines) == DONE
    assert sorted(machines.executions) == [f"o-{n}@20261121T000530.250Z" for n in range(3)]
