"""The laws of order_search: the index has each order's latest version, and each change an outcome of its own."""

import io
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from aws_lambda_powertools.logging import Logger
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.order import image
from order_search.bulk import Done, Refused, calls, delete, index, outcomes
from order_search.endpoint import Endpoint, SearchUrlError, endpoint
from order_search.handler import Indexer, write
from order_search.sink import SearchSink, sender
from streamkit.current import CurrentItems
from streamkit.messages import BatchFailedError
from tests.changes import wire_item
from tests.doubles import ManualClock, ManualContext, full_waits
from tests.memory_dynamodb import MemoryDynamoDB
from tests.order_events import body, delivery, details, queue_event, shipped, trimmed
from tests.search_server import SearchServer

DONE: dict[str, Any] = {"batchItemFailures": []}
DOMAIN = "https://search-shop-abc.eu-west-1.es.amazonaws.com"


@pytest.fixture
def search() -> Iterator[SearchServer]:
    with SearchServer() as running:
        yield running


def indexer(url, orders=None, clock=None, stream=None):
    return Indexer(
        SearchSink("orders", sender(endpoint(url)), full_waits(clock or ManualClock())),
        CurrentItems("orders", "id", lambda: orders),
        Logger(service=f"order_search_{uuid4()}", stream=stream or io.StringIO()),
    )


@pytest.fixture
def to(search):
    return indexer(search.url)


def invoke(search, event, orders=None, clock=None, stream=None):
    clock = clock or ManualClock()
    return write(event, ManualContext(clock), indexer(search.url, orders, clock, stream))


def table(*orders):
    """The orders table, with these orders in it."""
    kept = MemoryDynamoDB(keys={"orders": ("id",)})
    for order in orders:
        kept.put_item(TableName="orders", Item=wire_item(image(order)))
    return kept


# the end state


def test_the_index_has_the_order_as_its_latest_version_says(search):
    assert invoke(search, delivery(*details(shipped()))) == DONE
    found = search.documents["o-1"]
    assert (found["version"], found["status"], found["items"][0]["sku"]) == (5, "SHIPPED", "mug")
    assert "requestHash" not in found


def test_a_late_older_change_is_done_and_changes_nothing(search):
    first, *_, last = details(shipped())
    assert invoke(search, delivery(last, first)) == DONE
    assert search.documents["o-1"]["version"] == 5


def test_a_removed_order_is_gone_and_no_late_change_brings_it_back(search):
    *before, removal = details([*shipped(), None])
    assert invoke(search, delivery(removal)) == DONE
    assert invoke(search, delivery(*before)) == DONE
    assert search.documents == {}


@given(st.data())
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_and_any_repeats_of_a_history_leave_its_last_version(search, to, data):
    search.documents.clear()
    search.versions.clear()
    told = details(data.draw(st.sampled_from([shipped(), [*shipped(), None]])))
    shuffled = data.draw(st.permutations(told + data.draw(st.lists(st.sampled_from(told), max_size=5))))
    cut = data.draw(st.integers(0, len(shuffled)))
    write(delivery(*shuffled[:cut]), ManualContext(ManualClock()), to)
    write(delivery(*shuffled[cut:]), ManualContext(ManualClock()), to)
    assert search.versions["o-1"] == len(told)
    assert ("o-1" in search.documents) is (len(told) == 5)


# outcomes


def test_a_batch_is_one_call(search):
    assert invoke(search, delivery(*details(shipped("o-1")), *details(shipped("o-2")))) == DONE
    assert search.requests == [("PUT", "/orders"), ("POST", "/orders/_bulk")]


def test_what_is_refused_for_now_is_sent_again_alone(search):
    search.refused = {"o-2": 429}
    clock = ManualClock()
    assert invoke(search, delivery(*(details(shipped(name))[0] for name in ("o-1", "o-2"))), clock=clock) == DONE
    assert (sorted(search.documents), clock.slept) == (["o-1", "o-2"], [0.05])


def test_an_order_that_is_refused_for_good_comes_back_alone_and_is_told(search):
    stream = io.StringIO()
    search.refused = {"o-1": 400}
    answer = invoke(search, delivery(*(details(shipped(name))[0] for name in ("o-1", "o-2"))), stream=stream)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}
    assert "order o-1, version 1: 400 scripted: scripted" in stream.getvalue()


def test_an_unusable_message_stops_no_other(search):
    event = queue_event(["no JSON", *map(body, details(shipped()))])
    assert invoke(search, event) == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}
    assert search.documents["o-1"]["version"] == 5


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_call_that_fails_for_now_is_made_again(search, status):
    search.script = [0, status]
    assert invoke(search, delivery(*details(shipped()))) == DONE
    assert search.documents["o-1"]["version"] == 5


def test_a_service_that_is_busy_for_ever_brings_all_back_within_the_time(search):
    search.script = [503] * 100
    clock = ManualClock()
    with pytest.raises(BatchFailedError, match="OpenSearch did not answer in time"):
        invoke(search, delivery(*details(shipped())), clock=clock)
    assert clock.now <= 30


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_service_that_lets_nobody_in_is_told(search, status):
    search.script = [0, status]
    with pytest.raises(Exception, match=rf"OpenSearch must take orders; it answered {status}.*check SEARCH_URL"):
        invoke(search, delivery(*details(shipped())))


def test_a_service_that_is_not_there_brings_all_back(search):
    class Nowhere:
        url = "http://127.0.0.1:1"

    with pytest.raises(BatchFailedError, match="did not answer in time: EndpointConnectionError"):
        invoke(Nowhere, delivery(*details(shipped())))


