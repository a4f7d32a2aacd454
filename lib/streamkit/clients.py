"""One client per service and process, made on first use.

botocore asks once and gives up soon: how often and how long to ask again is decided by throttle.py, which knows how
much time the invocation has left.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

CONNECT_SECONDS = 1.0
READ_SECONDS = 4.0

# The longest one call may take: no call begins with less than this left.
CALL_SECONDS = CONNECT_SECONDS + READ_SECONDS


@cache
def dynamodb() -> DynamoDBClient:
    return boto3.client("dynamodb", config=_config())


@cache
def sqs() -> SQSClient:
    return boto3.client("sqs", config=_config())


@cache
def s3() -> S3Client:
    return boto3.client("s3", config=_config())


def _config() -> Config:
    return Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"total_max_attempts": 1, "mode": "standard"},
        # A frozen execution environment loses its idle connections; keepalive finds out before a call does.
        tcp_keepalive=True,
    )
