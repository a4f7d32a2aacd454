"""What no rule matches passes as if the proxy were not there; rules come and go while it runs."""

import http.client
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from local.endpoint import client
from local.fault_proxy import FaultProxy
from local.faults import Rule, Throttle

ITEM = {"tripId": {"S": "t-1"}}


@pytest.fixture
def relayed(recorder):
    with FaultProxy(recorder.url) as proxy:
        yield proxy


def connection_to(proxy):
    return closing(http.client.HTTPConnection(urlsplit(proxy.url).netloc, timeout=10))


def answer_of(connection, method="POST", body=None, headers=(), **options):
    connection.request(method, "/path?q=a%20b", body, dict(headers), **options)
    response = connection.getresponse()
    return response, response.read()


def test_the_host_header_passes_unchanged(relayed, recorder):
    with connection_to(relayed) as connection:
        answer_of(connection, headers={"Host": "abc.execute-api.localhost"})
    assert recorder.requests[0][2]["Host"] == "abc.execute-api.localhost"


def test_method_path_and_body_pass_unchanged(relayed, recorder):
    with connection_to(relayed) as connection:
        answer_of(connection, "PUT", b"x" * 6_000_000)
    method, path, _, body = recorder.requests[0]
    assert (method, path, len(body)) == ("PUT", "/path?q=a%20b", 6_000_000)


def test_a_chunked_request_arrives_whole(relayed, recorder):
    with connection_to(relayed) as connection:
        answer_of(connection, "PUT", iter([b"one", b"two"]), encode_chunked=True)
    assert recorder.requests[0][3] == b"onetwo"


def test_a_head_answer_keeps_its_length_without_a_body(relayed):
    with connection_to(relayed) as connection:
        response, body = answer_of(connection, "HEAD")
    assert (int(response.headers["Content-Length"]) > 0, body) == (True, b"")


def test_connections_stay_open_on_both_sides(relayed):
    with connection_to(relayed) as connection:
        first, second = (json.loads(answer_of(connection)[1]) for _ in range(2))
    assert first == second


def test_many_connections_are_served_at_once(relayed, recorder):
    def ask(_):
        with connection_to(relayed) as connection:
            return answer_of(connection)[0].status

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(ask, range(64))) == [200] * 64


def test_an_endpoint_that_is_gone_is_told_as_such():
    with FaultProxy("http://127.0.0.1:1") as proxy, connection_to(proxy) as connection:
        response, body = answer_of(connection)
    assert (response.status, b"no answer from http://127.0.0.1:1" in body) == (502, True)


def test_rules_hold_for_their_block_only(relayed, recorder):
    tables = client("dynamodb", relayed.url)
    with relayed.faults(Rule(Throttle(), "dynamodb", times=1)):
        tables.put_item(TableName="trips", Item=ITEM)  # the client retries
    tables.put_item(TableName="trips", Item=ITEM)
    assert (len(relayed.injected), relayed.passed["dynamodb", "PutItem"]) == (1, 2)


def test_rules_of_an_inner_block_come_first(relayed):
    inner = Rule(Throttle(), "dynamodb", times=1)
    with relayed.faults(Rule(Throttle(), "dynamodb", times=1)), relayed.faults(inner):
        client("dynamodb", relayed.url).put_item(TableName="trips", Item=ITEM)  # the client retries twice
    assert (relayed.injected[0].rule is inner, len(relayed.injected)) == (True, 2)


def test_what_was_injected_can_be_read(relayed):
    rule = Rule(Throttle(), "dynamodb", times=1)
    with relayed.faults(rule):
        client("dynamodb", relayed.url).put_item(TableName="trips", Item=ITEM)
    injected = relayed.injected[0]
    assert (injected.rule, injected.call.operation, injected.call.resources) == (rule, "PutItem", {"trips"})


def test_an_endpoint_that_is_no_address_is_refused():
    with pytest.raises(ValueError, match=r'must look like http://127\.0\.0\.1:4566; got "127\.0\.0\.1:4566"'):
        FaultProxy("127.0.0.1:4566")
