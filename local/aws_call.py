"""Which AWS operation an HTTP request is, and on what.

    X-Amz-Target: DynamoDB_20120810.PutItem       JSON services
    Action=Publish&TopicArn=arn:...:orders        query services (SNS, STS, IAM)
    PUT /bucket/key, POST /2015-03-31/functions/  REST services: matched against botocore's own models

The service comes from the signature's scope, `.../20260102/us-east-1/dynamodb/aws4_request`.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal, cast
from urllib.parse import parse_qs, unquote, urlsplit

import botocore.session
from botocore.exceptions import UnknownServiceError

Protocol = Literal["json", "query", "rest-json", "rest-xml", "none"]

# Where the name in the signature differs from boto3's name of the service.
SIGNED_AS = {"monitoring": "cloudwatch", "states": "stepfunctions"}
NAMED_BY = frozenset(
    {
        "Bucket",
        "DeliveryStreamName",
        "EventBusName",
        "FunctionName",
        "QueueUrl",
        "StreamARN",
        "StreamName",
        "TableName",
        "TopicArn",
        "logGroupName",
        "stateMachineArn",
    }
)
TRANSACTED_BY = ("Put", "Update", "Delete", "Get", "ConditionCheck")


@dataclass(frozen=True, slots=True)
class Call:
    """One request as AWS would name it; `service` is boto3's name, empty for what is not AWS (an HTTP API, say)."""

    service: str
    operation: str
    protocol: Protocol = "json"
    resources: frozenset[str] = field(default=frozenset())


NOT_AWS = Call("", "", "none")


def identify(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Call:
    """The call behind a request; header names in lower case."""
    path, query = urlsplit(target).path, parse_qs(urlsplit(target).query, keep_blank_values=True)
    if amz_target := headers.get("x-amz-target"):
        prefix, _, operation = amz_target.rpartition(".")
        service = "dynamodbstreams" if prefix.startswith("DynamoDBStreams") else _signed_service(headers, query)
        return Call(service, operation, "json", frozenset(_names(_json(_plain(headers, body)))))
    if not (service := _signed_service(headers, query)):
        return NOT_AWS
    if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        form = {name: values[0] for name, values in parse_qs(_plain(headers, body).decode(errors="replace")).items()}
        return Call(service, form.get("Action", ""), "query", frozenset(_names(form)))
    return _rest_call(service, method, path, query.keys() | headers.keys())


def _signed_service(headers: Mapping[str, str], query: Mapping[str, list[str]]) -> str:
    signature = headers.get("authorization") or "Credential=" + query.get("X-Amz-Credential", [""])[0]
    scope = re.search(r"Credential=[^/,\s]+/\d+/[^/]*/([^/]+)/aws4_request", signature)
    return SIGNED_AS.get(scope[1], scope[1]) if scope else ""


def _plain(headers: Mapping[str, str], body: bytes) -> bytes:
    return gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:  # CBOR, or nonsense for the upstream to refuse
        return {}


def _names(parameters: Any) -> Iterator[str]:
    """Names of tables, streams, queues and so on anywhere in a request; of an ARN or a URL the last part."""
    if isinstance(parameters, list):
        for element in parameters:
            yield from _names(element)
    elif isinstance(parameters, dict):
        for name, value in parameters.items():
            if name in NAMED_BY and isinstance(value, str):
                yield _last_part(value)
            elif name == "RequestItems" and isinstance(value, dict):
                yield from map(_last_part, value)
            elif name in ("TransactItems", "Entries", *TRANSACTED_BY):
                yield from _names(value)


def _last_part(name: str) -> str:
    if name.startswith("arn:aws:lambda:"):
        return name.split(":")[6]
    return re.split(r"[:/]", name)[-1] if name.startswith(("arn:", "http://", "https://")) else name


def _rest_call(service: str, method: str, path: str, given: set[str]) -> Call:
    for route in _routes(service):
        if route.method == method and route.needs <= given and (match := route.path.fullmatch(path)):
            names = {unquote(value) for name, value in match.groupdict().items() if name in NAMED_BY and value}
            if service == "lambda":  # a function is also addressed by its ARN, or with a qualifier
                names = {_last_part(name).partition(":")[0] for name in names}
            return Call(service, route.operation, route.protocol, frozenset(names))
    return Call(service, "", _protocol(service))


@dataclass(frozen=True, slots=True)
class _Route:
    operation: str
    protocol: Protocol
    method: str
    path: re.Pattern[str]
    needs: frozenset[str]  # query parameters and headers without which it is another operation


@cache
def _routes(service: str) -> list[_Route]:
    """The REST operations of a service, the most particular first."""
    model, protocol = _model(service), _protocol(service)
    if model is None:
        return []
    found: list[_Route] = []
    for name in model.operation_names:
        operation = model.operation_model(name)
        path, _, query = operation.http["requestUri"].partition("?")
        pattern = re.sub(r"\\{(\w+)(\\\+)?\\}", _segment, re.escape(path))
        exact = re.compile(pattern.removesuffix("/") + "/?")  # some SDKs end a path with a slash
        found.append(_Route(name, protocol, operation.http["method"], exact, _needs(operation, query)))
    return sorted(found, key=lambda route: (-len(route.needs), route.path.groups, route.operation))


def _segment(field: re.Match[str]) -> str:
    return f"(?P<{field[1]}>.+)" if field[2] else f"(?P<{field[1]}>[^/]+)"


def _needs(operation: Any, query: str) -> frozenset[str]:
    needs = {pair.partition("=")[0] for pair in query.split("&") if pair}
    if shape := operation.input_shape:
        for name in shape.required_members:
            where = shape.members[name].serialization
            if where.get("location") == "querystring":
                needs.add(where["name"])
            elif where.get("location") == "header":
                needs.add(where["name"].lower())
    return frozenset(needs)


def _protocol(service: str) -> Protocol:
    model = _model(service)
    told = model.metadata["protocol"] if model else "none"
    return cast(Protocol, told) if told in ("json", "query", "rest-json", "rest-xml") else "none"


@cache
def _model(service: str) -> Any:
    """What botocore knows of a service; None when it knows no such service."""
    try:
        return botocore.session.get_session().get_service_model(service)
    except UnknownServiceError:
        return None
