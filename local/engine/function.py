"""A Python handler called as the Lambda runtime would call it, in virtual time."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from local.engine import rulings

Handler = Callable[[dict[str, Any], Any], Any]
LONGEST_TIMEOUT_SECONDS = 900.0  # of a function; where none is given it is this


class FunctionThrottledError(Exception):
    """Raised by a handler to stand for an invocation that Lambda did not accept (429 or a fault of the service)."""


@dataclass(frozen=True, slots=True)
class Context:
    """The runtime's context object, its time standing still: one call takes no virtual time until it is over."""

    aws_request_id: str
    invoked_function_arn: str
    remaining_seconds: float
    began: float = 0.0  # the simulation's own: the virtual time of the call, for a function that looks at a clock
    function_version: str = "$LATEST"
    memory_limit_in_mb: str = "128"
    client_context: None = None
    identity: None = None
    log_stream_name: str = "simulation"
    function_name: str = field(init=False)
    log_group_name: str = field(init=False)

    def __post_init__(self) -> None:
        name = self.invoked_function_arn.split(":")[6]
        object.__setattr__(self, "function_name", name)
        object.__setattr__(self, "log_group_name", f"/aws/lambda/{name}")

    def get_remaining_time_in_millis(self) -> int:
        return int(self.remaining_seconds * 1000)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: JSON text, or the error that the runtime reports instead, of the kind `function_error`.

    `throttled`, `too_large`: Lambda did not run the function, and `error` says why.
    """

    text: str | None = None
    error: str | None = None
    throttled: bool = False
    too_large: bool = False
    function_error: str = "Unhandled"

    @property
    def response(self) -> Any:
        return None if self.text is None else json.loads(self.text)


TOO_LARGE = Answer(error="RequestTooLargeException: the event exceeds 6 MB", too_large=True)


def call(handler: Handler, event: dict[str, Any], context: Context) -> Answer:
    """Whatever a handler raises is an answer, a failed `assert` too; what is no Exception rises, as of pytest.fail."""
    try:
        returned = handler(event, context)
    except FunctionThrottledError as error:
        return Answer(error=f"TooManyRequestsException: {_told(error)}", throttled=True)
    except SystemExit as error:
        return Answer(error=f"Runtime.ExitError: exit status {_told(error.code)}")
    except Exception as error:  # noqa: BLE001  the runtime's edge: a handler may raise anything
        return Answer(error=f"{type(error).__name__}: {_told(error)}")
    return marshal(returned)


def _told(value: object) -> str:
    """The text of what a handler raised, which is the handler's code as well."""
    try:
        return str(value)
    except Exception as error:  # noqa: BLE001
        return f"<its text cannot be shown: {type(error).__name__}>"


def marshal(returned: Any) -> Answer:
    """The response as JSON; a value without a JSON form is an error of the function, as in the runtime."""
    try:
        text = json.dumps(returned, ensure_ascii=False, allow_nan=False, default=_decimal)
        if not text.isascii():
            text.encode()  # a lone surrogate has no form in UTF-8
    except Exception as error:  # noqa: BLE001  a value may be of the handler's own class
        return Answer(error=f"Runtime.MarshalError: Unable to marshal response: {_told(error)}")
    if len(text) * 4 > rulings.PAYLOAD_LIMIT_BYTES and len(text.encode()) > rulings.PAYLOAD_LIMIT_BYTES:
        return Answer(
            error="Function.ResponseSizeTooLarge: Response payload size exceeded maximum allowed payload size"
        )
    return Answer(text)


def _decimal(value: Any) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")
