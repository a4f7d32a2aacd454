"""Whom the engine talks to: the endpoint it was given, a service's own address where there is one, and never AWS."""

import pytest

from local.engine.live.clients import Clients, EndpointError, checked

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
