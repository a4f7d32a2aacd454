"""Failure records on their way to the mapping's on-failure destination, with the function's role."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local.engine.entries import compact
from local.engine.live.access import Access
from local.engine.live.troubles import answer_to


def deliver(access: Access, destination: str, record: Mapping[str, Any], key: str) -> None:
    """Put one record where the mapping wants it: a bucket under `key`, a queue or a topic."""
    _, _, service, region, account, name = destination.split(":", 5)
    body = compact(record)
    if service == "s3":
        access.client("s3").put_object(Bucket=name, Key=key, Body=body.encode(), ContentType="application/octet-stream")
    elif service == "sns":
        access.client("sns", region).publish(TopicArn=destination, Message=body)
    else:
        access.client("sqs", region).send_message(QueueUrl=queue_url(access, region, account, name), MessageBody=body)


def queue_url(access: Access, region: str, account: str, name: str) -> str:
    """Asked as the given identity: on AWS no poller needs to look its own queue up, so no role has leave to."""
    answer = access.clients.client("sqs", region).get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)
    with answer_to("GetQueueUrl"):
        return str(answer["QueueUrl"])
