"""What a reader does when its place in the shard has expired, and when it gets no answer of AWS's."""

import pytest

from local.engine.entries import Stamp
from local.engine.live.reading import HORIZON, KinesisReader, TableReader
from local.engine.live.troubles import MalformedAnswerError
from local.engine.source import source
from tests.doubles import refused
from tests.engine.doubles import SHARD, STREAM, TABLE

READERS = [(KinesisReader, STREAM), (TableReader, TABLE)]


class ExpiringIterators:
    """A stream whose every iterator but `fresh` has expired."""

    def get_shard_iterator(self, **_):
        return {"ShardIterator": "fresh"}

    def get_records(self, ShardIterator, **_):  # noqa: N803
        if ShardIterator != "fresh":
            raise refused("ExpiredIteratorException", 400)
        return {"Records": [], "NextShardIterator": "next"}


class ExpiredFromTheStart(ExpiringIterators):
    def get_shard_iterator(self, **_):
        return {"ShardIterator": "stale"}


def read(kind, arn, stream, iterator):
    origin = source(arn)
    return kind(lambda: stream, origin).read(Stamp.of(SHARD, origin, "role"), HORIZON, iterator, 10)


@pytest.mark.parametrize(("kind", "arn"), READERS)
def test_an_iterator_that_expired_is_replaced_by_one_from_where_reading_stood(kind, arn):
    assert read(kind, arn, ExpiringIterators(), "stale").iterator == "next"


@pytest.mark.parametrize(("kind", "arn"), READERS)
def test_a_new_iterator_that_has_expired_is_an_error(kind, arn):
    with pytest.raises(Exception, match="ExpiredIteratorException"):
        read(kind, arn, ExpiredFromTheStart(), None)


class Page:
    """An endpoint that answers every call with 200 and a web page: boto3 finds no field in it."""

    def __getattr__(self, _operation):
        return lambda **_: {"ResponseMetadata": {"HTTPStatusCode": 200}}


class Torn(ExpiringIterators):
    """A stream whose records lack what every record has."""

    def get_records(self, ShardIterator, **_):  # noqa: N803
        return {"Records": [{"Data": b"1", "dynamodb": None}]}


@pytest.mark.parametrize(("kind", "arn"), READERS)
@pytest.mark.parametrize("asked", ["shards", "read"])
def test_an_answer_that_is_none_of_awss_is_the_endpoints_trouble_and_names_the_operation(kind, arn, asked):
    origin = source(arn)
    reader = kind(Page, origin)
    with pytest.raises(MalformedAnswerError, match=r"(ListShards|DescribeStream|GetShardIterator): the answer has no"):
        reader.shards() if asked == "shards" else read(kind, arn, Page(), None)


@pytest.mark.parametrize(("kind", "arn"), READERS)
def test_a_record_without_its_fields_is_the_endpoints_trouble(kind, arn):
    with pytest.raises(MalformedAnswerError, match="GetRecords"):
        read(kind, arn, Torn(), None)
