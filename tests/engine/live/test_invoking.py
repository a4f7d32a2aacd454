"""What one call of the Lambda API says about a batch."""

import io

import pytest
from botocore.exceptions import EndpointConnectionError

from local.engine.delivery import Batch, Failed, FailedAt, Succeeded, Throttled, TooLarge
from local.engine.lane import Invoke
from local.engine.live.invoking import call, outcome_of
from local.engine.mapping import load
from tests.doubles import refused, timed_out
from tests.engine.doubles import entries, mapping
from tests.engine.live.doubles import ScriptedFunctions, failed_by_service, throttled_by_lambda


def outcome(answer, **settings):
    reply = call(lambda: ScriptedFunctions(answer), "f", {"Records": []}, 3.0)
    return outcome_of(Invoke(Batch(entries("12")), None, too_large=False), reply, load(mapping(**settings)))


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
    assert outcome(answer, **settings) == expected


def test_lack_of_concurrency_is_nothing_to_tell():
    assert call(lambda: ScriptedFunctions(throttled_by_lambda()), "f", {}, 3.0).refusal is None


def test_a_service_that_fails_is_told():
    assert "ServiceException" in str(call(lambda: ScriptedFunctions(failed_by_service()), "f", {}, 3.0).refusal)


def test_the_version_that_ran_is_known_to_the_failure_record():
    class Versioned:
        def invoke(self, **_):
            return {"Payload": io.BytesIO(b"null"), "ExecutedVersion": "7"}

    assert call(lambda: Versioned(), "f:live", {}, 3.0).version == "7"
