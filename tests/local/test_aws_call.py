"""A request is told apart by what real clients put on the wire."""

import boto3
import pytest
from botocore.config import Config

from local.aws_call import NOT_AWS, identify

CONFIG = Config(s3={"addressing_style": "path"}, inject_host_prefix=False)
ITEM = {"tripId": {"S": "t-1"}}
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:trip-writer:live"


class SeenError(Exception):
    """Carries the request that a client was about to send."""


def sent(service, operation, **parameters):
    client = boto3.client(
        service,
        endpoint_url="http://127.0.0.1:1",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=CONFIG,
    )
    client.meta.events.register("before-send", _raise)
    with pytest.raises(SeenError) as caught:
        getattr(client, operation)(**parameters)
    return caught.value.args[0]


def _raise(request, **_):
    raise SeenError(request)


def call_of(request):
    headers = {
        name.lower(): str(value, "ascii") if isinstance(value, bytes) else value
        for name, value in request.headers.items()
    }
    body = request.body.encode() if isinstance(request.body, str) else request.body or b""
    return identify(request.method, request.url.removeprefix("http://127.0.0.1:1"), headers, body)


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "expected", "resources"),
    [
        ("dynamodb", "put_item", {"TableName": "trips", "Item": ITEM}, "PutItem", {"trips"}),
        (
            "dynamodb",
            "batch_write_item",
            {"RequestItems": {"trips": [{"PutRequest": {"Item": ITEM}}], "totals": [{"PutRequest": {"Item": ITEM}}]}},
            "BatchWriteItem",
            {"trips", "totals"},
        ),
        (
            "dynamodb",
            "transact_write_items",
            {"TransactItems": [{"Put": {"TableName": "trips", "Item": ITEM}}]},
            "TransactWriteItems",
            {"trips"},
        ),
        ("dynamodbstreams", "get_records", {"ShardIterator": "i"}, "GetRecords", set()),
        (
            "kinesis",
            "put_records",
            {
                "StreamARN": "arn:aws:kinesis:us-east-1:000000000000:stream/trips",
                "Records": [{"Data": b"{}", "PartitionKey": "1"}],
            },
            "PutRecords",
            {"trips"},
        ),
        (
            "sqs",
            "send_message",
            {"QueueUrl": "http://127.0.0.1:1/000000000000/quarantine", "MessageBody": "{}"},
            "SendMessage",
            {"quarantine"},
        ),
        ("sns", "publish", {"TopicArn": "arn:aws:sns:us-east-1:000000000000:ops", "Message": "m"}, "Publish", {"ops"}),
        (
            "events",
            "put_events",
            {"Entries": [{"Source": "s", "DetailType": "d", "Detail": "{}", "EventBusName": "orders"}]},
            "PutEvents",
            {"orders"},
        ),
        (
            "cloudwatch",
            "put_metric_data",
            {"Namespace": "Sluice", "MetricData": [{"MetricName": "m", "Value": 1}] * 1000},  # long enough for gzip
            "PutMetricData",
            set(),
        ),
        ("sts", "get_caller_identity", {}, "GetCallerIdentity", set()),
        ("lambda", "invoke", {"FunctionName": FUNCTION, "Payload": b"{}"}, "Invoke", {"trip-writer"}),
        ("lambda", "get_function", {"FunctionName": "trip-writer"}, "GetFunction", {"trip-writer"}),
        ("lambda", "list_functions", {}, "ListFunctions", set()),
        ("s3", "put_object", {"Bucket": "failures", "Key": "a b/c", "Body": b"x"}, "PutObject", {"failures"}),
        ("s3", "copy_object", {"Bucket": "failures", "Key": "c", "CopySource": "b/c"}, "CopyObject", {"failures"}),
        (
            "s3",
            "upload_part",
            {"Bucket": "failures", "Key": "c", "PartNumber": 1, "UploadId": "u"},
            "UploadPart",
            {"failures"},
        ),
        ("s3", "head_object", {"Bucket": "failures", "Key": "c"}, "HeadObject", {"failures"}),
        ("s3", "list_objects_v2", {"Bucket": "failures"}, "ListObjectsV2", {"failures"}),
        ("s3", "list_buckets", {}, "ListBuckets", set()),
    ],
)
def test_a_call_is_named_as_its_client_names_it(service, operation, parameters, expected, resources):
    call = call_of(sent(service, operation, **parameters))
    assert (call.service, call.operation, call.resources) == (service, expected, resources)


def test_a_request_without_a_signature_is_not_an_aws_call():
    assert identify("POST", "/api/orders", {"content-type": "application/json"}, b"{}") == NOT_AWS


def test_a_presigned_address_is_signed_too():
    target = "/failures/key?X-Amz-Credential=test%2F20260101%2Fus-east-1%2Fs3%2Faws4_request"
    assert identify("GET", target, {}, b"").operation == "GetObject"


def test_a_body_that_is_not_json_is_left_to_the_endpoint():
    headers = {"x-amz-target": "DynamoDB_20120810.PutItem", "authorization": "Credential=t/1/r/dynamodb/aws4_request"}
    assert identify("POST", "/", headers, b"\xff").operation == "PutItem"
