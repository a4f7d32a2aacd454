"""The laws of asking again: how long, how often, and for what."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError, ReadTimeoutError

from streamkit.throttle import Backoff, Placed, UnprovenError, error_name, is_passing, persist, place, proof
from tests.doubles import ManualClock, cancelled, full_waits, refused, throttled, timed_out


def by_two(items):
    return (items[start : start + 2] for start in range(0, len(items), 2))


class Service:
    """Refuses the items of each round's set, or raises."""

    def __init__(self, *answers):
        self.answers: Iterator[Any] = iter(answers)
        self.calls: list[list[int]] = []

    def send(self, call):
        self.calls.append(call)
        answer: Any = next(self.answers, [])
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.mark.parametrize(("retries", "longest"), [(0, 0.05), (1, 0.1), (2, 0.2), (6, 3.0), (5_000, 3.0)])
def test_a_wait_is_a_random_share_of_a_bound_that_doubles_up_to_the_longest(retries, longest):
    assert Backoff(jitter=lambda: 0.25).wait_seconds(retries) == pytest.approx(longest / 4)


def test_attempts_begin_at_once_and_end_before_the_wait_that_would_outlast_the_time():
    clock = ManualClock()
    attempts = list(full_waits(clock).attempts(lambda: 1.0 - clock.now))
    #  0    1      2     3     4     next would wait 0.8 s
    assert (attempts, clock.slept) == ([0, 1, 2, 3, 4], [0.05, 0.1, 0.2, 0.4])


def test_there_is_one_attempt_even_when_no_time_is_left():
    assert list(full_waits(ManualClock()).attempts(lambda: -1.0)) == [0]


def test_only_what_was_refused_is_sent_again():
    service = Service([], [3])
    clock = ManualClock()
    assert place([1, 2, 3, 4], service.send, by_two, full_waits(clock), lambda: 60.0) == Placed([], 1, "Unprocessed")
    assert service.calls == [[1, 2], [3, 4], [3]]


def test_a_call_of_which_nothing_was_taken_ends_the_round():
    service = Service(throttled())
    place([1, 2, 3, 4], service.send, by_two, full_waits(ManualClock()), lambda: 60.0)
    assert service.calls == [[1, 2], [1, 2], [3, 4]]


def test_a_call_whose_answer_proves_nothing_is_made_again():
    service = Service(UnprovenError("rubbish"))
    assert place([1], service.send, by_two, full_waits(ManualClock()), lambda: 60.0) == Placed([], 1, "UnprovenError")


def test_what_is_left_when_the_time_runs_out_keeps_its_order_and_tells_the_refusal():
    service = Service([1], *[throttled()] * 100)
    clock = ManualClock()
    placed = place([1, 2, 3, 4], service.send, by_two, full_waits(clock), lambda: 1.0 - clock.now)
    assert placed == Placed([1, 3, 4], 4, "ProvisionedThroughputExceededException")


def test_no_call_but_the_first_begins_after_the_time():
    service = Service()
    placed = place([1, 2, 3, 4], service.send, by_two, full_waits(ManualClock()), lambda: -1.0)
    assert (service.calls, placed.left) == ([[1, 2]], [3, 4])


def test_nothing_to_place_is_no_call():
    service = Service()
    assert place([], service.send, by_two, full_waits(ManualClock()), lambda: 60.0) == Placed([], 0, None)
    assert service.calls == []


def test_an_error_that_no_retry_mends_rises_at_once():
    service = Service(refused("AccessDeniedException"))
    with pytest.raises(Exception, match="AccessDeniedException"):
        place([1], service.send, by_two, full_waits(ManualClock()), lambda: 60.0)


@pytest.mark.parametrize(
    ("error", "passing"),
    [
        (throttled(), True),
        (refused("ThrottlingException"), True),
        (refused("RequestLimitExceeded"), True),
        (refused("SlowDown", 503), True),
        (refused("InternalServerError", 500), True),
        (refused("AnythingNew", 429), True),
        (timed_out(), True),
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), True),
        (refused("TransactionConflictException"), True),
        (cancelled("None", "TransactionConflict"), True),
        (cancelled("ThrottlingError", "None"), True),
        (cancelled("TransactionConflict", "ConditionalCheckFailed"), False),
        (cancelled("ValidationError"), False),
        (refused("AccessDeniedException"), False),
        (refused("ResourceNotFoundException"), False),
        (refused("ValidationException"), False),
        (refused("ExpiredTokenException"), False),
    ],
    ids=lambda value: error_name(value) if isinstance(value, Exception) else "",
)
def test_throttles_faults_and_broken_connections_pass_and_refusals_do_not(error, passing):
    assert is_passing(error) is passing


def test_missing_credentials_are_no_call_error():
    service = Service(NoCredentialsError())
    with pytest.raises(NoCredentialsError):
        place([1], service.send, by_two, full_waits(ManualClock()), lambda: 60.0)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("KMS.ThrottlingException", 400),
        ("KmsThrottled", 400),
        ("KMSThrottlingException", 400),
        ("RequestThrottled", 400),
        ("RequestThrottledException", 400),
        ("SlowDown", 503),
        ("TooManyRequestsException", 429),
        ("RequestTimeout", 400),
        ("RequestTimeoutException", 400),
        ("OperationAborted", 409),
        ("ConditionalRequestConflict", 409),
    ],
)
def test_a_call_that_aws_asks_to_repeat_under_any_name_is_repeated(code, status):
    assert is_passing(refused(code, status))


# one call that has to get through


def persistent(script, passing=(UnprovenError,)):
    clock, fates = ManualClock(), iter(script)

    def attempt():
        fate = next(fates)
        if isinstance(fate, Exception):
            raise fate
        return fate

    return persist(attempt, full_waits(clock), lambda: 2 - clock.now, passing)


def test_a_call_is_made_until_it_is_answered():
    assert persistent([throttled(), timed_out(), UnprovenError("rubbish"), "done"]) == "done"


def test_a_call_that_is_never_answered_ends_with_its_last_refusal():
    with pytest.raises(ReadTimeoutError):
        persistent([*[throttled()] * 4, *[timed_out()] * 100])


def test_a_call_is_repeated_for_what_its_own_service_refuses_for_now():
    assert persistent([KeyError("moved"), "done"], (KeyError,)) == "done"
    with pytest.raises(KeyError):
        persistent([KeyError("moved"), "done"])


def test_an_answer_is_proof_only_by_what_it_holds():
    assert proof({"MessageId": "m"}, "MessageId") == "m"
    with pytest.raises(UnprovenError, match=r"an answer must hold MessageId; got one with \['ResponseMetadata'\]"):
        proof({"ResponseMetadata": {}}, "MessageId")
