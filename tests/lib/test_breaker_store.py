"""One breaker, many instances: what they share, what it costs, and what becomes of it when its table is in trouble."""

from collections.abc import Callable, Iterator
from itertools import count

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from streamkit.breaker import Closed, HalfOpen, Numbers, Open, Passage, Refusal
from streamkit.breaker_store import Breaker, BreakerItemError, Tally, attributes, state_of
from tests.doubles import ManualClock, Rubbish, refused, throttled, timed_out
from tests.memory_dynamodb import Failing, MemoryDynamoDB

NUMBERS = Numbers(failures=2, window_seconds=60, rest_seconds=10, longest_rest_seconds=40, lease_seconds=20)
MOMENTS = st.integers(0, 10**12).map(lambda milliseconds: milliseconds / 1000)
COUNTS = st.integers(0, 10**9)


class RacedTable(MemoryDynamoDB):
    """Before a put something else may happen first."""

    before_put: Iterator[Callable[[], object]] = iter(())

    def put_item(self, **request):
        next(self.before_put, lambda: None)()
        return super().put_item(**request)


class Fleet:
    """Instances that share one breaker's item, and a clock."""

    def __init__(self, script=()):
        self.table = RacedTable(script, keys={"breakers": ("name",)})
        self.clock = ManualClock(1000.0)
        self.names = map(str, count(1))

    def instance(self):
        return Breaker(
            "payment",
            "breakers",
            self.table,
            NUMBERS,
            cache_seconds=5.0,
            clock=lambda: self.clock.now,
            make_name=lambda: next(self.names),
        )

    def opened(self):
        """Two instances, the first of which has seen the service fail twice."""
        first, second = self.instance(), self.instance()
        fail(first)
        fail(first)
        self.table.calls.clear()
        return first, second

    def calm(self):
        self.table.script = iter(())


def fail(breaker):
    passage = breaker.ask()
    assert isinstance(passage, Passage)
    breaker.failed(passage)


def succeed(breaker):
    passage = breaker.ask()
    assert isinstance(passage, Passage)
    breaker.succeeded(passage)


def test_a_healthy_service_costs_one_read_in_the_time_of_the_cache_and_no_write():
    fleet = Fleet()
    breaker = fleet.instance()
    for _ in range(10):
        succeed(breaker)
        fleet.clock.now += 1.0
    assert fleet.table.calls == ["GetItem", "GetItem"]


def test_what_one_instance_saw_fail_all_instances_refuse():
    _, second = Fleet().opened()
    assert second.ask() == Refusal(10.0)


def test_an_instance_that_has_just_looked_learns_of_an_opening_when_its_cache_is_over():
    fleet = Fleet()
    second = fleet.instance()
    second.ask()
    first = fleet.instance()
    fail(first)
    fail(first)
    assert second.ask() == Passage(0)
    fleet.clock.now += 5.0
    assert second.ask() == Refusal(5.0)


def test_failures_of_different_instances_add_up():
    fleet = Fleet()
    fail(fleet.instance())
    fail(fleet.instance())
    assert fleet.instance().ask() == Refusal(10.0)


def test_refusing_costs_one_read_in_the_time_of_the_cache():
    fleet = Fleet()
    _, second = fleet.opened()
    assert [second.ask(), second.ask(), second.ask()] == [Refusal(10.0)] * 3
    assert fleet.table.calls == ["GetItem"]


def test_after_the_rest_one_instance_probes_and_the_other_waits():
    fleet = Fleet()
    first, second = fleet.opened()
    second.ask()
    fleet.clock.now += 10.0
    assert first.ask() == Passage(1, probe="4")  # the fourth to ask
    assert second.ask() == Refusal(20.0)


def test_of_two_that_saw_the_same_lapsed_opening_the_slower_one_does_not_probe():
    fleet = Fleet()
    first, second = fleet.opened()
    fleet.clock.now += 10.0 - 0.001
    assert isinstance(first.ask(), Refusal)
    assert isinstance(second.ask(), Refusal)
    fleet.clock.now += 0.001
    answers = [first.ask(), second.ask()]  # both decide from what they have seen; only one write holds
    assert [type(answer) for answer in answers] == [Passage, Refusal]


def test_of_two_that_write_at_the_same_time_one_probes():
    fleet = Fleet()
    first, second = fleet.opened()
    fleet.clock.now += 10.0
    fleet.table.before_put = iter([second.ask])  # between the look of the first and its write
    assert isinstance(first.ask(), Refusal)
    assert isinstance(second.ask(), Refusal)
    assert fleet.table.items["payment"]["state"] == {"S": "half-open"}


def test_another_probes_when_the_prober_has_died():
    fleet = Fleet()
    first, second = fleet.opened()
    fleet.clock.now += 10.0
    first.ask()
    fleet.clock.now += 20.0
    assert isinstance(second.ask(), Passage)


def test_a_probe_that_succeeds_closes_for_all():
    fleet = Fleet()
    first, second = fleet.opened()
    fleet.clock.now += 10.0
    succeed(first)
    assert second.ask() == Passage(1)


def test_a_failure_that_opens_it_is_told_the_rest_and_one_before_is_told_nothing():
    breaker = Fleet().instance()
    assert [breaker.failed(breaker.ask()) for _ in range(2)] == [None, Refusal(10.0)]


