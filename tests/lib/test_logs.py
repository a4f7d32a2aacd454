"""The laws of what an invocation tells: one line, one object, the same keys."""

import io
import json

import pytest
from aws_lambda_powertools.logging import Logger

from streamkit.logs import one_line
from streamkit.metrics import count
from tests.doubles import ManualClock, ManualContext, refused


@pytest.fixture
def stream():
    return io.StringIO()


@pytest.fixture
def log(stream, request):
    return Logger(service=request.node.name, stream=stream)


def told(stream):
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_invocation_tells_its_facts_in_one_line(log, stream):
    with one_line(log, ManualContext(ManualClock())) as facts:
        facts["records"] = 3
    (line,) = told(stream)
    assert (line["message"], line["records"], line["request_id"]) == (
        "invocation_done",
        3,
        "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
    )


def test_an_invocation_that_raises_tells_the_name_aws_gives_the_error(log, stream):
    def fail():
        with one_line(log, ManualContext(ManualClock())) as facts:
            facts["records"] = 3
            raise refused("AccessDeniedException")

    with pytest.raises(Exception, match="AccessDenied"):
        fail()
    (line,) = told(stream)
    assert (line["message"], line["level"], line["error"], line["records"]) == (
        "invocation_failed",
        "ERROR",
        "AccessDeniedException",
        3,
    )


def test_counts_are_metrics_of_the_namespace_sluice(capsys):
    count(TripsWritten=2, RecordsReturned=0)
    line = json.loads(capsys.readouterr().out)
    assert line["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Sluice"
    assert (line["TripsWritten"], line["RecordsReturned"]) == ([2.0], [0.0])
