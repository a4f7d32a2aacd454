"""What AWS answers when it refuses: the error of each service in its own protocol, and partial results.

A batch is split in two: the request that goes upstream without its refused entries, and, once that was answered,
the answer with the refused entries put back as AWS reports them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4
from xml.sax.saxutils import escape

from local.aws_call import Call, Protocol

READS_AND_WRITES_OF_KINESIS = ("GetRecords", "GetShardIterator", "PutRecord", "PutRecords", "SubscribeToShard")
THROUGHPUT_EXCEEDED = "ProvisionedThroughputExceededException"
TABLE_THROUGHPUT = (
    "The level of configured provisioned throughput for the table was exceeded. "
    "Consider increasing your provisioning level with the UpdateTable API."
)

# What a JSON service writes before the error's name in __type, where it writes anything.
NAMESPACES = {
    "dynamodb": "com.amazonaws.dynamodb.v20120810#",
    "dynamodbstreams": "com.amazonaws.dynamodb.v20120810#",
    "sqs": "com.amazonaws.sqs#",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP response."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refusal:
    """An AWS error before it is put into a protocol."""

    code: str
    message: str
    status: int


def throttled(call: Call, code: str | None = None) -> Answer:
    """The throttle that AWS gives this call; `code` for another of the service's throttles."""
    usual = _throttle(call)
    return _answer(call, Refusal(code or usual.code, usual.message, usual.status))


def broken(call: Call, status: int) -> Answer:
    """The 5xx that AWS gives this call."""
    internal = {
        "dynamodb": "InternalServerError",
        "dynamodbstreams": "InternalServerError",
        "events": "InternalException",
        "kinesis": "InternalFailure",
        "lambda": "ServiceException",
        "s3": "InternalError",
        "sns": "InternalError",
    }
    unavailable = {"s3": "ServiceUnavailable", "firehose": "ServiceUnavailableException"}
    names, usual = (unavailable, "ServiceUnavailable") if status == 503 else (internal, "InternalFailure")
    message = "We encountered an internal error. Please try again."
    return _answer(call, Refusal(names.get(call.service, usual), message, status))


def _throttle(call: Call) -> Refusal:
    match call.service, call.operation:
        case "dynamodb", _:
            return Refusal(THROUGHPUT_EXCEEDED, TABLE_THROUGHPUT, 400)
        case "kinesis", operation if operation in READS_AND_WRITES_OF_KINESIS:
            return Refusal(THROUGHPUT_EXCEEDED, "Rate exceeded for shard shardId-000000000000.", 400)
        case (("kinesis" | "dynamodbstreams"), _):
            return Refusal("LimitExceededException", "Rate exceeded.", 400)
        case "sqs", _:
            return Refusal("RequestThrottled", "The request was denied due to request throttling.", 400)
        case "s3", _:
            return Refusal("SlowDown", "Please reduce your request rate.", 503)
        case "lambda", _:
            return Refusal("TooManyRequestsException", "Rate Exceeded.", 429)
        case "firehose", ("PutRecord" | "PutRecordBatch"):
            return Refusal("ServiceUnavailableException", "Slow down.", 503)
        case _:
            code = "Throttling" if call.protocol == "query" else "ThrottlingException"
            return Refusal(code, "Rate exceeded", 400)


def _answer(call: Call, refusal: Refusal) -> Answer:
    request_id = str(uuid4())
    writers: dict[Protocol, Any] = {"json": _json, "rest-json": _rest_json, "query": _query, "rest-xml": _rest_xml}
    return writers.get(call.protocol, _rest_json)(call, refusal, request_id)  # type: ignore[no-any-return]


def _json(call: Call, refusal: Refusal, request_id: str) -> Answer:
    body = {"__type": NAMESPACES.get(call.service, "") + refusal.code, "message": refusal.message}
    headers = {"Content-Type": "application/x-amz-json-1.0", "x-amzn-RequestId": request_id}
    if call.service == "sqs":  # clients of the former query protocol read the code here
        headers["x-amzn-query-error"] = f"{refusal.code};{'Receiver' if refusal.status >= 500 else 'Sender'}"
    return Answer(refusal.status, json.dumps(body).encode(), headers)


def _rest_json(call: Call, refusal: Refusal, request_id: str) -> Answer:
    body = {"Type": "Service" if refusal.status >= 500 else "User", "message": refusal.message}
    if refusal.status == 429 and call.service == "lambda":
        body["Reason"] = "ReservedFunctionConcurrentInvocationLimitExceeded"
    headers = {"Content-Type": "application/json", "x-amzn-RequestId": request_id, "x-amzn-ErrorType": refusal.code}
    return Answer(refusal.status, json.dumps(body).encode(), headers)


def _query(_call: Call, refusal: Refusal, request_id: str) -> Answer:
    fault = "Receiver" if refusal.status >= 500 else "Sender"
    body = (
        f"<ErrorResponse><Error><Type>{fault}</Type><Code>{refusal.code}</Code>"
        f"<Message>{escape(refusal.message)}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
    )
    return Answer(refusal.status, body.encode(), {"Content-Type": "text/xml", "x-amzn-RequestId": request_id})


def _rest_xml(_call: Call, refusal: Refusal, request_id: str) -> Answer:
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{refusal.code}</Code><Message>{escape(refusal.message)}</Message>"
        f"<RequestId>{request_id}</RequestId><HostId>{request_id}</HostId></Error>"
    )
    return Answer(refusal.status, body.encode(), {"Content-Type": "application/xml", "x-amz-request-id": request_id})
