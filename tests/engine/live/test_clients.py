"""Whom the engine talks to: the endpoint it was given, a service's own address where there is one, and never AWS."""

from datetime import UTC, datetime

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from local.engine.entries import Stamp
from local.engine.live.clients import Clients, EndpointError, checked
from local.engine.live.reading import HORIZON, KinesisReader, kinesis_entry
from local.engine.live.troubles import AwsError
from local.engine.source import source
from tests.engine.doubles import SHARD, STREAM

URL = "http://127.0.0.1:4566"


@pytest.mark.parametrize(
    "url",
    ["127.0.0.1:4566", "ftp://127.0.0.1", "https://lambda.us-east-1.amazonaws.com", "", "http://127.0.0.1:99999"],
)
def test_an_address_that_is_none_or_aws_itself_is_refused_with_its_value(url):
    with pytest.raises(EndpointError, match=f'got "{url}"'):
        checked(url)


def test_an_address_of_one_service_wins(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_KINESIS", "http://127.0.0.1:4568")
    clients = Clients(URL)
    addresses = [clients.client(service).meta.endpoint_url for service in ("kinesis", "lambda", "dynamodbstreams")]
    assert addresses == ["http://127.0.0.1:4568", URL, URL]


def test_a_profile_of_the_developer_changes_nothing(monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "of-the-developer")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    client = Clients(URL, {}).client("kinesis")
    assert client._request_signer._credentials.access_key == "test"


def test_no_call_is_tried_again_behind_the_engines_back():
    assert Clients(URL).client("lambda").meta.config.retries["total_max_attempts"] == 1


def test_an_invocation_is_waited_for_as_long_as_the_function_may_run():
    assert Clients(URL).client("lambda", read_seconds=75.0).meta.config.read_timeout == 75.0


class Answering:
    """Answers every request with this, as botocore's HTTP session would."""

    def __init__(self, body: bytes, content_type: str = "application/x-amz-json-1.1") -> None:
        self.answer = AWSResponse(URL, 200, HTTPHeaders.from_dict({"Content-Type": content_type}), Raw(body))

    def __call__(self, **_):
        return self.answer


class Raw:
    def __init__(self, body: bytes) -> None:
        self.body = body

    def stream(self):
        yield self.body


PAGE = (
    b'{"Records": [{"SequenceNumber": "7", "PartitionKey": "k", "Data": "eA==", '
    b'"ApproximateArrivalTimestamp": 1000.123}], "NextShardIterator": "next", "MillisBehindLatest": 5}'
)


def page_of(answering):
    client = Clients(URL).client("kinesis")
    client.meta.events.register("before-send.kinesis", answering)
    return client.get_records(ShardIterator="first")


def test_a_pages_records_become_the_same_entries_however_it_was_parsed():
    quick = page_of(Answering(PAGE))
    arrived = datetime.fromtimestamp(1000.123, UTC)
    parsed = {"SequenceNumber": "7", "PartitionKey": "k", "Data": b"x", "ApproximateArrivalTimestamp": arrived}
    entries = [kinesis_entry(record, 0) for record in (*quick["Records"], parsed)]
    assert [(each.data, each.arrived, each.sequence_number) for each in entries] == [(b"x", 1000.123, "7")] * 2
    assert (quick["NextShardIterator"], quick["MillisBehindLatest"]) == ("next", 5)


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"Records": 5}', b"\xff", b""])
def test_a_page_that_is_none_is_the_endpoints_trouble(body):
    origin = source(STREAM)
    client = Clients(URL).client("kinesis")
    client.meta.events.register("before-send.kinesis", Answering(body))
    with pytest.raises(AwsError):
        KinesisReader(lambda: client, origin).read(Stamp.of(SHARD, origin, "role"), HORIZON, "first", 10)
