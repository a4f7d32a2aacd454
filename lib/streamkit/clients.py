"""One client per service and process, made on first use.

botocore asks once and gives up soon: how often and how long to ask again is decided by throttle.py, which knows how
much time the invocation has left.

An answer with rubbish for a body is read by botocore as one without content: who makes a call looks for what its
answer must hold. Only JSON that is no object botocore cannot read at all.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from botocore.model import OperationModel
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient

Client = TypeVar("Client")

CONNECT_SECONDS = 1.0
READ_SECONDS = 4.0

# The longest one call may take: no call begins with less than this left.
CALL_SECONDS = CONNECT_SECONDS + READ_SECONDS


@cache
def dynamodb() -> DynamoDBClient:
    return refuse_unreadable(boto3.client("dynamodb", config=_config()))


@cache
def sqs() -> SQSClient:
    return refuse_unreadable(boto3.client("sqs", config=_config()))


@cache
def s3() -> S3Client:
    return boto3.client("s3", config=_config())


@cache
def events() -> EventBridgeClient:
    return refuse_unreadable(boto3.client("events", config=_config()))


@cache
def sns() -> SNSClient:
    return boto3.client("sns", config=_config())


@cache
def stepfunctions() -> SFNClient:
    return refuse_unreadable(boto3.client("stepfunctions", config=_config()))


def refuse_unreadable(client: Client) -> Client:
    """The client, for which an answer like `[]` or `null` is a fault of the service instead of an AttributeError."""
    made: Any = client
    made.meta.events.register("before-parse", _refuse_unreadable)
    return client


def _refuse_unreadable(operation_model: OperationModel, response_dict: dict[str, Any], **_: Any) -> None:
    body, status = response_dict["body"], response_dict["status_code"]
    if not body.lstrip().startswith(b"{") and _is_json(body):
        message = f"an answer must be a JSON object; got {body[:80].decode(errors='replace')}"
        answer: Any = {
            "Error": {"Code": "UnreadableAnswer", "Message": message},
            "ResponseMetadata": {"HTTPStatusCode": status if status >= 300 else 502},
        }
        raise ClientError(answer, operation_model.name)


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True


def _config() -> Config:
    return Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"total_max_attempts": 1, "mode": "standard"},
        # A frozen execution environment loses its idle connections; keepalive finds out before a call does.
        tcp_keepalive=True,
    )
