"""What can run is found out before anything is touched; what cannot is named."""

import json

import pytest

from local.engine.live import inventory
from tests.doubles import refused
from tests.engine.doubles import QUEUE, STREAM
from tests.engine.live.doubles import ROLE, MemoryClients
from tests.engine.live.test_terraform_state import STREAM_ATTRIBUTES, UUID, shown

KAFKA = "arn:aws:kafka:us-east-1:123456789012:cluster/orders/7e2437f6"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"


class MemoryFunctions:
    """A Lambda client with mappings and, unless told otherwise, the functions they name."""

    def __init__(self, *mappings, timeout=3, functions=True):
        self.mappings = list(mappings)
        self.timeout = timeout
        self.functions = functions

    def get_paginator(self, _operation):
        return self

    def paginate(self):
        return [{"EventSourceMappings": self.mappings}]

    def get_function_configuration(self, FunctionName):  # noqa: N803
        if not self.functions:
            raise refused("ResourceNotFoundException", 404)
        return {"Role": ROLE, "Timeout": self.timeout}


class MemoryQueues:
    def get_queue_url(self, **_):
        return {"QueueUrl": "https://sqs/orders"}

    def get_queue_attributes(self, **_):
        return {"Attributes": {"VisibilityTimeout": "30"}}


def listed(**fields):
    """A mapping as ListEventSourceMappings shows it, empty fields of other sources included."""
    return {
        "UUID": UUID,
        "EventSourceArn": STREAM,
        "FunctionArn": FUNCTION,
        "StartingPosition": "LATEST",
        "State": "Enabled",
        "LastProcessingResult": "No records processed",
        "FunctionResponseTypes": [],
        "Topics": [],
        "Queues": None,
        **fields,
    }


def take(*mappings, state=None, **more):
    clients = MemoryClients(**{"lambda": MemoryFunctions(*mappings, **more)}, sqs=MemoryQueues())
    return inventory.take(clients, state)


def test_a_mapping_of_the_lambda_api_is_found_with_its_function():
    (found,) = take(listed()).found
    assert (found.mapping.uuid, found.function.role, found.state) == (UUID, ROLE, "Enabled")


@pytest.mark.parametrize("arn", ["arn:", "arn:aws", "arn:aws:kinesis", "kinesis"])
def test_a_source_that_is_no_arn_is_refused_with_its_field(arn):
    assert "EventSourceArn" in take(listed(EventSourceArn=arn)).refused[UUID]


def test_a_state_is_believed_where_the_endpoint_says_less(tmp_path):
    path = tmp_path / "state.json"
    path.write_text(shown({**STREAM_ATTRIBUTES, "filter_criteria": [], "parallelization_factor": 1,
                           "tumbling_window_in_seconds": 60}))  # fmt: skip
    (found,) = take(listed(), state=path).found
    assert found.mapping.tumbling_window_seconds == 60


def test_a_mapping_of_the_state_that_is_not_there_is_told(tmp_path):
    path = tmp_path / "state.json"
    path.write_text(shown(STREAM_ATTRIBUTES))
    assert "not at the endpoint" in take(state=path).gone[UUID]


def test_mappings_that_a_state_does_not_name_are_left_alone(tmp_path):
    path = tmp_path / "state.json"
    path.write_text(json.dumps({"version": 4, "resources": []}))
    assert take(listed(), state=path).found == []


def test_a_source_that_no_engine_reads_is_left_to_the_emulator():
    assert "left to the emulator" in take(listed(EventSourceArn=KAFKA)).foreign[UUID]


def test_a_mapping_aws_would_refuse_is_refused_by_the_name_of_its_field():
    text = take(listed(ParallelizationFactor=11)).refused[UUID]
    assert f"mapping {UUID} of {STREAM}: ParallelizationFactor" in text


def test_a_queue_that_shows_a_message_again_too_early_is_refused():
    queue = {"UUID": UUID, "EventSourceArn": QUEUE, "FunctionArn": FUNCTION, "State": "Enabled"}
    text = take(queue, timeout=60).refused[UUID]
    assert "less than Function timeout: 60 seconds" in text


def test_a_function_that_is_gone_is_told_and_looked_for_again():
    assert f"its function {FUNCTION} is gone; looked for again" in take(listed(), functions=False).missing[UUID]


def test_a_queue_that_is_gone_is_told_as_that():
    class NoQueues(MemoryQueues):
        def get_queue_url(self, **_):
            raise refused("AWS.SimpleQueueService.NonExistentQueue", 400)

    queue = {"UUID": UUID, "EventSourceArn": QUEUE, "FunctionArn": FUNCTION, "State": "Enabled"}
    clients = MemoryClients(**{"lambda": MemoryFunctions(queue)}, sqs=NoQueues())
    assert f"its queue {QUEUE} is gone; looked for again" in inventory.take(clients, None).missing[UUID]


def test_an_endpoint_that_fails_is_nobodys_mapping():
    class Broken(MemoryFunctions):
        def paginate(self):
            raise refused("ServiceException", 500)

    with pytest.raises(Exception, match="ServiceException"):
        inventory.take(MemoryClients(**{"lambda": Broken()}), None)
