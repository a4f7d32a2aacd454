"""A consumer's events are pages, one after the other; without subscriptions its stream is read plainly."""

from datetime import UTC, datetime

import pytest

from local.engine.entries import Stamp
from local.engine.live.fan_out import FanOutReader
from local.engine.live.reading import HORIZON, Position
from local.engine.source import source
from tests.doubles import refused
from tests.engine.doubles import CONSUMER, SHARD
from tests.engine.live.doubles import ROLE

SOURCE = source(CONSUMER)
STAMP = Stamp.of(SHARD, SOURCE, ROLE)


def record(number):
    arrived = datetime.fromtimestamp(1000.0, UTC)
    return {"SequenceNumber": number, "PartitionKey": "k", "Data": b"x", "ApproximateArrivalTimestamp": arrived}


def pushed(*numbers, **more):
    return {"SubscribeToShardEvent": {"Records": [record(number) for number in numbers], **more}}


class Events(list[object]):
    def close(self):
        self.clear()


class MemoryConsumer:
    """A Kinesis client whose subscriptions bring these events, one list for each."""

    def __init__(self, *subscriptions, refusal=None):
        self.subscriptions = list(subscriptions)
        self.refusal = refusal
        self.starts = []

    def subscribe_to_shard(self, StartingPosition, **_):  # noqa: N803
        if self.refusal:
            raise self.refusal
        self.starts.append(StartingPosition)
        return {"EventStream": Events(self.subscriptions.pop(0))}

    def get_shard_iterator(self, **_):
        return {"ShardIterator": "plain"}

    def get_records(self, **_):
        return {"Records": [record("9")], "NextShardIterator": "next", "MillisBehindLatest": 0}


@pytest.fixture
def told():
    return []


def reader(consumer, told):
    return FanOutReader(lambda: consumer, SOURCE, told.append)


def numbers(page):
    return [entry.sequence_number for entry in page.entries]


def test_each_event_is_a_page_and_another_may_follow_at_once(told):
    reading = reader(MemoryConsumer([pushed("1", "2"), pushed("3")]), told)
    pages = [reading.read(STAMP, HORIZON, None, 100) for _ in range(2)]
    assert [numbers(page) for page in pages] == [["1", "2"], ["3"]]
    assert all(page.behind and page.iterator for page in pages)


def test_a_subscription_that_ran_out_is_renewed_where_it_ended_though_it_brought_nothing(told):
    consumer = MemoryConsumer([pushed(ContinuationSequenceNumber="7")], [pushed("8")])
    reading = reader(consumer, told)
    pages = [reading.read(STAMP, Position("LATEST"), None, 100) for _ in range(3)]
    assert consumer.starts == [{"Type": "LATEST"}, {"Type": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": "7"}]
    assert numbers(pages[2]) == ["8"]


def test_an_event_with_children_is_the_last_of_its_shard(told):
    children = [{"ShardId": "shardId-000000000001", "ParentShards": [SHARD]}]
    page = reader(MemoryConsumer([pushed("1", ChildShards=children)]), told).read(STAMP, HORIZON, None, 100)
    assert (numbers(page), page.iterator) == (["1"], None)


def test_without_subscriptions_the_stream_is_read_plainly_and_that_is_told_once(told):
    reading = reader(MemoryConsumer(refusal=refused("UnknownOperationException")), told)
    pages = [reading.read(STAMP, HORIZON, None, 100) for _ in range(2)]
    assert ([numbers(page) for page in pages], len(told)) == ([["9"], ["9"]], 1)


def test_a_denial_is_no_lack_of_subscriptions(told):
    reading = reader(MemoryConsumer(refusal=refused("AccessDeniedException", 400)), told)
    with pytest.raises(Exception, match="AccessDenied"):
        reading.read(STAMP, HORIZON, None, 100)
    assert told == []
