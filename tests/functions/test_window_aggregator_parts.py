"""The pure laws of counting: what is covered, what a part adds, what text keeps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from window_aggregator.coverage import OverlapError, Run, Share, Span, Verdict, judge, runs_of, runs_text, share
from window_aggregator.items import ordered
from window_aggregator.parts import Closing, Part, PartConflictError, addition, unpacked
from window_aggregator.sums import Sums, cells_of, cells_text


def span(*runs: tuple[int, int, int], redriven: bool = False) -> Span:
    return Span(tuple(Run(*run) for run in runs), redriven)


def part(last: int, trips: int, low: int = 0, high: int = 9) -> Part:
    return Part(1, 0, "shard", 41, last, Sums(trips, trips, trips, trips, trips, low, high))


@pytest.mark.parametrize(
    ("standing", "lacking"),
    [
        (None, 7),
        (part(60, 7), None),
        (part(55, 4), 3),
        (part(55, 7), 0),
        (part(70, 9), None),
    ],
    ids=["none stands", "a repeat", "ours reaches further", "further without trips", "theirs reaches further"],
)
def test_a_total_gets_what_it_lacks_of_a_part(standing, lacking):
    added = addition(part(60, 7), standing)
    assert (added and added.trips) == lacking


@pytest.mark.parametrize(
    "standing",
    [part(60, 8), part(60, 7, low=1), part(55, 8), part(70, 6), part(55, 4, low=-1), part(70, 9, low=1)],
    ids=["more trips", "another bound", "shorter with more", "longer with less", "lower bound", "longer, higher bound"],
)
def test_a_part_that_is_no_repeat_beginning_or_continuation_is_an_error(standing):
    with pytest.raises(PartConflictError):
        addition(part(60, 7), standing)


@pytest.mark.parametrize(
    ("counted", "verdict"),
    [
        ([], Verdict.COUNT),
        ([span((1, 9, 9))], Verdict.COUNT),
        ([span((1, 9, 9), (31, 40, 10))], Verdict.COUNT),
        ([span((10, 19, 10), (20, 30, 11))], Verdict.REPEAT),
        ([span((10, 30, 21))], Verdict.REPEAT),
        ([span((10, 13, 4), (14, 19, 6), (20, 30, 11))], Verdict.REPEAT),
        ([span((10, 14, 5)), span((15, 19, 5)), span((20, 40, 21))], Verdict.REPEAT),
        ([span((10, 19, 10))], Verdict.EXTEND),
        ([span((10, 14, 5))], Verdict.EXTEND),
        ([span((10, 19, 9))], Verdict.EXTEND),
    ],
    ids=[
        "nothing",
        "before",
        "around",
        "the same",
        "one batch",
        "more batches",
        "other spans",
        "a batch more",
        "part of a batch",
        "a record more",
    ],
)
def test_a_span_is_counted_extended_or_a_repeat(counted, verdict):
    assert judge(span((10, 19, 10), (20, 30, 11)), counted) is verdict


@pytest.mark.parametrize(
    "counted",
    [
        [span((15, 25, 11))],
        [span((20, 30, 11))],
        [span((10, 12, 3)), span((25, 30, 6))],
    ],
    ids=["across", "its end", "both ends"],
)
def test_records_counted_in_another_cut_are_an_error(counted):
    with pytest.raises(OverlapError, match="10 to 30"):
        judge(span((10, 19, 10), (20, 30, 11)), counted)


def test_a_redriven_batch_lies_in_the_hole_of_a_span():
    assert judge(span((20, 29, 10), redriven=True), [span((10, 19, 10), (30, 39, 10))]) is Verdict.COUNT


POSITIONS = st.integers(1, 10**56)


@st.composite
def runs(draw):
    ends = sorted(draw(st.lists(st.integers(1, 60), min_size=2, max_size=10, unique=True)))
    return [Run(first, last, last - first + 1) for first, last in zip(ends[::2], ends[1::2], strict=False)]


@given(runs(), runs())
def test_a_share_never_says_all_or_none_when_it_is_not_so(ours, theirs):
    held = {position for run in theirs for position in range(run.first, run.last + 1)}
    wanted = {position for run in ours for position in range(run.first, run.last + 1)}
    told = share(ours, theirs)
    assert (told is Share.NONE) == (not wanted & held)
    assert told is not Share.ALL or wanted <= held


@given(st.lists(POSITIONS, min_size=2, max_size=20, unique=True), st.integers(1, 10**6))
def test_runs_survive_their_text(ends, records):
    ends.sort()
    made = tuple(Run(first, last, records) for first, last in zip(ends[::2], ends[1::2], strict=False))
    assert runs_of(runs_text(made)) == made


CELLS = st.dictionaries(
    st.tuples(st.integers(1, 2**31 - 1), st.integers(-(10**11), 10**12)),
    st.builds(Sums, *[st.integers(0, 10**20)] * 7),
    max_size=5,
)


@given(CELLS)
def test_cells_survive_their_text(cells):
    assert cells_of(cells_text(cells)) == cells


@given(CELLS)
def test_a_closing_survives_its_journal(cells):
    closing = Closing("shard", "2024-05-01T10:00:00Z", "2024-05-01T10:01:00Z", 60, span((3, 7, 2)), cells)
    assert unpacked(closing.packed()) == closing


@given(POSITIONS, POSITIONS)
def test_sequence_numbers_in_keys_order_as_integers(one, other):
    assert (ordered(one) < ordered(other)) == (one < other)