def test_a_probe_that_fails_is_told_the_longer_rest():
    fleet = Fleet()
    first, _ = fleet.opened()
    fleet.clock.now += 10.0
    assert first.failed(first.ask()) == Refusal(20.0)


def test_a_late_failure_is_told_what_is_left_of_the_rest():
    fleet = Fleet()
    slow = fleet.instance()
    passage = slow.ask()
    fleet.opened()
    fleet.clock.now += 9.0
    assert slow.failed(passage) == Refusal(1.0)


def test_a_probe_that_fails_opens_again_for_longer():
    fleet = Fleet()
    first, second = fleet.opened()
    fleet.clock.now += 10.0
    fail(first)
    assert second.ask() == Refusal(20.0)


def test_a_breaker_whose_item_is_deleted_by_hand_begins_closed():
    fleet = Fleet()
    first, second = fleet.opened()
    second.ask()
    fleet.table.items.clear()
    fleet.clock.now += 5.0
    assert (first.ask(), second.ask()) == (Passage(0), Passage(0))
    fail(first)
    fail(second)
    assert fleet.instance().ask() == Refusal(10.0)


def test_a_success_from_before_the_opening_closes_nothing():
    fleet = Fleet()
    slow = fleet.instance()
    passage = slow.ask()
    _, second = fleet.opened()
    slow.succeeded(passage)
    assert second.ask() == Refusal(10.0)


def test_a_failure_from_before_the_opening_does_not_lengthen_the_rest():
    fleet = Fleet()
    slow = fleet.instance()
    passage = slow.ask()
    _, second = fleet.opened()
    fleet.clock.now += 9.0
    slow.failed(passage)
    assert second.ask() == Refusal(1.0)


def test_openings_closings_and_refusals_are_counted_once_by_the_instance_that_made_them():
    fleet = Fleet()
    first, second = fleet.opened()
    second.ask()
    fleet.clock.now += 10.0
    succeed(second)
    assert (first.tally.taken(), second.tally.taken()) == (Tally(opened=1), Tally(closed=1, refused=1))
    assert second.tally.taken() == Tally()


@pytest.mark.parametrize("error", [throttled(), timed_out(), refused("InternalServerError", 500)])
def test_a_call_goes_through_when_the_table_of_breakers_is_in_trouble(error):
    assert Fleet([Failing(error)]).instance().ask() == Passage(0)


def test_a_call_goes_through_when_the_table_answers_rubbish():
    fleet = Fleet()
    breaker = fleet.instance()
    breaker.table = Rubbish()
    assert breaker.ask() == Passage(0)


def test_an_opening_that_was_seen_still_counts_when_the_table_is_in_trouble():
    fleet = Fleet()
    _, second = fleet.opened()
    second.ask()
    fleet.clock.now += 6.0
    fleet.table.script = iter([Failing(throttled())])
    assert second.ask() == Refusal(4.0)


def test_a_rest_that_is_over_lets_calls_through_when_the_table_is_in_trouble():
    fleet = Fleet()
    first, _ = fleet.opened()
    fleet.clock.now += 10.0
    fleet.table.script = iter([Failing(throttled())])
    assert first.ask() == Passage(1)


def test_a_probe_whose_leave_was_written_though_the_answer_was_lost_goes_through():
    fleet = Fleet()
    first, second = fleet.opened()
    fleet.clock.now += 10.0
    fleet.table.script = iter([None, Failing(timed_out(), after=True)])
    assert isinstance(first.ask(), Passage)
    assert isinstance(second.ask(), Refusal)


def test_a_denial_rises():
    with pytest.raises(ClientError, match="AccessDenied"):
        Fleet([Failing(refused("AccessDeniedException"))]).instance().ask()


def test_an_item_that_is_no_breaker_is_told_with_its_remedy():
    fleet = Fleet()
    fleet.table.tables["breakers"]["payment"] = {
        "name": {"S": "payment"},
        "version": {"N": "1"},
        "openings": {"N": "1"},
        "state": {"S": "ajar"},
    }
    with pytest.raises(BreakerItemError, match=r"ajar.*delete the item"):
        fleet.instance().ask()


@given(
    st.builds(Closed, COUNTS, st.lists(MOMENTS, max_size=5).map(tuple))
    | st.builds(Open, COUNTS, COUNTS, MOMENTS)
    | st.builds(HalfOpen, COUNTS, COUNTS, st.text(min_size=1), MOMENTS)
)
def test_a_state_is_read_as_it_was_written(state):
    assert state_of(attributes(state, 7)) == (state, 7)


ERRORS = [throttled(), timed_out(), refused("InternalServerError", 500)]
FATES = st.none() | st.builds(Failing, st.sampled_from(ERRORS), st.booleans())


@given(
    st.lists(FATES, max_size=40),
    st.lists(st.tuples(st.integers(0, 2), st.booleans(), st.integers(0, 12)), max_size=40),
)
def test_whatever_fails_the_breaker_closes_once_its_service_and_its_table_are_well(script, calls):
    fleet = Fleet(script)
    instances = [fleet.instance() for _ in range(3)]
    for which, well, pause in calls:
        fleet.clock.now += pause
        breaker = instances[which]
        passage = breaker.ask()
        if isinstance(passage, Passage):
            (breaker.succeeded if well else breaker.failed)(passage)
    fleet.calm()
    fleet.clock.now += 60.0
    succeed(instances[0])
    fleet.clock.now += 5.0
    assert [type(breaker.ask()) for breaker in instances] == [Passage] * 3
