"""Plain values on their way to a table and back."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamkit.attributes import attributes
from streamkit.changes import item

INTEGERS = st.integers(-(10**38) + 1, 10**38 - 1)
LEAVES: Any = st.none() | st.booleans() | INTEGERS | st.text() | st.binary()
VALUES: Any = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(min_size=1), inner))


@given(st.dictionaries(st.text(min_size=1), VALUES))
def test_what_goes_to_the_table_comes_back_equal(plain):
    assert item(attributes(plain)) == plain


def test_a_boolean_is_no_number():
    assert attributes({"compensated": True, "version": 1}) == {"compensated": {"BOOL": True}, "version": {"N": "1"}}


@pytest.mark.parametrize("value", [1.5, {1}, object()], ids=repr)
def test_what_would_not_come_back_as_it_went_is_refused(value):
    with pytest.raises(TypeError, match="an attribute must be"):
        attributes({"value": value})
