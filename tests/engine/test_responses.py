"""What the text that came back says about its batch, whatever the text."""

import pytest

from local.engine.delivery import Batch, Failed
from local.engine.function import Answer
from local.engine.mapping import load
from local.engine.receiving import sort_receipts
from local.engine.responses import outcome
from tests.engine.doubles import QUEUE, entries, mapping

WINDOWED = mapping(TumblingWindowInSeconds=10)
TOO_DEEP = "[" * 100_000 + "]" * 100_000


@pytest.mark.parametrize(
    ("text", "settings", "reason"),
    [
        ("{", mapping(), "the response is not JSON"),
        (TOO_DEEP, mapping(), "the response is nested too deeply to read"),
        ("{}", WINDOWED, "the response has no state, as a tumbling window needs"),
        (r'{"state":{"x":"\ud800"}}', WINDOWED, "the state holds half a surrogate pair, which UTF-8 cannot carry"),
    ],
)
def test_an_answer_that_cannot_be_used_fails_its_batch_and_says_why(text, settings, reason):
    assert outcome(Answer(text), Batch(entries("1")), load(settings)) == Failed(None, reason)


@pytest.mark.parametrize("text", ["{", TOO_DEEP])
def test_an_answer_that_cannot_be_read_deletes_no_message(text):
    assert sort_receipts((), Answer(text), load(mapping(QUEUE))).failed
