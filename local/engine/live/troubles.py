"""What kind of trouble an AWS call met: it decides whether waiting helps, and what a person is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError


class Trouble(Enum):
    DENIED = "is denied"
    STALE = "was refused for its credentials"  # they expired, or the endpoint was started anew
    GONE = "found nothing"
    THROTTLED = "is throttled"
    LOST_PLACE = "was refused its position"  # an iterator expired, or the record it names left the stream
    FAILED = "failed"


DENIED = {
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "UnauthorizedOperation",
    "KMSAccessDeniedException",
}
STALE = {
    "ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException",
    "InvalidAccessKeyId", "InvalidToken", "ExpiredIteratorToken",
}  # fmt: skip
GONE = {
    "ResourceNotFoundException", "AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist", "NoSuchBucket",
    "NotFound", "NotFoundException", "404",
}  # fmt: skip
THROTTLED = {
    "Throttling", "ThrottlingException", "TooManyRequestsException", "ProvisionedThroughputExceededException",
    "LimitExceededException", "RequestThrottled", "KMSThrottlingException", "SlowDown",
}  # fmt: skip
LOST_PLACE = {"ExpiredIteratorException", "TrimmedDataAccessException", "InvalidArgumentException"}

KINDS = {
    **dict.fromkeys(DENIED, Trouble.DENIED),
    **dict.fromkeys(STALE, Trouble.STALE),
    **dict.fromkeys(GONE, Trouble.GONE),
    **dict.fromkeys(THROTTLED, Trouble.THROTTLED),
    **dict.fromkeys(LOST_PLACE, Trouble.LOST_PLACE),
}


class MalformedAnswerError(Exception):
    """The endpoint answered, and not as AWS does; the text names the operation and the field."""


# What a call may raise that says something about the endpoint; anything else is a mistake of ours and rises.
AwsError = (ClientError, BotoCoreError, ResponseParserError, MalformedAnswerError, OSError)


@contextmanager
def answer_to(operation: str) -> Iterator[None]:
    """Around whatever takes an answer apart: a field that is not there, or not of its kind, is the endpoint's fault."""
    try:
        yield
    except KeyError as error:
        raise MalformedAnswerError(
            f"{operation}: the answer has no {error.args[0]}; is this an AWS endpoint?"
        ) from error
    except (AttributeError, IndexError, TypeError, ValueError) as error:
        raise MalformedAnswerError(f"{operation}: the answer is not as AWS's: {error}") from error


def trouble(error: BaseException) -> Trouble:
    if isinstance(error, ClientError):
        return KINDS.get(code(error), Trouble.FAILED)
    return Trouble.FAILED


def code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def seconds_before_another_try(failures: int) -> float:
    """1, 2, 4, ... 30 seconds: an endpoint that is down is asked again, not hammered."""
    return float(min(2 ** min(failures - 1, 5), 30))
