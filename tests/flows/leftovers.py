"""What is left of a stack: every kind of thing that Terraform makes here, looked for by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from local.endpoint import Endpoint

LISTED: dict[str, tuple[str, Callable[[Any], Iterable[str]]]] = {
    "alarm": ("cloudwatch", lambda aws: _names(aws, "describe_alarms", "MetricAlarms", "AlarmName")),
    "api": ("apigatewayv2", lambda aws: [api["Name"] for api in aws.get_apis()["Items"]]),
    "bucket": ("s3", lambda aws: [bucket["Name"] for bucket in aws.list_buckets()["Buckets"]]),
    "bus": ("events", lambda aws: [bus["Name"] for bus in aws.list_event_buses()["EventBuses"]]),
    "function": ("lambda", lambda aws: _names(aws, "list_functions", "Functions", "FunctionName")),
    "key alias": (
        "kms",
        lambda aws: [alias["AliasName"].removeprefix("alias/") for alias in aws.list_aliases()["Aliases"]],
    ),
    "log group": ("logs", lambda aws: _names(aws, "describe_log_groups", "logGroups", "logGroupName")),
    "mapping": ("lambda", lambda aws: _names(aws, "list_event_source_mappings", "EventSourceMappings", "FunctionArn")),
    "queue": ("sqs", lambda aws: [url.rsplit("/", 1)[-1] for url in aws.list_queues().get("QueueUrls", [])]),
    "role": ("iam", lambda aws: _names(aws, "list_roles", "Roles", "RoleName")),
    "state machine": ("stepfunctions", lambda aws: _names(aws, "list_state_machines", "stateMachines", "name")),
    "stream": ("kinesis", lambda aws: aws.list_streams()["StreamNames"]),
    "table": ("dynamodb", lambda aws: aws.list_tables()["TableNames"]),
    "topic": ("sns", lambda aws: [topic["TopicArn"].rsplit(":", 1)[-1] for topic in aws.list_topics()["Topics"]]),
}


def leftovers(endpoint: Endpoint, prefix: str) -> list[str]:
    """Everything whose name holds `prefix`, as `kind name`."""
    return [
        f"{kind} {name}"
        for kind, (service, names) in LISTED.items()
        for name in names(endpoint.client(service))
        if prefix in name
    ]


def _names(aws: Any, operation: str, listed: str, name: str) -> list[str]:
    pages = aws.get_paginator(operation).paginate() if aws.can_paginate(operation) else [getattr(aws, operation)()]
    return [thing[name] for page in pages for thing in page[listed]]
