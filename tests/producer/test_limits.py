"""What Kinesis would not take is refused before it is packed."""

import pytest

from producer.limits import RECORD_BYTES, refusal
from streamkit.kpl import MAGIC


@pytest.mark.parametrize(
    ("data", "key"), [(b"", "k"), (b"x" * (RECORD_BYTES - 1), "k"), (b"x" * (RECORD_BYTES - 256), "k" * 256)]
)
def test_what_kinesis_takes_is_taken(data, key):
    assert refusal(data, key) is None


@pytest.mark.parametrize(
    ("data", "key", "reason"),
    [
        (b"x", "", "1 to 256 characters; got 0"),
        (b"x", "k" * 257, "1 to 256 characters; got 257"),
        (b"x" * RECORD_BYTES, "k", "at most 1048576 bytes together; got 1048577"),
        (b"x" * (RECORD_BYTES - 1), "é", "at most 1048576 bytes together; got 1048577"),
        (MAGIC.ljust(RECORD_BYTES - 1), "k", "at most 1048448 bytes together"),
    ],
)
def test_what_kinesis_refuses_is_refused_with_the_number(data, key, reason):
    assert reason in (refusal(data, key) or "")