# the index


def test_the_index_is_made_with_its_fields_once_in_a_process(search, to):
    first, second, *_ = details(shipped())
    write(delivery(first), ManualContext(ManualClock()), to)
    write(delivery(second), ManualContext(ManualClock()), to)
    assert [path for method, path in search.requests if method == "PUT"] == ["/orders"]
    assert search.indices["orders"]["mappings"]["properties"]["items"]["type"] == "nested"


def test_an_index_that_is_there_is_used(search):
    search.indices["orders"] = {}
    assert invoke(search, delivery(*details(shipped()))) == DONE


def test_a_connection_serves_many_invocations(search, to):
    first, second, *_ = details(shipped())
    write(delivery(first), ManualContext(ManualClock()), to)
    write(delivery(second), ManualContext(ManualClock()), to)
    assert len(search.connections) == 1


# what was too large to carry


def test_a_trimmed_change_brings_the_order_as_it_is_now(search):
    versions = shipped()
    assert invoke(search, delivery(trimmed(details(versions)[1])), table(versions[3])) == DONE
    assert (search.documents["o-1"]["version"], "requestHash" in search.documents["o-1"]) == (4, False)


def test_a_trimmed_change_of_an_order_that_is_gone_is_left_to_its_removal(search):
    assert invoke(search, delivery(trimmed(details(shipped())[1])), table()) == DONE
    assert search.documents == {}


# calls and answers


def test_a_call_takes_five_mebibytes():
    actions = [index(f"o-{n}", {"version": 1, "note": "x" * 2_000_000}) for n in range(5)]
    assert [len(call) for call in calls(actions)] == [2, 2, 1]


@pytest.mark.parametrize(
    ("item", "outcome"),
    [
        ({"index": {"status": 201}}, Done(late=False)),
        ({"index": {"status": 409}}, Done(late=True)),
        ({"delete": {"status": 404}}, Done(late=False)),
        ({"delete": {"status": 409}}, Done(late=True)),
        ({"index": {"status": 404, "error": {"type": "t", "reason": "r"}}}, Refused("404 t: r", final=True)),
        ({"index": {"status": 429}}, Refused("429", final=False)),
        ({"index": {"status": 503}}, Refused("503", final=False)),
        ({"index": {}}, Refused("an item without a status", final=False)),
        ({}, Refused("an item without a status", final=False)),
        (7, Refused("an item without a status", final=False)),
    ],
    ids=repr,
)
def test_each_item_of_an_answer_is_an_outcome(item, outcome):
    assert outcomes({"items": [item]}, 1) == [outcome]


@pytest.mark.parametrize("answer", [None, [], {}, {"items": []}, {"items": None}], ids=repr)
def test_an_answer_of_rubbish_says_of_no_action_that_it_is_done(answer):
    assert outcomes(answer, 2) == [Refused("an answer without an item for each action", final=False)] * 2


def test_a_removal_is_one_line_and_a_version_two():
    assert delete("o-1", 6).lines == b'{"delete":{"_id":"o-1","version":6,"version_type":"external"}}\n'
    assert index("o-1", {"version": 2}).lines.count(b"\n") == 2


# the address


def test_a_domain_of_aws_gets_signed_requests(search, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    sender(Endpoint(search.url, region="eu-west-1"))("PUT", "/orders", b"{}")
    headers = search.headers[0]
    assert headers["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
    assert "/eu-west-1/es/aws4_request" in headers["Authorization"]
    assert headers["X-Amz-Security-Token"] == "token"


def test_a_password_in_the_url_goes_into_the_header_and_nowhere_else(search):
    sender(endpoint(search.url.replace("//", "//shop:s%40cret@")))("PUT", "/orders", b"{}")
    assert search.headers[0]["Authorization"] == "Basic c2hvcDpzQGNyZXQ="
    assert search.headers[0]["Host"] == search.url.removeprefix("http://")


@pytest.mark.parametrize(
    ("url", "region"),
    [
        (DOMAIN, "eu-west-1"),
        (f"{DOMAIN}/", "eu-west-1"),
        ("https://vpc-shop-abc.us-gov-west-1.es.amazonaws.com:443", "us-gov-west-1"),
        ("https://shop.cn-north-1.es.amazonaws.com.cn", "cn-north-1"),
        ("https://search-shop-abc.aos.us-east-1.on.aws", "us-east-1"),
        ("https://search.internal:9200", None),
        ("https://search.eu-west-1.es.amazonaws.com.example.org", None),
        ("http://127.0.0.1:9200", None),
    ],
)
def test_a_domain_of_aws_is_known_by_its_name(url, region):
    assert endpoint(url).region == region


@pytest.mark.parametrize(
    "url",
    [
        "",
        "search.internal",
        "http://search.internal:9200",
        f"{DOMAIN}/orders",
        f"{DOMAIN}?a=b",
        "https://:9200",
        "https://host:port",
        "https://abc.eu-west-1.aoss.amazonaws.com",
    ],
)
def test_an_address_that_orders_may_not_go_to_is_refused(url):
    with pytest.raises(SearchUrlError, match="SEARCH_URL must be"):
        endpoint(url)


def test_a_refused_address_is_not_repeated():
    with pytest.raises(SearchUrlError) as raised:
        endpoint("http://shop:s3cret@search.internal:9200/x")
    assert "s3cret" not in str(raised.value)


def test_an_order_without_a_version_stops_no_other(search):
    first, second, *_ = details(shipped())
    first["after"].pop("version")
    assert invoke(search, delivery(first, second)) == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}
    assert search.documents["o-1"]["version"] == 2
