"""The thing a mapping reads: a stream, a fan-out consumer, a table stream or a queue."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from local.engine.refusals import VALIDATION, MappingRefusedError, shown

ARN = re.compile(
    r"arn:(?P<partition>aws[a-zA-Z0-9-]*):(?P<service>[a-zA-Z0-9-]+)"
    r":(?P<region>[a-z0-9-]*):(?P<account>\d{12})?:(?P<resource>.+)",
    re.ASCII,
)


class Kind(Enum):
    STREAM = "Kinesis stream"
    CONSUMER = "Kinesis fan-out consumer"
    TABLE = "DynamoDB table stream"
    QUEUE = "standard SQS queue"
    FIFO_QUEUE = "FIFO SQS queue"


# How each kind's resource part is written, most specific first.
RESOURCES = (
    ("kinesis", re.compile(r"stream/(?P<name>[^/]+)/consumer/[^/]+"), Kind.CONSUMER),
    ("kinesis", re.compile(r"stream/(?P<name>[^/]+)"), Kind.STREAM),
    ("dynamodb", re.compile(r"table/(?P<name>[^/]+)/stream/.+"), Kind.TABLE),
    ("sqs", re.compile(r"(?P<name>[A-Za-z0-9_-]+\.fifo)"), Kind.FIFO_QUEUE),
    ("sqs", re.compile(r"(?P<name>[A-Za-z0-9_-]+)"), Kind.QUEUE),
)


@dataclass(frozen=True, slots=True)
class Source:
    """Where records come from, as the event names it: for fan-out `arn` is the consumer's (S10)."""

    arn: str
    kind: Kind
    name: str
    partition: str
    region: str
    account: str

    @property
    def is_kinesis(self) -> bool:
        return self.kind in (Kind.STREAM, Kind.CONSUMER)

    @property
    def is_queue(self) -> bool:
        return self.kind in (Kind.QUEUE, Kind.FIFO_QUEUE)

    @property
    def stream_arn(self) -> str:
        """The stream itself, without the tail of a consumer."""
        return self.arn.partition("/consumer/")[0]


def source(arn: object) -> Source:
    match = ARN.fullmatch(arn) if isinstance(arn, str) else None
    if match is None:
        raise MappingRefusedError("EventSourceArn", f"must be an ARN; got {shown(arn)}", VALIDATION)
    if not match["region"]:
        raise MappingRefusedError("EventSourceArn", f"must name its region; got {shown(arn)}", VALIDATION)
    for service, form, kind in RESOURCES:
        resource = form.fullmatch(match["resource"])
        if match["service"] == service and resource is not None:
            account = match["account"] or "000000000000"
            return Source(match[0], kind, resource["name"], match["partition"], match["region"], account)
    raise MappingRefusedError(
        "EventSourceArn",
        "must be a Kinesis stream or consumer, a DynamoDB table stream or an SQS queue, "
        f"which is what this engine reads; got {shown(arn)}",
    )
