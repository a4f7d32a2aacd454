"""The laws of the audit trail's keys: they sort as versions do, and say which are missing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.audit import gaps, key


def test_the_keys_of_an_order_sort_as_its_versions():
    assert sorted(key("o-1", version) for version in (10, 9, 100)) == [key("o-1", version) for version in (9, 10, 100)]


@pytest.mark.parametrize("order_id", ["a/b", "../a", "a%2Fb", "é", "a b"])
def test_no_id_leaves_its_folder_or_meets_anothers(order_id):
    assert key(order_id, 2).count("/") == 2
    assert gaps([key(order_id, 2)]) == {order_id: [1]}


def test_a_missing_version_is_told_with_its_order():
    keys = [key("o-1", 1), key("o-1", 4), key("o-2", 1), key("o-2", 2), "orders/readme.txt"]
    assert gaps(keys) == {"o-1": [2, 3]}


@given(st.sets(st.integers(1, 40), min_size=1))
def test_what_is_there_and_what_is_missing_are_all_versions_up_to_the_last(versions):
    missing = gaps([key("o-1", version) for version in versions]).get("o-1", [])
    assert sorted([*missing, *versions]) == list(range(1, max(versions) + 1))
