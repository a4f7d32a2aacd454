"""Which records the filters of a mapping let through."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.engine import KinesisRecord, TableChange, simulate
from local.engine.filters import PatternError, compile_filters, compile_pattern, numbers_as_written
from tests.engine.doubles import SHARD, TABLE, at_once, deliveries, filters, mapping, nothing


def matches(pattern: str, document: str) -> bool:
    return compile_filters([pattern], None).admit(numbers_as_written(document))


@pytest.mark.parametrize(
    ("pattern", "document"),
    [
        ('{"a": [null]}', '{"a": null}'),
        ('{"a": [""]}', '{"a": ""}'),
        ('{"a": ["x"]}', '{"a": "x"}'),
        ('{"a": [true]}', '{"a": true}'),
        ('{"a": [{"equals-ignore-case": "x"}]}', '{"a": "X"}'),
        ('{"a": ["x"], "b": ["y"]}', '{"a": "x", "b": "y"}'),
        ('{"a": ["x", "y"]}', '{"a": "y"}'),
        ('{"$or": [{"a": ["x"]}, {"b": ["y"]}]}', '{"a": "z", "b": "y"}'),
        ('{"a": [{"anything-but": ["x"]}]}', '{"a": "y"}'),
        ('{"a": [{"anything-but": {"prefix": "x"}}]}', '{"a": "yx"}'),
        ('{"a": [{"numeric": ["=", 300]}]}', '{"a": 3.0e2}'),
        ('{"a": [{"numeric": [">", 0, "<=", 5]}]}', '{"a": 5}'),
        ('{"a": [{"exists": true}]}', '{"a": 0}'),
        ('{"a": [{"exists": false}]}', "{}"),
        ('{"a": [{"prefix": "x"}]}', '{"a": "xy"}'),
        ('{"a": [{"suffix": "y"}]}', '{"a": "xy"}'),
        ('{"a": {"b": ["x"]}}', '{"a": {"b": "x"}}'),
        ('{"a": ["x"]}', '{"a": ["w", "x"]}'),
        ('{"a": {"b": ["x"]}}', '{"a": [{"b": "w"}, {"b": "x"}]}'),
        ('{"a": {"b": [{"exists": false}]}}', "{}"),
        ("{}", '{"a": 1}'),
    ],
)
def test_every_operator_lets_through_what_it_says(pattern, document):
    assert matches(pattern, document)


@pytest.mark.parametrize(
    ("pattern", "document"),
    [
        ('{"a": [null]}', "{}"),
        ('{"a": [null]}', '{"a": "null"}'),
        ('{"a": ["x"], "b": ["y"]}', '{"a": "x"}'),
        ('{"a": ["1"]}', '{"a": 1}'),
        ('{"a": [true]}', '{"a": 1}'),
        ('{"$or": [{"a": ["x"]}, {"b": ["y"]}]}', '{"a": "z"}'),
        ('{"a": [{"anything-but": ["x"]}]}', '{"a": "x"}'),
        ('{"a": [{"anything-but": ["x"]}]}', "{}"),
        ('{"a": [{"numeric": [">", 100]}]}', '{"a": "101"}'),
        ('{"a": [{"numeric": [">", 0, "<=", 5]}]}', '{"a": 6}'),
        ('{"a": [{"exists": true}]}', '{"b": 0}'),
        ('{"a": [{"exists": false}]}', '{"a": 0}'),
        ('{"a": [{"prefix": "x"}]}', '{"a": 1}'),
    ],
)
def test_every_operator_keeps_back_what_it_must(pattern, document):
    assert not matches(pattern, document)


@pytest.mark.parametrize(
    ("number", "matching"),
    [("300", [True, False, False]), ("300.0", [False, True, False]), ("3.0e2", [False, False, True])],
)
def test_numbers_are_equal_only_as_they_are_written(number, matching):
    pattern = f'{{"a": [{number}]}}'
    assert [matches(pattern, f'{{"a": {other}}}') for other in ("300", "300.0", "3.0e2")] == matching


def test_of_a_key_given_twice_the_last_one_counts():
    assert matches('{"a": ["x"], "a": ["y"]}', '{"a": "x", "a": "y"}')


def test_only_leaves_exist():
    # an object in the middle is there, and yet "does not exist"
    assert matches('{"a": [{"exists": false}]}', '{"a": {"S": "x"}}')
    assert not matches('{"a": [{"exists": true}]}', '{"a": {"S": "x"}}')


@pytest.mark.parametrize(
    ("lists", "absent"),
    [('{"a": []}', True), ('{"a": [{"c": 1}]}', True), ('{"a": [{"b": 1}, {"c": 1}]}', False), ('{"a": [7]}', True)],
)
def test_below_lists_does_not_exist_what_no_element_has(lists, absent):
    assert matches('{"a": {"b": [{"exists": false}]}}', lists) is absent


def test_filters_of_one_mapping_are_alternatives():
    either = compile_filters(['{"a": ["x"]}', '{"a": ["y"]}'], None)
    assert [either.admit({"a": value}) for value in "xyz"] == [True, True, False]


def kinesis(*data: bytes) -> list[KinesisRecord]:
    return [KinesisRecord(SHARD, "key", content, 1000.0) for content in data]


def delivered(pattern: str, *data: bytes) -> list[bytes]:
    records = kinesis(*data)
    filtered = simulate(mapping(**filters(pattern)), records, nothing)
    kept = {name for invocation in filtered.invocations for name in invocation.names}
    return [
        record.data for record, name in zip(records, sorted(kept | set(filtered.filtered)), strict=True) if name in kept
    ]


def test_kinesis_data_is_decoded_and_compared_as_json():
    assert delivered('{"data": {"city": ["Zug"]}}', b'{"city": "Zug"}', b'{"city": "Bern"}') == [b'{"city": "Zug"}']


def test_a_json_pattern_drops_data_that_is_not_json():
    assert delivered('{"data": {"city": ["Zug"]}}', b"Zug", b"\xff", b"[1", b'{"city": "Zug"}') == [b'{"city": "Zug"}']


def test_content_nested_too_deeply_to_follow_is_no_match():
    deep = b'{"a":' + b"[" * 600 + b"]" * 600 + b"}"
    assert delivered('{"data": {"a": {"b": ["x"]}}}', deep, b'{"a": {"b": "x"}}') == [b'{"a": {"b": "x"}}']


def test_a_plain_pattern_compares_plain_data_and_drops_json():
    assert delivered('{"data": ["Zug"]}', b"Zug", b"Bern", b'{"city": "Zug"}') == [b"Zug"]


def test_a_pattern_that_says_nothing_of_data_does_not_filter_on_it():
    assert delivered('{"partitionKey": ["key"]}', b"\xff", b"{") == [b"\xff", b"{"]


def test_a_pattern_with_no_properties_for_data_does_not_filter_on_it():
    assert delivered('{"data": {}}', b"\xff", b"Zug", b"{}") == [b"\xff", b"Zug", b"{}"]


def test_table_streams_are_filtered_by_typed_values_and_metadata():
    changes = [
        TableChange(
            shard_id=SHARD,
            event_name=name,
            keys={"id": {"S": "1"}},
            new_image={"id": {"S": "1"}, "total": {"N": "101"}},
            created=1000.0,
        )
        for name in ("INSERT", "MODIFY")
    ]
    one = simulate(
        mapping(TABLE, **filters('{"eventName": ["INSERT"], "dynamodb": {"NewImage": {"total": {"N": ["101"]}}}}')),
        changes,
        nothing,
    )
    assert [len(one.invocations[0].names), len(one.filtered)] == [1, 1]


@pytest.mark.parametrize("leaf", ['["101"]', '{"N": [{"numeric": [">", 100]}]}'])
def test_a_value_without_its_type_or_a_number_compared_as_one_never_matches_in_a_table_stream(leaf):
    change = TableChange(
        shard_id=SHARD, event_name="INSERT", keys={"id": {"S": "7"}}, new_image={"total": {"N": "101"}}, created=1000.0
    )
    pattern = f'{{"dynamodb": {{"NewImage": {{"total": {leaf}}}}}}}'
    assert simulate(mapping(TABLE, **filters(pattern)), [change], nothing).invocations == []


def test_filtered_records_do_not_fill_a_batch():
    settings = mapping(BatchSize=2, **filters('{"data": {"n": [1, 3, 5]}}'))
    assert deliveries(simulate(settings, at_once(6), nothing)) == [[1, 3], [5]]


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "[]",
        '"a"',
        '{"a": "x"}',
        '{"a": []}',
        '{"a": [[]]}',
        '{"a": [{}]}',
        '{"a": [{"like": "x"}]}',
        '{"a": [{"prefix": 1}]}',
        '{"a": [{"exists": "yes"}]}',
        '{"a": [{"numeric": [">"]}]}',
        '{"a": [{"numeric": ["~", 1]}]}',
        '{"a": [{"anything-but": []}]}',
        '{"$or": [{"a": ["x"]}]}',
        '{"$or": {"a": ["x"]}}',
        '{"a": [NaN]}',
        '{"a":' * 2000,
    ],
)
def test_what_is_no_pattern_is_refused(pattern):
    with pytest.raises(PatternError):
        compile_pattern(pattern)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=3),
    max_leaves=8,
)


@given(document=JSON, payload=st.text(max_size=10) | st.none())
def test_no_record_however_odd_upsets_a_filter(document, payload):
    every = compile_filters(
        ['{"a": {"b": [1, {"prefix": "x"}]}, "c": [{"anything-but": 1}]}', '{"data": {"x": [{"exists": true}]}}'],
        "data",
    )
    assert every.admit({"a": document, "c": document, "data": payload}) in (True, False)
