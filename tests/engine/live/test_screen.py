"""A mapping's line says where it stands: a shard that is stuck shows, idle ones beside it hide nothing."""

import pytest

from local.engine.live.screen import line
from tests.engine.doubles import SHARD
from tests.engine.live.doubles import MemoryStream, ScriptedFunctions, Stage

OTHER = "shardId-000000000001"


@pytest.fixture
def stage(tmp_path):
    """A mapping at work on two shards, one of them idle unless records are put there, for ten seconds."""

    def stage(*script, others=()):
        stream = MemoryStream()
        stream.shard(SHARD)
        stream.shard(OTHER)
        stream.put(5, 6, arrived=1990.0)
        stream.put(*others, shard_id=OTHER, arrived=1999.0)
        at_work = Stage(stream, ScriptedFunctions(*script), tmp_path)
        at_work.pass_time(10)
        return at_work

    return stage


def shown(at_work):
    return line(at_work.worker, at_work.clock.now)


def test_a_shard_that_is_stuck_is_shown_with_an_age_that_grows(stage):
    at_work = stage("raises", {}, *["raises"] * 9, others=[7])
    before = shown(at_work)
    at_work.pass_time(10)
    assert "2 shards  ..0000 is 20.0 s behind, at the start" in before
    assert "2 shards  ..0000 is 30.0 s behind, at the start" in shown(at_work)


def test_where_all_is_settled_nothing_is_behind(stage):
    assert "2 records  2 shards  at ..6  0 waiting  0 in flight  0 failures" in shown(stage())


def test_one_shard_is_one(tmp_path):
    stream = MemoryStream()
    stream.shard(SHARD)
    stream.put(5)
    assert "1 record  1 shard  at" in shown(Stage(stream, ScriptedFunctions(), tmp_path))
