"""The cache. One script compares versions and writes, so that nothing can come between.

    standing   version 5
    set 4      nothing: late
    set 5      nothing: a repeat
    set 6      written

An entry stands as long as its order, if the cache's policy is `noeviction`. Of an entry that was evicted nobody knows
the version, and a late change stands until the order's next one.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import redis
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, AuthorizationError, RedisError
from redis.retry import Retry

from order_cache.entry import Entry
from streamkit.throttle import Backoff, SecondsLeft, persist

CONNECT_SECONDS = 1.0
ANSWER_SECONDS = 2.0
IDLE_SECONDS = 30  # a connection that rested for longer is asked whether it lives before it is used

# What stands under the key and is no order with a version gives way.
KEEP_THE_LATEST = """
local standing = redis.call('GET', KEYS[1])
if standing then
  local is_json, order = pcall(cjson.decode, standing)
  if is_json and type(order) == 'table' and type(order.version) == 'number' and order.version >= tonumber(ARGV[1]) then
    return 0
  end
end
if ARGV[3] == '' then
  redis.call('SET', KEYS[1], ARGV[2])
else
  redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
end
return 1
"""

# The same command may succeed later: no connection, no answer, or a failover under way.
PASSING = (
    redis.exceptions.ConnectionError,
    redis.exceptions.TimeoutError,
    redis.exceptions.ReadOnlyError,
    redis.exceptions.TryAgainError,
    redis.exceptions.ClusterDownError,
    redis.exceptions.OutOfMemoryError,
)
REFUSED_FOR_GOOD = (AuthenticationError, AuthorizationError)  # to redis they are errors of the connection


class CacheRefusedError(RuntimeError):
    """The cache will not take a command, however often it is asked."""


def client(url: str) -> redis.Redis:
    """A client that keeps its connection, connects again when it is lost, and leaves asking again to its caller."""
    return redis.Redis.from_url(
        url,
        protocol=2,  # what every Redis and Valkey speaks
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=ANSWER_SECONDS,
        socket_keepalive=True,
        health_check_interval=IDLE_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )


@dataclass(frozen=True, slots=True)
class CacheSink:
    """Orders in one cache."""

    cache: redis.Redis
    tombstone_seconds: int
    backoff: Backoff = field(default_factory=Backoff)

    def keep(self, entry: Entry, seconds_left: SecondsLeft) -> bool:
        """True if the entry is written, False if the cache has this version or a later one."""
        return persist(lambda: self._keep(entry), self.backoff, seconds_left, PASSING)

    def _keep(self, entry: Entry) -> bool:
        lifetime = self.tombstone_seconds if entry.removed else ""
        keep_the_latest = self.cache.register_script(
            KEEP_THE_LATEST
        )  # sends its hash, and itself where that is unknown
        try:
            return bool(keep_the_latest(keys=[entry.key], args=[entry.version, entry.content, lifetime]))
        except REFUSED_FOR_GOOD as error:
            raise CacheRefusedError(f"the cache must let this function in; {error}; check CACHE_URL") from error
        except RedisError:
            # After a failover the name leads elsewhere: what is connected may be a replica by now.
            self.cache.connection_pool.disconnect()
            raise
