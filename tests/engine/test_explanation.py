"""A timeline in words and as a page, for a person who wonders."""

from html.parser import HTMLParser

import pytest

from local.engine import FunctionThrottledError, KinesisRecord, QueueMessage, QueueSettings, Timeline, simulate
from local.engine.drawing import draw
from tests.engine.doubles import (
    FIFO,
    QUEUE,
    SHARD,
    Poisoned,
    Scripted,
    at_once,
    counting,
    filters,
    mapping,
    nothing,
    records,
)

BISECTING = {"MaximumRetryAttempts": 1, "BisectBatchOnFunctionError": True}


class Tags(HTMLParser):
    """The elements of a page, and what it would load from elsewhere."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loaded: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.loaded += [value for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta",):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.loaded += [value for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def story(timeline: Timeline, record: int) -> list[str]:
    """What is told of a record, without times and shards."""
    return [line.split("s  shardId-000000000000  ")[-1] for line in timeline.explain(record=record).splitlines()[1:]]


def test_every_delivery_of_a_record_has_its_line_and_its_reason():
    # record 2 fails: with all, as half, alone, alone again
    timeline = simulate(mapping(**BISECTING), at_once(4), Poisoned(2))
    assert story(timeline, 2) == [
        "#2 was delivered 4 times, in 3 different batches, and discarded: RetryAttemptsExhausted",
        "read #0-#3",
        "invocation 1 (request 0001) with #0-#3, first attempt",
        "    invocation 1: failed (ValueError: poison): halved into #0-#1 and #2-#3, each with all its retries",
        "waits behind #0-#1 until +0.100s",
        "invocation 3 (request 0003) with #2-#3, first attempt, cut from request 0001",
        "    invocation 3: failed (ValueError: poison): halved into #2 and #3, each with all its retries",
        "invocation 4 (request 0004) with #2, first attempt, cut from request 0003",
        "    invocation 4: failed (ValueError: poison): the same batch again",
        "invocation 5 (request 0004) with #2, attempt 2 of the same batch",
        "    invocation 5: failed (ValueError: poison)",
        "discarded #2: RetryAttemptsExhausted; failure record sent",
    ]


def test_an_error_can_neither_begin_a_line_of_its_own_nor_break_the_text(tmp_path):
    forged = ValueError("no\n+0.000s  everything succeeded\x1b[2J\ud800")
    timeline = simulate(mapping(MaximumRetryAttempts=0), at_once(1), Scripted(forged))
    told = r"failed (ValueError: no\n+0.000s  everything succeeded\x1b[2J\ud800)"
    assert told in timeline.explain()
    assert told in timeline.to_html(tmp_path / "timeline.html").read_text(encoding="utf-8")


def test_a_timeline_says_when_it_began_as_people_write_it():
    heading = simulate(mapping(), records(1767225600.25), nothing).explain().splitlines()[0]
    assert heading == "#n is records[n]; times are seconds since 2026-01-01T00:00:00.250Z"


def test_the_times_on_a_page_are_those_of_its_text():
    (lane,) = draw(simulate(mapping(), records(1767225600.25), nothing)).lanes
    assert "from +0.000s to +0.050s" in lane.bars[0].tip


def test_lines_are_in_order_of_time():
    explanation = simulate(mapping(**BISECTING), records(1000, 1001, 1002), Poisoned(1)).explain()
    times = [float(line.split("s  ")[0]) for line in explanation.splitlines()[1:]]
    assert times == sorted(times)


def test_windows_and_their_final_calls_are_told():
    explanation = simulate(mapping(TumblingWindowInSeconds=10), records(1000), counting).explain()
    assert "final call in window [1970-01-01T00:16:40Z, 00:16:50Z), it closes" in explanation


def test_the_story_of_a_record_goes_on_to_the_end_of_its_window():
    timeline = simulate(mapping(TumblingWindowInSeconds=10), records(1000, 1012), counting)
    window = "[1970-01-01T00:16:40Z, 00:16:50Z)"
    assert story(timeline, 0) == [
        "#0 was delivered once, with success",
        "read #0",
        f"invocation 1 (request 0001) with #0 in window {window}, first attempt",
        "    invocation 1: succeeded",
        f"invocation 2 (request 0002) final call in window {window}, it closes, first attempt",
        "    invocation 2: succeeded",
    ]


def test_an_answer_that_fails_its_batch_says_what_is_wrong_with_it():
    explanation = simulate(
        mapping(TumblingWindowInSeconds=10, MaximumRetryAttempts=0), records(1000), nothing
    ).explain()
    assert "invocation 1: failed (the response has no state, as a tumbling window needs)" in explanation


def test_an_event_too_large_to_send_is_told_apart_from_the_invocations_before_it():
    huge = KinesisRecord(SHARD, "key", bytes(5 * 2**20), arrived=1000.0)
    timeline = simulate(mapping(BatchSize=1, MaximumRetryAttempts=0), [*at_once(1), huge], nothing)
    assert story(timeline, 1) == [
        "#1 was never delivered, and discarded: RetryAttemptsExhausted",
        "read #0-#1",
        "waits behind #0 until +0.050s",
        "too large to send: #1, first attempt",
        "    too large to send: failed (RequestTooLargeException: the event exceeds 6 MB)",
        "discarded #1: RetryAttemptsExhausted; failure record sent",
    ]


def test_queues_are_told_by_message():
    timeline = simulate(
        mapping(QUEUE), [QueueMessage("x", 1000.0)], Scripted(ValueError()), queue=QueueSettings(max_receive_count=1)
    )
    assert "back in the queue, visible again in 29.95 s: #0" in timeline.explain()
    assert "moved to the dead-letter queue: #0" in timeline.explain()


def grouped(*groups: str) -> list[QueueMessage]:
    return [QueueMessage(f"{n}", 1000.0 + n, group_id=group) for n, group in enumerate(groups)]


def fifo_story(timeline: Timeline, record: int) -> list[str]:
    return [line.split("  orders.fifo  ")[-1] for line in timeline.explain(record=record).splitlines()[1:]]


def test_a_fifo_message_still_in_the_queue_is_told_behind_what_of_its_group():
    #  0  fails at once, is invisible until 1030; 2 is of another group
    function = Scripted(ValueError("no"), None, None, None)
    timeline = simulate(mapping(FIFO, BatchSize=1), grouped("a", "a", "b"), function, invocation_seconds=1.0)
    assert fifo_story(timeline, 1) == [
        "#1 was delivered once, with success",
        "waits behind #0 until +31.000s: tried 2 times since +0.000s (request 0003), at last succeeded",
        "received #1",
        "invocation 4 (request 0004) with #1, first attempt",
        "    invocation 4: succeeded",
    ]
    assert "waits" not in timeline.explain(record=2)


def test_a_fifo_message_that_was_never_received_is_told_why():
    timeline = simulate(mapping(FIFO), grouped("a", "a"), Scripted(ValueError("no")), until=1010.0)
    assert fifo_story(timeline, 1) == [
        "#1 was never delivered; last: still in the queue behind #0 when the simulation ends",
        "waits behind #0 until +10.000s",
        "still in the queue behind #0 when the simulation ends: #1",
    ]


def test_what_waits_behind_its_fifo_batch_or_in_the_queue_behind_what_failed_is_told_both_times():
    heavy = [QueueMessage("x" * 1_000_000, 1000.0, group_id="a") for _ in range(8)]
    timeline = simulate(mapping(FIFO), heavy, Scripted(ValueError("no"), None), invocation_seconds=1.0)
    waits = [line for line in fifo_story(timeline, 7) if line.startswith("waits")]
    assert waits == [
        "waits behind #0-#5 until +1.000s",
        "waits behind #0-#5 until +30.000s",
        "waits behind #0-#5 until +31.000s: tried 2 times since +0.000s (request 0002), at last succeeded",
    ]


def test_a_call_says_how_often_its_batch_was_throttled_before():
    throttled = FunctionThrottledError()
    timeline = simulate(mapping(), at_once(1), Scripted(throttled, throttled, None))
    assert story(timeline, 0) == [
        "#0 was throttled 2 times and delivered once, with success",
        "read #0",
        "invocation 1 (request 0001) with #0, first attempt",
        "    invocation 1: throttled, tried again without spending a retry",
        "invocation 2 (request 0001) with #0, attempt 2 of the same batch, throttled once before",
        "    invocation 2: throttled, tried again without spending a retry",
        "invocation 3 (request 0001) with #0, attempt 3 of the same batch, throttled 2 times before",
        "    invocation 3: succeeded",
    ]


def test_endless_retries_are_told_by_the_first_the_last_and_how_many_there_were_between():
    timeline = simulate(mapping(), at_once(1), Poisoned(0))
    attempts = len(timeline.invocations)
    assert attempts > 1_000
    assert story(timeline, 0) == [
        f"#0 was delivered {attempts} times, and discarded: RecordAgeExceeded",
        "read #0",
        "invocation 1 (request 0001) with #0, first attempt",
        "    invocation 1: failed (ValueError: poison): the same batch again",
        "invocation 2 (request 0001) with #0, attempt 2 of the same batch",
        "    invocation 2: failed (ValueError: poison): the same batch again",
        "invocation 3 (request 0001) with #0, attempt 3 of the same batch",
        "    invocation 3: failed (ValueError: poison): the same batch again",
        f"    ... {attempts - 4} more like it, up to 60.05 s apart, until +86295.150s; "
        "nothing behind it is delivered meanwhile",
        f"invocation {attempts} (request 0001) with #0, attempt {attempts} of the same batch",
        f"    invocation {attempts}: failed (ValueError: poison): the same batch again",
        "discarded #0: RecordAgeExceeded; failure record sent",
    ]


def test_a_fold_says_how_differently_its_attempts_ended():
    throttled = [FunctionThrottledError()] * 5
    timeline = simulate(mapping(MaximumRetryAttempts=5), at_once(1), Scripted(*throttled, ValueError("no")))
    assert "... 7 more like it (5 failed, 2 throttled), up to" in timeline.explain()


def test_a_message_that_returns_for_ever_is_told_by_its_first_rounds_and_its_last():
    timeline = simulate(mapping(QUEUE), [QueueMessage("x", 1000.0)], Scripted(ValueError("no")))
    lines = timeline.explain().splitlines()
    assert len(timeline.invocations) > 10_000
    assert len(lines) < 25
    assert f"    ... {len(timeline.invocations) - 4} more like it, every 30 s, until +345" in timeline.explain()


def test_a_message_that_is_throttled_for_ever_is_told_as_shortly():
    settings = QueueSettings(retention_seconds=3600.0)
    timeline = simulate(mapping(QUEUE), [QueueMessage("x", 1000.0)], Scripted(FunctionThrottledError()), queue=settings)
    assert len(timeline.invocations) > 3_000
    assert len(timeline.explain().splitlines()) < 25


def test_a_record_that_waits_is_told_behind_what_since_when_and_why():
    timeline = simulate(mapping(), records(1000, 1005), Poisoned(0), until=1400.0)
    assert story(timeline, 1) == [
        "#1 was never delivered; last: still waiting behind #0 when the simulation ends",
        "read #1",
        "waits behind #0 until +400.000s: tried 12 times since +0.000s (request 0001), "
        "at last failed (ValueError: poison)",
        "still waiting behind #0 when the simulation ends: #1",
    ]


def test_a_record_that_waits_behind_many_batches_is_told_the_one_that_was_hardest():
    timeline = simulate(mapping(BatchSize=1, MaximumRetryAttempts=1), at_once(4), Poisoned(1))
    assert "waits behind 3 batches, #0-#2, until +1.200s: #1 was tried 2 times since +0.050s" in story(timeline, 3)[2]


def test_a_record_that_waits_for_the_final_call_of_a_window_is_told_so():
    def stubborn(event, context):
        if event["isFinalInvokeForWindow"]:
            raise ValueError("final")
        return counting(event, context)

    timeline = simulate(mapping(TumblingWindowInSeconds=10), records(1000, 1012), stubborn, until=1100.0)
    assert "waits behind the final call of a window until +100.000s: tried 7 times" in story(timeline, 1)[2]
    assert story(timeline, 1)[3] == "still waiting behind the final call of a window when the simulation ends: #1"


@pytest.mark.parametrize(
    ("settings", "taken", "told"),
    [
        ({}, 60.0, "still in flight when the simulation ends: #0-#1"),
        (
            {"MaximumBatchingWindowInSeconds": 30},
            0.0,
            "gathered when the simulation ends, the batching window is over in",
        ),
    ],
)
def test_what_is_not_settled_when_a_simulation_is_stopped_is_told(settings, taken, told):
    timeline = simulate(mapping(**settings), at_once(2), nothing, invocation_seconds=taken, until=1010.0)
    assert told in timeline.explain().splitlines()[-1]


ONE_AT_A_TIME = {"BatchSize": 1, "ScalingConfig": {"MaximumConcurrency": 2}}


@pytest.mark.parametrize(
    ("settings", "count", "size", "function", "taken", "told"),
    [
        ({}, 2, 1, nothing, 20.0, ["still in flight when the simulation ends: #0-#1"]),
        (
            ONE_AT_A_TIME,
            3,
            1,
            nothing,
            20.0,
            [
                "still in flight when the simulation ends: #0",
                "still in flight when the simulation ends: #1",
                "still in the queue, every slot is taken when the simulation ends: #2",
            ],
        ),
        (
            {"MaximumBatchingWindowInSeconds": 15},
            2,
            1,
            nothing,
            0.0,
            ["gathered when the simulation ends, the batching window is over in 5 s: #0-#1"],
        ),
        ({}, 1, 1, Scripted(ValueError()), 0.0, ["not done, visible again in 20 s when the simulation ends: #0"]),
        (
            {},
            1,
            1,
            Scripted(FunctionThrottledError()),
            0.5,
            ["throttled, to be tried again when the simulation ends: #0"],
        ),
        (
            {"ScalingConfig": {"MaximumConcurrency": 2}},
            14,
            1_000_000,
            nothing,
            20.0,
            [
                "still in flight when the simulation ends: #0-#5",
                "still in flight when the simulation ends: #6-#11",
                "received, still waiting for a free slot when the simulation ends: #12-#13",
            ],
        ),
    ],
    ids=["in flight", "no slot", "gathered", "failed", "throttled", "too large together"],
)
def test_what_a_queue_has_not_done_when_a_simulation_is_stopped_is_told(settings, count, size, function, taken, told):
    sent = [QueueMessage("x" * size, 1000.0) for _ in range(count)]
    timeline = simulate(mapping(QUEUE, **settings), sent, function, invocation_seconds=taken, until=1010.0)
    lines = [line.split("  orders  ")[-1] for line in timeline.explain().splitlines()]
    assert [line for line in lines if "when the simulation ends" in line] == told


def test_a_child_that_waits_for_its_parents_is_told_so():
    child = "shardId-000000000001"
    family = [*records(1000), *records(1001, shard=child)]
    blocked = simulate(mapping(), family, Poisoned(0), {child: [SHARD]}, until=1100.0).explain()
    assert "not read when the simulation ends, its parents are not settled to their end: #1" in blocked
    freed = simulate(mapping(MaximumRetryAttempts=2), family, Poisoned(0), {child: [SHARD]}).explain()
    assert "waited until its parents were settled to their end: #1" in freed


def test_reads_with_nothing_between_them_are_one_line():
    timeline = simulate(mapping(MaximumBatchingWindowInSeconds=30), records(*range(1000, 1020)), nothing)
    assert timeline.explain().splitlines()[1].endswith("read #0-#19, in 20 reads until +19.000s")


@pytest.mark.parametrize("record", [2, -1, "0", True])
def test_an_unknown_record_has_no_story(record):
    timeline = simulate(mapping(), at_once(2), nothing)
    with pytest.raises(ValueError, match=f"record must be the place of one of 2 records, from 0; got {record!r}"):
        timeline.explain(record=record)


def test_an_empty_timeline_says_so():
    assert simulate(mapping(), [], nothing).explain() == "Nothing happened."


def test_a_page_is_one_file_that_loads_nothing(tmp_path):
    page = simulate(mapping(**BISECTING), at_once(4), Poisoned(2)).to_html(tmp_path / "timeline.html")
    tags = Tags(page.read_text())
    assert (tags.loaded, tags.open) == ([], [])


@pytest.mark.parametrize("arn", [QUEUE])
def test_queues_are_drawn_too(arn, tmp_path):
    page = simulate(mapping(arn), [QueueMessage("<b>", 1000.0)], nothing).to_html(tmp_path / "timeline.html")
    assert Tags(page.read_text()).open == []


def test_halves_are_drawn_below_what_they_were_cut_from():
    (lane,) = draw(simulate(mapping(**BISECTING), at_once(4), Poisoned(2))).lanes
    assert [(bar.label, bar.level) for bar in lane.bars] == [
        ("#0-#3", 0),
        ("#0-#1", 1),
        ("#2-#3", 1),
        ("#2", 2),
        ("#2 ×2", 2),
        ("✕ #2", 2),
        ("#3", 2),
    ]


def test_bars_of_a_lane_never_overlap():
    (lane,) = draw(simulate(mapping(**BISECTING), at_once(8), Poisoned(2, 5), invocation_seconds=0.0)).lanes
    assert all(left.x + left.width < right.x for left, right in zip(lane.bars, lane.bars[1:], strict=False))


def test_endless_retries_are_drawn_by_the_first_the_last_and_one_bar_between():
    timeline = simulate(mapping(), at_once(1), Poisoned(0))
    attempts = len(timeline.invocations)
    assert [bar.label for bar in draw(timeline).lanes[0].bars] == [
        "#0", "#0 ×2", "#0 ×3", f"… {attempts - 4} more", f"#0 ×{attempts}", "✕ #0",
    ]  # fmt: skip


def test_of_many_batches_that_just_succeed_only_the_first_and_the_last_are_drawn():
    # 5,000 batches, of which one fails once
    timeline = simulate(mapping(BatchSize=1), at_once(5_000), Scripted(*[None] * 3_000, ValueError("once"), None))
    drawing = draw(timeline)
    assert [bar.label for bar in drawing.lanes[0].bars] == [
        "#0", "… 2998 more", "#2999", "#3000", "#3000 ×2", "#3001", "… 1997 more", "#4999",
    ]  # fmt: skip
    assert drawing.left_out == 0


def test_a_page_of_ten_thousand_invocations_is_of_a_size_to_look_at(tmp_path):
    flaky = Scripted(*[None, None, None, ValueError("again")] * 3_000)
    timeline = simulate(mapping(BatchSize=1), at_once(8_000), flaky)
    page = timeline.to_html(tmp_path / "timeline.html").read_text()
    assert len(timeline.invocations) > 10_000
    assert len(page) < 1_200_000
    assert "more lines: timeline.explain() has them all" in page
    assert "later invocations are not drawn" in page


def test_the_label_of_a_bar_is_short_however_scattered_its_records_are():
    odd = filters('{"data": {"n": [1, 3, 5, 7, 9, 11]}}')
    (lane,) = draw(simulate(mapping(**odd), at_once(12), nothing)).lanes
    assert [bar.label for bar in lane.bars] == ["#1, #3, #5, ... (6 records)"]


def test_each_window_is_drawn_as_a_band():
    (lane,) = draw(simulate(mapping(TumblingWindowInSeconds=10), records(1000, 1012), counting)).lanes
    assert [band.label for band in lane.bands] == ["00:16:40Z-00:16:50Z", "00:16:50Z-00:17:00Z"]


def test_parallel_lanes_of_a_shard_are_drawn_apart():
    busy = [record for key in "ab" for record in at_once(1, key=key)]
    drawing = draw(simulate(mapping(ParallelizationFactor=2), busy, nothing))
    assert [lane.name[-6:] for lane in drawing.lanes] == ["lane 0", "lane 1"]
