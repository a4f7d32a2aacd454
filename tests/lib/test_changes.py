"""The laws of changes: what the stream of a table says, in plain Python, or an error that names what is wrong."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamkit.changes import Change, ChangeError, changes, item, value
from tests.changes import change_event, change_record, wire

BEFORE = {"id": "o-1", "version": 1}
AFTER = {"id": "o-1", "version": 2, "items": [{"sku": "a", "quantity": 3}]}

SCALARS = st.none() | st.booleans() | st.text() | st.integers(-(10**38), 10**38) | st.binary()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(min_size=1), inner), max_leaves=20
)
ITEMS = st.dictionaries(st.text(min_size=1), VALUES)


def made(before, after):
    return Change("MODIFY", {"id": "o-1"}, before, after, "1", 0.0)


def test_a_modification_has_both_images_in_plain_python():
    event = change_event(change_record("MODIFY", BEFORE, AFTER, sequence_number=7, created=1763683500))
    assert changes(event) == [Change("MODIFY", {"id": "o-1"}, BEFORE, AFTER, "7", 1763683500.0)]


def test_an_insert_has_no_image_before():
    (one,) = changes(change_event(change_record("INSERT", None, AFTER)))
    assert (one.event_name, one.before, one.after) == ("INSERT", None, AFTER)


def test_a_removal_has_no_image_after():
    (one,) = changes(change_event(change_record("REMOVE", BEFORE, None)))
    assert (one.event_name, one.before, one.after, one.expired) == ("REMOVE", BEFORE, None, False)


def test_a_removal_by_time_to_live_is_told_from_a_callers():
    (one,) = changes(change_event(change_record("REMOVE", BEFORE, None, expired=True)))
    assert one.expired


def test_changes_come_in_shard_order():
    event = change_event(*(change_record("INSERT", None, BEFORE, sequence_number=number) for number in (9, 10, 11)))
    assert [one.position for one in changes(event)] == [9, 10, 11]


def test_an_empty_batch_has_no_changes():
    assert changes({"Records": []}) == []


def test_the_time_of_a_change_is_told_in_utc():
    (one,) = changes(change_event(change_record("INSERT", None, BEFORE, created=1763683500)))
    assert one.created_at == "2025-11-21T00:05:00.000Z"


# values


@given(ITEMS)
def test_an_item_comes_off_the_wire_as_it_was_put(plain):
    assert item({name: wire(one) for name, one in plain.items()}) == plain


@pytest.mark.parametrize(
    ("wired", "plain"),
    [
        ({"N": "0"}, 0),
        ({"N": "-12"}, -12),
        ({"N": "9" * 38}, 10**38 - 1),
        ({"N": "1.50"}, Decimal("1.50")),
        ({"N": "1E+40"}, Decimal("1E+40")),
        ({"NULL": True}, None),
        ({"B": "AAE="}, b"\x00\x01"),
        ({"B": b"\x00\x01"}, b"\x00\x01"),
        ({"SS": ["b", "a"]}, {"a", "b"}),
        ({"NS": ["1", "2.5"]}, {1, Decimal("2.5")}),
        ({"BS": ["AA=="]}, {b"\x00"}),
        ({"M": {}}, {}),
        ({"L": []}, []),
    ],
    ids=repr,
)
def test_each_wire_type_has_its_plain_value(wired, plain):
    assert (value(wired), type(value(wired))) == (plain, type(plain))


# what has changed


def test_what_changed_is_named_in_order():
    assert made({"a": 1, "b": 2, "c": 3}, {"b": 2, "c": 4, "d": 5}).changed == ["a", "c", "d"]


def test_of_an_insert_everything_changed():
    assert Change("INSERT", {}, None, {"b": 1, "a": 2}, "1", 0.0).changed == ["a", "b"]


@pytest.mark.parametrize(
    ("before", "after"),
    [(1, True), (None, ...), ([0], [False]), ({"x": [1]}, {"x": [True]}), ("1", 1), ([1], [1, 2])],
    ids=repr,
)
def test_values_that_only_python_takes_for_one_are_a_change(before, after):
    assert made({"a": before}, {} if after is ... else {"a": after}).changed == ["a"]


def test_a_set_in_another_order_is_no_change():
    assert made({"a": value({"SS": ["x", "y"]})}, {"a": value({"SS": ["y", "x"]})}).changed == []


# errors


@pytest.mark.parametrize(
    ("broken", "named"),
    [
        ({"eventSource": "aws:kinesis"}, "eventSource must be aws:dynamodb; got 'aws:kinesis'"),
        ({"eventName": "UPSERT"}, "eventName must be INSERT, MODIFY or REMOVE; got 'UPSERT'"),
        ({"eventName": []}, "eventName must be INSERT, MODIFY or REMOVE"),
        ({"dynamodb": None}, "dynamodb must be an object; got nothing"),
    ],
    ids=repr,
)
def test_a_record_of_another_shape_is_an_error_that_names_the_field(broken, named):
    with pytest.raises(ChangeError, match=named):
        changes(change_event(change_record("MODIFY", BEFORE, AFTER) | broken))


@pytest.mark.parametrize(
    ("broken", "named"),
    [
        ({"SequenceNumber": 7}, "SequenceNumber must be a number as text; got 7"),
        ({"Keys": None}, "Keys must be an object; got nothing"),
        ({"NewImage": None}, "NewImage must be an object; got nothing"),
        ({"OldImage": None}, "OldImage must be an object; got nothing"),
        ({"ApproximateCreationDateTime": "now"}, "ApproximateCreationDateTime must be epoch seconds"),
        ({"NewImage": {"a": {"N": "NaN"}}}, "NewImage.a must be a number as DynamoDB writes it; got 'NaN'"),
        ({"NewImage": {"a": {"L": [{"M": {"b": {"S": 1}}}]}}}, r"NewImage\.a\[0\]\.b must be a DynamoDB type"),
        ({"NewImage": {"a": "plain"}}, r"NewImage\.a must be one DynamoDB type"),
        ({"NewImage": {"a": {"S": "x", "N": "1"}}}, r"NewImage\.a must be one DynamoDB type"),
        ({"NewImage": {"a": {"B": "~"}}}, r"NewImage\.a must be base64"),
        ({"NewImage": {"a": {"NULL": False}}}, r"NewImage\.a must be a DynamoDB type"),
    ],
    ids=repr,
)
def test_a_change_of_another_shape_is_an_error_that_names_the_path(broken, named):
    record = change_record("MODIFY", BEFORE, AFTER)
    with pytest.raises(ChangeError, match=named):
        changes(change_event(record | {"dynamodb": record["dynamodb"] | broken}))


@pytest.mark.parametrize("event", [{}, {"Records": "x"}, {"Records": None}, {"detail": {}}], ids=repr)
def test_an_event_without_records_is_an_error(event):
    with pytest.raises(ChangeError, match="event must carry a list of changes"):
        changes(event)


def test_a_value_in_an_error_is_cut_to_what_a_log_line_bears():
    with pytest.raises(ChangeError) as raised:
        value({"S": 1, "N": "x" * 10_000})
    assert len(str(raised.value)) < 300
