"""What a function gets over HTTP is to the byte what it gets in virtual time."""

from hypothesis import given
from hypothesis import strategies as st

from local.engine.entries import KinesisEntry, Stamp, TableEntry, compact
from local.engine.events import event
from local.engine.live.payloads import payload
from local.engine.source import source
from local.engine.windows import Call, Window, Windowed
from tests.engine.doubles import SHARD, STREAM, TABLE

text = st.text(st.characters(exclude_categories=["Cs"]))
numbers = st.integers(0, 2**186).map(str)
arrivals = st.floats(0, 4e9).map(lambda seconds: round(seconds, 3))
records = st.lists(st.builds(KinesisEntry, numbers, text, st.binary(), arrivals, st.just(0)), max_size=5)
windowed_or_not = st.none() | st.builds(
    Windowed, st.just(Window(60, 120)), st.dictionaries(text, st.integers()).map(compact), st.sampled_from(Call)
)


@given(entries=records, windowed=windowed_or_not, role=st.text(st.characters(max_codepoint=127)))
def test_a_payload_is_the_event_as_json(entries, windowed, role):
    stamp = Stamp(SHARD, source(STREAM), f"arn:aws:iam::123456789012:role/{role}%s")
    assert payload(entries, stamp, windowed) == compact(event(entries, stamp, windowed)).encode()


@given(image=st.dictionaries(text, text), windowed=windowed_or_not)
def test_a_payload_of_changes_is_the_event_as_json(image, windowed):
    stamp = Stamp(SHARD, source(TABLE), "arn:aws:iam::123456789012:role/reader")
    entries = [TableEntry("7", 1000.0, "key", {"eventID": "a", "dynamodb": {"NewImage": image}})] * 2
    assert payload(entries, stamp, windowed) == compact(event(entries, stamp, windowed)).encode()
