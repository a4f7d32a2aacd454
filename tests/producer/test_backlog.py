"""Requests are cut to the limits of PutRecords, oldest first; nothing is lost on the way."""

import itertools
from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from producer.backlog import Backlog
from producer.entry import Entry
from producer.limits import RECORD_BYTES, RECORDS_PER_REQUEST, REQUEST_BYTES

SIZES = st.lists(st.sampled_from([1, 1_000, 50_000, RECORD_BYTES]), max_size=60).flatmap(
    lambda big: st.integers(0, 1_200).map(lambda small: big + [1] * small)
)


def entry(size=10, opened_at=0.0):
    return Entry(payload(size - 1), "k", None, 1, opened_at)


@cache
def payload(size):
    return bytes(size)


def drained(backlog, now=0.0):
    requests = []
    while request := backlog.take(now):
        requests.append(request)
    return requests


@given(SIZES)
def test_requests_keep_the_limits_and_lose_nothing(sizes):
    backlog, entries = Backlog(linger_seconds=0.0), [entry(size) for size in sizes]
    backlog.add(entries)
    requests = drained(backlog)
    assert [taken for request in requests for taken in request] == entries
    assert all(len(request) <= RECORDS_PER_REQUEST for request in requests)
    assert all(sum(taken.size for taken in request) <= REQUEST_BYTES for request in requests)


@given(SIZES)
def test_no_request_could_have_taken_what_the_next_one_begins_with(sizes):
    backlog = Backlog(linger_seconds=0.0)
    backlog.add(map(entry, sizes))
    requests = drained(backlog)
    assert all(
        len(request) == RECORDS_PER_REQUEST or sum(taken.size for taken in request) + after[0].size > REQUEST_BYTES
        for request, after in itertools.pairwise(requests)
    )


@given(st.lists(st.tuples(st.sampled_from(["done", "again", "later"]), st.integers(1, 9)), max_size=30))
def test_whatever_becomes_of_requests_every_entry_is_done_once(outcomes):
    backlog, entries, done = Backlog(linger_seconds=0.0), [entry() for _ in range(20)], []
    backlog.add(entries)
    for now, (outcome, wait) in enumerate([*outcomes, *[("done", 1)] * 40]):
        request = backlog.take(float(now))
        if outcome == "done":
            backlog.done(request)
            done += request
        else:
            backlog.again(request, now + (wait if outcome == "later" else 0))
    assert (sorted(map(id, done)), backlog.held, backlog.held_bytes) == (sorted(map(id, entries)), 0, 0)


def test_the_oldest_waits_for_company_as_long_as_it_may_and_no_longer():
    backlog = Backlog(linger_seconds=0.5)
    only = entry(opened_at=10.0)
    backlog.add([only])
    assert (backlog.take(10.4), backlog.next_moment(), backlog.take(10.5)) == ([], 10.5, [only])


def test_a_full_request_does_not_wait():
    backlog = Backlog(linger_seconds=60.0)
    backlog.add(entry() for _ in range(RECORDS_PER_REQUEST + 1))
    assert [len(request) for request in drained(backlog)] == [RECORDS_PER_REQUEST]


def test_a_request_is_full_by_its_bytes_too_and_what_was_taken_counts_no_more():
    backlog = Backlog(linger_seconds=60.0)
    backlog.add(entry(RECORD_BYTES) for _ in range(5))
    full = backlog.take(0.0)
    backlog.add([entry()])
    lingering = backlog.take(0.0)
    backlog.again(full, not_before=1.0)
    assert ([len(full), len(lingering), len(backlog.take(1.0))]) == [5, 0, 5]


def test_who_is_in_a_hurry_waits_for_no_company():
    backlog = Backlog(linger_seconds=60.0)
    backlog.add([entry()])
    assert len(backlog.take(0.0, hurry=True)) == 1


def test_what_was_refused_comes_back_when_it_is_due_before_all_that_is_fresh():
    backlog, refused, fresh = Backlog(linger_seconds=0.0), [entry(), entry()], [entry(), entry()]
    backlog.add(refused)
    backlog.again(backlog.take(0.0), not_before=5.0)
    early, due = backlog.take(4.9), backlog.next_moment()
    backlog.add(fresh)
    assert (early, due, backlog.take(5.0)) == ([], 5.0, [*refused, *fresh])


def test_what_is_abandoned_is_everything_but_what_is_on_its_way():
    backlog, away, waiting, fresh = Backlog(linger_seconds=0.0), entry(), entry(), entry()
    backlog.add([waiting])
    backlog.again(backlog.take(0.0), not_before=99.0)
    backlog.add([away])
    backlog.take(0.0)
    backlog.add([fresh])
    assert (backlog.take_all(), backlog.held) == ([waiting, fresh], 3)
