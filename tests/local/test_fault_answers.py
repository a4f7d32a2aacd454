"""Every fault arrives in a real client as what AWS would have raised; nothing reaches the endpoint unless it should."""

import time
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from local.endpoint import client
from local.fault_proxy import FaultProxy
from local.faults import Delay, Reset, Rule, ServerError, Throttle

ONCE = Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"})
ITEM = {"tripId": {"S": "t-1"}}
TOPIC = "arn:aws:sns:us-east-1:000000000000:operations"
QUEUE = "http://127.0.0.1/000000000000/quarantine"
CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "dynamodb": ("put_item", {"TableName": "trips", "Item": ITEM}),
    "dynamodbstreams": ("get_records", {"ShardIterator": "i"}),
    "events": ("put_events", {"Entries": [{"Source": "s", "DetailType": "d", "Detail": "{}"}]}),
    "firehose": ("put_record", {"DeliveryStreamName": "archive", "Record": {"Data": b"{}"}}),
    "kinesis": ("put_record", {"StreamName": "trips", "Data": b"{}", "PartitionKey": "1"}),
    "lambda": ("invoke", {"FunctionName": "trip-writer", "Payload": b"{}"}),
    "s3": ("put_object", {"Bucket": "failures", "Key": "key", "Body": b"{}"}),
    "sns": ("publish", {"TopicArn": TOPIC, "Message": "m"}),
    "sqs": ("send_message", {"QueueUrl": QUEUE, "MessageBody": "{}"}),
    "stepfunctions": ("list_state_machines", {}),
    "sts": ("get_caller_identity", {}),
}


def error_of(recorder, fault, service, config=ONCE):
    """What a client raises when `fault` befalls a call of `service`."""
    operation, parameters = CALLS[service]
    with FaultProxy(recorder.url, [Rule(fault, service)]) as proxy, pytest.raises(ClientError) as caught:
        getattr(client(service, proxy.url, config=config), operation)(**parameters)
    return caught.value


@pytest.mark.parametrize(
    ("service", "name", "code", "status"),
    [
        ("dynamodb", "ProvisionedThroughputExceededException", "ProvisionedThroughputExceededException", 400),
        ("dynamodbstreams", "LimitExceededException", "LimitExceededException", 400),
        ("events", "ThrottlingException", "ThrottlingException", 400),
        ("firehose", "ServiceUnavailableException", "ServiceUnavailableException", 503),
        ("kinesis", "ProvisionedThroughputExceededException", "ProvisionedThroughputExceededException", 400),
        ("lambda", "TooManyRequestsException", "TooManyRequestsException", 429),
        ("s3", "ClientError", "SlowDown", 503),
        ("sns", "ClientError", "Throttling", 400),
        ("sqs", "RequestThrottled", "RequestThrottled", 400),
        ("stepfunctions", "ClientError", "ThrottlingException", 400),
        ("sts", "ClientError", "Throttling", 400),
    ],
)
def test_a_throttle_is_the_services_own(recorder, service, name, code, status):
    error = error_of(recorder, Throttle(), service)
    told = (type(error).__name__, error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"])
    assert told == (name, code, status)


@pytest.mark.parametrize("service", ["dynamodb", "kinesis", "lambda", "s3", "sns", "sqs", "sts"])
def test_a_throttle_says_why(recorder, service):
    assert error_of(recorder, Throttle(), service).response["Error"]["Message"]


def test_a_throttle_may_be_another_one_of_the_service(recorder):
    error = error_of(recorder, Throttle("ThrottlingException"), "dynamodb")
    assert error.response["Error"]["Code"] == "ThrottlingException"


@pytest.mark.parametrize("service", ["dynamodb", "kinesis", "lambda", "s3", "sns", "sqs"])
def test_clients_take_a_throttle_for_one_and_retry(recorder, service):
    patient = Config(retries={"total_max_attempts": 2, "mode": "standard"}, s3={"addressing_style": "path"})
    operation, parameters = CALLS[service]
    with FaultProxy(recorder.url, [Rule(Throttle(), service)]) as proxy, pytest.raises(ClientError):
        getattr(client(service, proxy.url, config=patient), operation)(**parameters)
    assert len(proxy.injected) == 2


@pytest.mark.parametrize(
    ("service", "status", "code"),
    [
        ("dynamodb", 500, "InternalServerError"),
        ("kinesis", 500, "InternalFailure"),
        ("lambda", 500, "ServiceException"),
        ("s3", 500, "InternalError"),
        ("s3", 503, "ServiceUnavailable"),
        ("sns", 500, "InternalError"),
        ("sqs", 503, "ServiceUnavailable"),
    ],
)
def test_a_server_error_is_the_services_own(recorder, service, status, code):
    error = error_of(recorder, ServerError(status), service)
    told = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
    assert told == (code, status)


@pytest.mark.parametrize(("fault", "applied"), [(ServerError(), 0), (ServerError(applied=True), 1), (Throttle(), 0)])
def test_a_refused_call_happens_only_if_the_rule_says_so(recorder, fault, applied):
    error_of(recorder, fault, "dynamodb")
    assert len(recorder.requests) == applied


@pytest.mark.parametrize(("applied", "happened"), [(False, 0), (True, 1)])
def test_a_reset_leaves_the_client_without_an_answer(recorder, applied, happened):
    with FaultProxy(recorder.url, [Rule(Reset(applied), "dynamodb")]) as proxy, pytest.raises(ConnectionClosedError):
        client("dynamodb", proxy.url, config=ONCE).put_item(TableName="trips", Item=ITEM)
    assert len(recorder.requests) == happened


def test_a_delayed_call_happens_late(recorder):
    with FaultProxy(recorder.url, [Rule(Delay(0.2), "dynamodb")]) as proxy:
        started = time.monotonic()
        client("dynamodb", proxy.url, config=ONCE).put_item(TableName="trips", Item=ITEM)
        assert (time.monotonic() - started >= 0.2, len(recorder.requests)) == (True, 1)


def test_a_delay_does_not_outlast_the_proxy(recorder):
    started = time.monotonic()
    with FaultProxy(recorder.url, [Rule(Delay(60), "dynamodb", times=1)]) as proxy:
        impatient = Config(retries={"max_attempts": 0}, read_timeout=0.1)
        with pytest.raises(Exception, match="Read timeout"):
            client("dynamodb", proxy.url, config=impatient).put_item(TableName="trips", Item=ITEM)
    assert time.monotonic() - started < 10
