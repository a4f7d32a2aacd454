"""Events as JSON lines: a name, then values under the same keys everywhere. Never sentences.

Powertools adds the service, the level, the time and, under active tracing, the X-Ray trace id.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from aws_lambda_powertools.logging import Logger

from streamkit.invocation import Context
from streamkit.throttle import error_name

LONGEST_MESSAGE = 500


@cache
def log() -> Logger:
    """The process's logger, with the service's name and level from POWERTOOLS_SERVICE_NAME and POWERTOOLS_LOG_LEVEL."""
    return Logger(utc=True, use_rfc3339=True)


@contextmanager
def one_line(log: Logger, context: Context) -> Iterator[dict[str, Any]]:
    """Tell what the caller notes down in the yielded dict, in one line per invocation, whatever becomes of it."""
    facts: dict[str, Any] = {"request_id": context.aws_request_id}
    try:
        yield facts
    except Exception as error:
        facts |= {"error": error_name(error), "error_message": str(error)[:LONGEST_MESSAGE]}
        log.error("invocation_failed", extra=facts)
        raise
    log.info("invocation_done", extra=facts)
