"""The shards of a stream as ListShards tells them: waited for at the start, renewed after a reshard."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from producer.kinesis import Kinesis
from producer.settlement import Hopeless, remedy, verdict_of
from producer.shard_map import ShardMap, ShardMapError
from streamkit.throttle import CALL_ERRORS, Backoff

if TYPE_CHECKING:
    from mypy_boto3_kinesis.type_defs import ShardTypeDef

START_SECONDS = 15.0  # a reshard closes the parents a moment before or after the children open
RENEWAL_SECONDS = 1.0  # between two listings: every request shows a reshard, and ListShards is throttled itself


class ListingError(RuntimeError):
    """The shards could not be listed; the text says what to do."""


class ShardListing:
    """Asks for the shards of `stream`."""

    def __init__(self, client: Kinesis, stream: str, backoff: Backoff, clock: Callable[[], float]) -> None:
        self._client = client
        self._stream = stream
        self._backoff = backoff
        self._clock = clock
        self._asking = threading.Lock()
        self._not_before = float("-inf")

    def first(self) -> ShardMap:
        """The map to start with; asked for again while the service is busy or a reshard is under way."""
        ends = self._clock() + START_SECONDS
        problem: Exception | None = None
        for _ in self._backoff.attempts(lambda: ends - self._clock()):
            try:
                return ShardMap.of(self._listed())
            except (ShardMapError, *CALL_ERRORS) as error:
                problem = error
                if isinstance(error, CALL_ERRORS) and isinstance(verdict := verdict_of(error), Hopeless):
                    raise ListingError(remedy(self._stream, verdict)) from error
        raise ListingError(
            f'the shards of stream "{self._stream}" could not be listed within {START_SECONDS:g} s: {problem}'
        ) from problem

    def renewed(self) -> ShardMap | None:
        """A new map; None where somebody else is asking, or has just asked, or there is none to be had now."""
        if not self._asking.acquire(blocking=False):
            return None
        try:
            if self._clock() < self._not_before:
                return None
            self._not_before = self._clock() + RENEWAL_SECONDS
            return ShardMap.of(self._listed())
        except (ShardMapError, *CALL_ERRORS):
            return None  # the old map still serves, and the next request asks again
        finally:
            self._asking.release()

    def _listed(self) -> Iterator[ShardTypeDef]:
        answer = self._client.list_shards(StreamName=self._stream)
        yield from answer["Shards"]
        while token := answer.get("NextToken"):
            answer = self._client.list_shards(NextToken=token)
            yield from answer["Shards"]
