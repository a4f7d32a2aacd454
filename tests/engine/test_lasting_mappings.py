"""What is true of a mapping that lives on: its description, what never changes, where it goes on."""

import pytest

from local.engine.mapping import load
from tests.engine.doubles import QUEUE, SHARD, STREAM
from tests.engine.live.doubles import MemoryStream, ScriptedFunctions, Stage

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:trips"
UUID = "00000000-0000-4000-8000-00000000000a"

# The answers that AWS was recorded to give when little was said: settings, and what only describes.
DESCRIBED_STREAM = {
    "BatchSize": 100,
    "BisectBatchOnFunctionError": False,
    "DestinationConfig": {"OnFailure": {}},
    "EventSourceArn": STREAM,
    "EventSourceMappingArn": f"arn:aws:lambda:us-east-1:123456789012:event-source-mapping:{UUID}",
    "FunctionArn": FUNCTION,
    "FunctionResponseTypes": [],
    "LastModified": "2026-01-01T00:00:00Z",
    "LastProcessingResult": "No records processed",
    "MaximumBatchingWindowInSeconds": 0,
    "MaximumRecordAgeInSeconds": -1,
    "MaximumRetryAttempts": -1,
    "ParallelizationFactor": 1,
    "StartingPosition": "TRIM_HORIZON",
    "State": "Creating",
    "StateTransitionReason": "User action",
    "TumblingWindowInSeconds": 0,
    "UUID": UUID,
}
DESCRIBED_QUEUE = {
    "BatchSize": 10,
    "EventSourceArn": QUEUE,
    "EventSourceMappingArn": f"arn:aws:lambda:us-east-1:123456789012:event-source-mapping:{UUID}",
    "FunctionArn": FUNCTION,
    "FunctionResponseTypes": [],
    "LastModified": "2026-01-01T00:00:00Z",
    "MaximumBatchingWindowInSeconds": 0,
    "State": "Creating",
    "StateTransitionReason": "USER_INITIATED",
    "UUID": UUID,
}


@pytest.mark.parametrize(
    ("described", "given"),
    [
        (DESCRIBED_STREAM, {"EventSourceArn": STREAM, "StartingPosition": "TRIM_HORIZON"}),
        (DESCRIBED_QUEUE, {"EventSourceArn": QUEUE}),
    ],
    ids=["stream", "queue"],
)
def test_what_aws_describes_is_the_mapping_that_was_given(described, given):
    assert load(described) == load({**given, "FunctionName": "trips", "UUID": UUID})


@pytest.mark.parametrize(
    "result", ["No records processed", "OK", "PROBLEM: Function call failed", None], ids=lambda result: str(result)
)
def test_how_the_last_batch_went_is_no_setting(result):
    assert load({**DESCRIBED_STREAM, "LastProcessingResult": result}) == load(DESCRIBED_STREAM)


@pytest.mark.parametrize("position", ["TRIM_HORIZON", "LATEST"])
def test_a_mapping_that_was_off_goes_on_where_it_stood_and_not_at_its_starting_position(position, tmp_path):
    stream = MemoryStream()
    stream.shard(SHARD)
    functions = ScriptedFunctions()
    at_work = Stage(stream, functions, tmp_path, StartingPosition=position)
    stream.put(1, 2, arrived=2000.5)
    at_work.pass_time(2)
    at_work.worker.stop()
    at_work.worker.finish()
    stream.put(3, arrived=2003.0)
    at_work.pass_time(60)
    at_work.start()
    at_work.pass_time(2)
    assert functions.numbers == [["1", "2"], ["3"]]
