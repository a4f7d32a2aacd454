"""The trips flow from end to end: what is put into the stream arrives, through the engine that `make up` starts."""

import re

import pytest

from local.engine_process import EngineProcess
from local.stack import ROOT, as_root
from tests.events import packed, trip
from tests.flows.patience import until


@pytest.fixture
def engine(endpoint, stack, tmp_path):
    process = EngineProcess(endpoint.url, tmp_path)
    process.up(stack.state)
    yield process
    process.down()


def test_every_record_put_into_the_stream_is_in_the_table_or_in_quarantine(trips, engine):
    payloads = [*(trip(f"t-{number}") for number in range(200)), b"poison", packed(trip("a"), trip("b"), b"{}")]
    trips.put(payloads)
    until(lambda: len(trips.items()) == 202, seconds=60)
    assert len(trips.quarantined()) == 2


def test_what_the_readme_tries_by_hand_works(endpoint, trips, engine, monkeypatch):
    for name, value in as_root(endpoint.url, {}).items():
        monkeypatch.setenv(name.replace("AWS_REGION", "AWS_DEFAULT_REGION"), value)
    by_hand = re.search(r"<!-- by hand -->\n```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert by_hand
    exec(by_hand[1].replace("sluice-dev", "sluice-flows"), {})
    until(lambda: set(trips.items()) == {"t-1"}, seconds=60)
    (message,) = trips.quarantined()
    assert "vendorId" in message["reason"]


def test_the_engine_gives_the_pollers_back_when_it_ends(trips, engine):
    assert not trips.writer_is_polled()
    engine.down()
    assert trips.writer_is_polled()
