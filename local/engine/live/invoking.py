"""The function, called through the Lambda API."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError

from local.engine.function import Answer
from local.engine.live.troubles import AwsError, Trouble, answer_to, code, status, trouble

SLACK_SECONDS = 15.0  # a cold start, a queue before the endpoint's workers, and the way back


@dataclass(frozen=True, slots=True)
class FunctionFacts:
    """What of a function its mapping goes by; changed when it is deployed anew."""

    arn: str
    role: str
    timeout_seconds: float


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of one call. `refusal` is told: the function did not run, and not for lack of concurrency."""

    answer: Answer
    version: str = "$LATEST"
    refusal: str | None = None


def function_facts(functions: Any, arn: str) -> FunctionFacts:
    found = functions.get_function_configuration(FunctionName=arn)
    with answer_to("GetFunctionConfiguration"):
        return FunctionFacts(arn, found["Role"], float(found["Timeout"]))


def call(client: Callable[[], Any], arn: str, payload: bytes, timeout_seconds: float) -> Reply:
    """One invocation, waited for; whatever the endpoint does is a reply, nothing is tried twice here."""
    try:
        answered = client().invoke(FunctionName=arn, Payload=payload)
        content: bytes = answered["Payload"].read()
    except ReadTimeoutError:
        return Reply(Answer(error=f"Task timed out after {timeout_seconds:.2f} seconds"))
    except ClientError as error:
        if code(error) == "RequestTooLargeException" or status(error) == 413:
            return Reply(Answer(error=str(error), too_large=True))
        throttled = trouble(error) is Trouble.THROTTLED or status(error) == 429
        return Reply(Answer(error=str(error), throttled=True), refusal=None if throttled else str(error))
    except AwsError as error:
        return Reply(Answer(error=str(error), throttled=True), refusal=str(error))
    if is_a_page(answered):
        return Reply(
            Answer(error="no answer of the Lambda API", throttled=True), refusal="Invoke: answered with a page"
        )
    version = answered.get("ExecutedVersion") or "$LATEST"
    if answered.get("FunctionError"):
        return Reply(
            Answer(error=content.decode(errors="replace")[:500], function_error=answered["FunctionError"]), version
        )
    try:
        return Reply(Answer(content.decode() or "null"), version)
    except UnicodeDecodeError as error:
        return Reply(Answer(error=f"the response is not UTF-8: {error}"), version)


def is_a_page(answered: dict[str, Any]) -> bool:
    """HTML in place of a function's answer: something else than Lambda stands at the address, and nothing was run."""
    headers: dict[str, str] = answered.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    return headers.get("content-type", "").startswith("text/html")
