"""A Kinesis client that asks once: what is put again, and how often, is the producer's to decide and to count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, Unpack

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_kinesis import KinesisClient
    from mypy_boto3_kinesis.type_defs import (
        ListShardsInputTypeDef,
        ListShardsOutputTypeDef,
        PutRecordsInputTypeDef,
        PutRecordsOutputTypeDef,
    )

CONNECT_SECONDS = 3.0
READ_SECONDS = 10.0  # a request of 5 MiB on a slow line is stored well within; a lost answer is not waited for


class Kinesis(Protocol):
    """What a producer needs of a client."""

    @property
    def meta(self) -> Any: ...

    def put_records(self, **request: Unpack[PutRecordsInputTypeDef]) -> PutRecordsOutputTypeDef: ...

    def list_shards(self, **request: Unpack[ListShardsInputTypeDef]) -> ListShardsOutputTypeDef: ...


def client(connections: int = 10, read_seconds: float = READ_SECONDS) -> KinesisClient:
    """Of the usual credentials, Region and AWS_ENDPOINT_URL; `connections` as many as requests in flight."""
    return boto3.client(
        "kinesis",
        config=Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=read_seconds,
            retries={"total_max_attempts": 1, "mode": "standard"},
            max_pool_connections=connections,
            tcp_keepalive=True,
        ),
    )
