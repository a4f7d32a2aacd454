"""The laws of answers that are none: whatever stands behind an endpoint, only an answer counts as one."""

from io import BytesIO

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.exceptions import ClientError

from streamkit.clients import refuse_unreadable
from streamkit.throttle import is_passing

ONCE = Config(retries={"total_max_attempts": 1})


class Body(BytesIO):
    def stream(self):
        yield self.read()


def answering(service, body, status=200):
    """A client whose every call is answered with these bytes."""
    client = boto3.client(
        service, region_name="us-east-1", aws_access_key_id="nobody", aws_secret_access_key="nothing", config=ONCE
    )
    refuse_unreadable(client)
    client.meta.events.register(
        "before-send", lambda request, **_: AWSResponse(request.url, status, HTTPHeaders(), Body(body))
    )
    return client


def put(client):
    return client.batch_write_item(RequestItems={"trips": [{"PutRequest": {"Item": {"tripId": {"S": "t-1"}}}}]})


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize("body", [b"[]", b"null", b"5", b'"busy"', b" true"])
def test_a_body_that_is_json_and_no_object_is_an_error_that_passes(body, status):
    with pytest.raises(ClientError) as caught:
        put(answering("dynamodb", body, status))
    assert is_passing(caught.value)


def test_a_queues_body_that_is_no_object_is_an_error_that_says_so():
    with pytest.raises(ClientError, match=r"UnreadableAnswer.*a JSON object; got null"):
        answering("sqs", b"null").send_message_batch(
            QueueUrl="https://queue", Entries=[{"Id": "0", "MessageBody": "x"}]
        )


def test_a_refusal_stays_one_whatever_its_body_is():
    with pytest.raises(ClientError) as caught:
        put(answering("dynamodb", b"[]", 403))
    assert not is_passing(caught.value)


@pytest.mark.parametrize("body", [b'{"UnprocessedItems": {}}', b' {"UnprocessedItems": {}}'])
def test_an_object_is_left_to_botocore(body):
    assert put(answering("dynamodb", body))["UnprocessedItems"] == {}


@pytest.mark.parametrize("body", [b"", b"<html>Sign in</html>", b'{"Unproc', b"{}"])
def test_what_is_no_json_lacks_what_an_answer_holds(body):
    assert "UnprocessedItems" not in put(answering("dynamodb", body))
