"""The trips flow from end to end: what is put into the stream arrives, through the engine that `make up` starts."""

import base64
import re

from local.stack import ROOT, as_root
from tests.events import packed, trip
from tests.flows.patience import collected, until

CONSUMERS = ("trip_writer", "window_aggregator")


def kept(messages):
    """Who put what into quarantine."""
    return {(message["consumer"], base64.b64decode(message["data"])) for message in messages}


def test_every_record_put_into_the_stream_is_in_the_table_or_in_quarantine(trips, engine):
    payloads = [*(trip(f"t-{number}") for number in range(200)), b"poison", packed(trip("a"), trip("b"), b"{}")]
    trips.put(payloads)
    until(lambda: len(trips.items()) == 202, seconds=60)
    unusable = {(consumer, data) for consumer in CONSUMERS for data in (b"poison", b"{}")}
    assert collected(trips.quarantined, lambda messages: unusable <= kept(messages), seconds=20)


def test_what_the_readme_tries_by_hand_works(endpoint, trips, engine, monkeypatch):
    for name, value in as_root(endpoint.url, {}).items():
        monkeypatch.setenv(name.replace("AWS_REGION", "AWS_DEFAULT_REGION"), value)
    by_hand = re.search(r"<!-- by hand -->\n```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert by_hand
    exec(by_hand[1].replace("sluice-dev", "sluice-flows"), {})
    # Between two engines the emulator's own poller delivers anew what lies in the stream: others' records may be there.
    until(lambda: trips.items().get("t-1", {}).get("fareCents") == {"N": "1250"}, seconds=60)
    assert collected(
        trips.quarantined, lambda messages: any(b'"vendorId": "one"' in data for _, data in kept(messages)), seconds=20
    )


def test_the_engine_gives_the_pollers_back_when_it_ends(trips, engine):
    assert not trips.polled()
    engine.down()
    assert len(trips.polled()) == len(trips.mappings()) == 2
