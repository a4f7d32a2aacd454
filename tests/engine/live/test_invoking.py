"""What one call of the Lambda API says about a batch."""

import io

import pytest
from botocore.exceptions import EndpointConnectionError

from local.engine.delivery import Batch, Failed, FailedAt, Succeeded, Throttled, TooLarge
from local.engine.function import Answer
from local.engine.live.invoking import call
from local.engine.mapping import load
from local.engine.receiving import sort_receipts
from local.engine.responses import outcome
from tests.doubles import refused, timed_out
from tests.engine.doubles import QUEUE, entries, mapping
from tests.engine.live.doubles import ScriptedFunctions, failed_by_service, throttled_by_lambda


def outcome_of(answer, **settings):
    reply = call(lambda: ScriptedFunctions(answer), "f", b"{}", 3.0)
    return outcome(reply.answer, Batch(entries("12")), load(mapping(**settings)))


PARTIAL = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}


@pytest.mark.parametrize(
    ("answer", "settings", "expected"),
    [
        ({}, {}, Succeeded()),
        ({"batchItemFailures": [{"itemIdentifier": "2"}]}, PARTIAL, FailedAt("2")),
        ("raises", {}, Failed("Unhandled", '"raises"')),
        (timed_out(), {}, Failed("Unhandled", "Task timed out after 3.00 seconds")),
        (throttled_by_lambda(), {}, Throttled()),
        (failed_by_service(), {}, Throttled()),
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:4566"), {}, Throttled()),
        (refused("RequestTooLargeException", 413), {}, TooLarge()),
    ],
)
def test_an_answer_is_an_outcome(answer, settings, expected):
    assert outcome_of(answer, **settings) == expected


def test_lack_of_concurrency_is_nothing_to_tell():
    assert call(lambda: ScriptedFunctions(throttled_by_lambda()), "f", b"{}", 3.0).refusal is None


def test_a_service_that_fails_is_told():
    assert "ServiceException" in str(call(lambda: ScriptedFunctions(failed_by_service()), "f", b"{}", 3.0).refusal)


def test_the_version_that_ran_is_known_to_the_failure_record():
    class Versioned:
        def invoke(self, **_):
            return {"Payload": io.BytesIO(b"null"), "ExecutedVersion": "7"}

    assert call(lambda: Versioned(), "f:live", b"{}", 3.0).version == "7"


@pytest.mark.parametrize("content", [b"\xff\xfe", b'"\xe9t\xe9"'])
def test_an_answer_that_is_no_utf_8_is_a_failed_invocation_that_says_so(content):
    class Garbled:
        def invoke(self, **_):
            return {"Payload": io.BytesIO(content), "ExecutedVersion": "7"}

    reply = call(lambda: Garbled(), "f", b"{}", 3.0)
    assert (reply.version, reply.answer.throttled) == ("7", False)
    assert "not UTF-8" in str(reply.answer.error)


def test_a_page_in_place_of_an_answer_spends_no_retry_and_is_told():
    class Website:
        def invoke(self, **_):
            headers = {"HTTPHeaders": {"content-type": "text/html; charset=utf-8"}}
            return {"Payload": io.BytesIO(b"<html>"), "ResponseMetadata": headers}

    reply = call(lambda: Website(), "f", b"{}", 3.0)
    assert (reply.answer.throttled, reply.refusal) == (True, "Invoke: answered with a page")


def test_an_answer_that_is_no_json_fails_the_batch_as_an_answer():
    answer = Answer("<html>")
    assert outcome(answer, Batch(entries("12")), load(mapping())) == Failed(None, "the response is not JSON")
    assert sort_receipts((), answer, load(mapping(QUEUE))).failed
