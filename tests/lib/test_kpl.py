"""The laws of the aggregated format, checked against the aggregator of its authors."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamkit.kpl import MAGIC, MOST_RECORDS, Flawed, Packed, pack, payloads, unpack
from tests.events import aggregate, sealed, taken_apart

KEYS = st.text(min_size=1, max_size=8)
HASH_KEYS = st.none() | st.integers(0, 2**128 - 1).map(str)


@given(st.lists(st.tuples(KEYS, st.binary(max_size=40), HASH_KEYS), min_size=1, max_size=30))
def test_what_the_authors_aggregator_packs_comes_out_in_order_with_its_keys(records):
    assert unpack(aggregate(*records)) == [Packed(key, hash_key, data) for key, data, hash_key in records]


@given(st.lists(st.builds(Packed, KEYS, HASH_KEYS, st.binary(max_size=40)), min_size=1, max_size=30))
def test_what_is_packed_comes_out_in_order_with_its_keys(records):
    assert unpack(pack(records)) == records


@given(HASH_KEYS, st.lists(st.tuples(KEYS, st.binary(max_size=40)), min_size=1, max_size=30))
def test_the_authors_read_what_is_packed_under_one_hash_key(hash_key, records):
    # With some records under a hash key and some under none, their reader gives the first one to all.
    packed = [Packed(key, hash_key, data) for key, data in records]
    assert taken_apart(pack(packed)) == packed


@given(st.binary(max_size=200))
def test_a_payload_without_the_magic_number_is_plain(payload):
    assert unpack(b"{" + payload) is None


@given(st.binary(max_size=200))
def test_the_magic_number_alone_makes_no_aggregate(payload):
    assert isinstance(unpack(MAGIC + payload), Flawed)


@given(st.binary(max_size=200))
def test_any_message_under_a_right_digest_is_read_whole_or_flawed(message):
    assert isinstance(unpack(sealed(message)), list | Flawed)


@given(st.data())
def test_a_truncated_aggregate_is_flawed(data):
    payload = aggregate(("a", b"one", None), ("b", b"two", "7"))
    length = data.draw(st.integers(len(MAGIC), len(payload) - 1))
    assert isinstance(unpack(payload[:length]), Flawed)


@given(st.data())
def test_a_truncated_aggregate_under_a_right_digest_yields_none_but_whole_records(data):
    message = aggregate(("a", b"one", None), ("b", b"two", "7"))[len(MAGIC) : -16]
    part = unpack(sealed(message[: data.draw(st.integers(0, len(message) - 1))]))
    assert isinstance(part, Flawed) or part == [Packed("a", None, b"one")]


@pytest.mark.parametrize(
    ("message", "flaw"),
    [
        (b"", "wrong digest"),
        (b"\xff\xff", "no AggregatedRecord"),
        (b"\x0a\x01k", "aggregate of 0 records"),
        (b"\x0a\x01k\x1a\x02\x08\x00", "without a required field"),
        (b"\x0a\x01k\x1a\x03\x1a\x01d", "without a required field"),
        (b"\x0a\x01k\x1a\x05\x08\x01\x1a\x01d", "outside its table"),
        (b"\x0a\x01k\x1a\x07\x08\x00\x10\x00\x1a\x01d", "outside its table"),
        (b"\x1a\x0e\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x1a\x01d", "outside its table"),
        (b"\x0a\x01k" + b"\x1a\x04\x08\x00\x1a\x00" * (MOST_RECORDS + 1), f"aggregate of {MOST_RECORDS + 1} records"),
    ],
    ids=[
        "empty",
        "no protobuf",
        "no records",
        "no data",
        "no partition key",
        "partition key index",
        "hash key index",
        "huge index",
        "too many records",
    ],
)
def test_an_aggregate_that_cannot_be_taken_apart_says_why(message, flaw):
    outcome = unpack(sealed(message))
    assert isinstance(outcome, Flawed)
    assert flaw in outcome.flaw
    assert payloads(sealed(message)) == outcome


AGGREGATES = st.lists(st.tuples(KEYS, st.binary(max_size=10), HASH_KEYS), min_size=1, max_size=5).map(
    lambda records: aggregate(*records)
)
DAMAGED = st.builds(
    lambda payload, at, byte: sealed(payload[4:-16][:at] + bytes([byte]) + payload[4:-16][at + 1 :]),
    AGGREGATES,
    st.integers(0, 60),
    st.integers(0, 255),
)


@given(AGGREGATES | DAMAGED | st.binary(max_size=40))
def test_the_payloads_are_the_data_of_what_is_unpacked(payload):
    whole = unpack(payload)
    assert payloads(payload) == ([packed.data for packed in whole] if isinstance(whole, list) else whole)


def test_a_key_that_is_no_text_does_not_cost_the_record():
    assert unpack(sealed(b"\x0a\x01\xff\x1a\x05\x08\x00\x1a\x01d")) == [Packed("�", None, b"d")]


def test_tags_and_unknown_fields_are_passed_over():
    message = b"\x0a\x01k" + b"\x1a\x0a\x08\x00\x1a\x01d\x22\x03\x0a\x01t" + b"\x52\x01x"
    assert unpack(sealed(message)) == [Packed("k", None, b"d")]


def test_an_aggregate_inside_an_aggregate_stays_packed():
    inner = aggregate(("a", b"one", None))
    assert unpack(aggregate(("b", inner, None))) == [Packed("b", None, inner)]
