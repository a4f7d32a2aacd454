"""The edge address comes from the environment, is never AWS itself, and tells what answers there."""

import pytest

from local.endpoint import AddressError, Capabilities, address, client, parse
from local.fault_proxy import FaultProxy


@pytest.mark.parametrize(
    ("environment", "url"),
    [
        ({}, "http://127.0.0.1:4566"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:4999"}, "http://127.0.0.1:4999"),
        ({"AWS_ENDPOINT_URL": "http://localhost:4999/"}, "http://127.0.0.1:4999"),
        ({"LOCALSTACK_HOST": "localhost:4998"}, "http://127.0.0.1:4998"),
        ({"AWS_ENDPOINT_URL": "http://localstack:4566"}, "http://localstack:4566"),
    ],
)
def test_the_edge_address_is_what_the_environment_says(monkeypatch, environment, url):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.delenv("LOCALSTACK_HOST", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert address().url == url


@pytest.mark.parametrize(
    "url",
    [
        "https://dynamodb.eu-west-1.amazonaws.com",
        "127.0.0.1:4566",
        "ftp://127.0.0.1",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:0",
        "http://127.0.0.1:port",
    ],
)
def test_an_address_that_is_none_or_aws_itself_is_refused(url):
    with pytest.raises(AddressError, match="AWS_ENDPOINT_URL must"):
        parse(url)


@pytest.mark.parametrize(
    ("url", "loopback"),
    [("http://127.0.0.1:4566", True), ("http://[::1]:4566", True), ("http://localstack:4566", False)],
)
def test_only_loopback_addresses_are_loopback(url, loopback):
    assert parse(url).loopback == loopback


def test_a_client_goes_to_the_address_it_is_given(endpoint, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint.url)
    with FaultProxy(endpoint.url) as proxy:
        client("sts", proxy.url).get_caller_identity()
        client("sts", endpoint.url).get_caller_identity()
        assert proxy.passed == {("sts", "GetCallerIdentity"): 1}


def test_a_client_is_root_whatever_the_machine_is(endpoint, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIASOMEBODYELSE")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of-somebody-else")
    monkeypatch.setenv("AWS_PROFILE", "that-is-not-there")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert endpoint.client("sts").get_caller_identity()["Arn"].endswith(":root")


@pytest.fixture(scope="module")
def found(endpoint):
    return Capabilities(endpoint)


def test_ministack_enforces_iam_and_has_http_apis_but_no_autoscaling(found):
    assert (bool(found.iam_enforced), bool(found.http_apis), bool(found.autoscaling)) == (True, True, False)


def test_a_missing_capability_says_why(found):
    assert found.autoscaling.reason == "Application autoscaling: not among the services listed here"


def test_probing_leaves_no_role_behind(endpoint, found):
    assert "sluice-probe" not in str(endpoint.client("iam").list_roles()["Roles"])
