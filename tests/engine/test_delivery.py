"""The laws of stream delivery, one test each; the name of a test is the law."""

import pytest

from local.engine.delivery import (
    EXHAUSTED,
    Batch,
    Commit,
    Discard,
    Failed,
    FailedAt,
    Outcome,
    RetryPolicy,
    Succeeded,
    Throttled,
    TooLarge,
    seconds_before_retry,
    settle,
)
from local.engine.mapping import FOREVER
from tests.engine.doubles import entries

PLAIN = RetryPolicy(bisect=False, attempts=1)
BISECTING = RetryPolicy(bisect=True, attempts=1)
PATIENT = RetryPolicy(bisect=False, attempts=FOREVER)


def batch(records: str, retries: int = 0) -> Batch:
    return Batch(entries(records), retries, invocations=retries, request_id="first")


def after(outcome: Outcome, records: str, policy: RetryPolicy, retries: int = 0) -> list[str]:
    """The steps in shard order, drawn: `done 12`, `again 34 (retry 1)`, `given up 34`."""
    return [_drawn(step) for step in settle(batch(records, retries), outcome, policy)]


def _drawn(step) -> str:
    numbers = "".join(entry.sequence_number for entry in step.batch.entries)
    match step:
        case Commit():
            return f"done {numbers}"
        case Discard(condition=condition):
            return f"given up {numbers}: {condition}"
        case _:
            return f"again {numbers} (retry {step.batch.retries}{'' if step.batch.request_id else ', new'})"


def test_a_delivered_batch_is_committed_whole():
    assert after(Succeeded(), "1234", PLAIN) == ["done 1234"]


def test_records_before_the_failed_one_are_never_delivered_again():
    #  1  2  3! 4
    # [done) [again
    assert after(FailedAt("3"), "1234", PLAIN) == ["done 12", "again 34 (retry 0, new)"]


def test_what_is_left_after_a_partial_response_has_a_fresh_retry_budget():
    assert after(FailedAt("3"), "1234", PLAIN, retries=1) == ["done 12", "again 34 (retry 0, new)"]


def test_a_partial_response_at_the_first_record_leaves_the_batch_as_it_was():
    assert after(FailedAt("1"), "1234", BISECTING) == ["again 1234 (retry 1)"]


def test_a_bisecting_mapping_cuts_a_partial_response_at_the_failed_record_not_in_the_middle():
    assert after(FailedAt("4"), "1234", BISECTING) == ["done 123", "again 4 (retry 0, new)"]


@pytest.mark.parametrize("identifier", ["9", ""])
def test_an_unknown_identifier_fails_the_whole_batch(identifier):
    assert after(FailedAt(identifier), "1234", PLAIN) == ["again 1234 (retry 1)"]


@pytest.mark.parametrize(
    ("records", "halves"),
    [
        ("1234", ["again 12 (retry 0, new)", "again 34 (retry 0, new)"]),
        ("123", ["again 1 (retry 0, new)", "again 23 (retry 0, new)"]),
    ],
)
def test_a_bisecting_mapping_halves_a_failed_batch_in_order_and_a_split_costs_no_retry(records, halves):
    #  1  2 | 3  4
    assert after(Failed(), records, BISECTING) == halves


def test_a_response_that_fails_the_whole_batch_is_halved_like_an_error():
    invalid = Failed(function_error=None)
    assert after(invalid, "12", BISECTING) == ["again 1 (retry 0, new)", "again 2 (retry 0, new)"]


def test_a_single_record_cannot_be_halved_only_retried():
    assert after(Failed(), "1", BISECTING) == ["again 1 (retry 1)"]


def test_a_batch_out_of_retries_is_discarded_with_the_condition_aws_reports():
    assert after(Failed(), "12", PLAIN, retries=1) == [f"given up 12: {EXHAUSTED}"]


def test_a_batch_may_be_retried_forever():
    assert after(Failed(), "1", PATIENT, retries=10_000) == ["again 1 (retry 10001)"]


def test_a_throttle_spends_no_retry():
    assert after(Throttled(), "12", PLAIN, retries=1) == ["again 12 (retry 1)"]


def test_an_event_too_large_to_send_spends_retries_like_a_failure():
    assert after(TooLarge(), "1", PLAIN) == ["again 1 (retry 1)"]


def test_a_discarded_event_too_large_to_send_has_no_outcome_to_report():
    (step,) = settle(batch("1", retries=1), TooLarge(), PLAIN)
    assert isinstance(step, Discard)
    assert step.outcome is None


def test_waits_between_retries_double_up_to_a_minute():
    assert [seconds_before_retry(setbacks) for setbacks in (1, 2, 3, 6, 7, 10_000)] == [1, 2, 4, 32, 60, 60]
