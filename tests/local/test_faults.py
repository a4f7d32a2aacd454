"""The laws of rules: which calls they take, how often, and that the same seed always decides the same."""

import pytest

from local.aws_call import Call
from local.faults import Delay, Injected, Partial, Rule, ServerError, Tally, Throttle, decide, refused

PUT = Call("dynamodb", "PutItem", resources=frozenset({"trips"}))


def fired(rules, calls, seed=0):
    """Which of the calls each met a fault, as indexes."""
    tallies = (Tally(),) * len(rules)
    found = []
    for index, call in enumerate(calls):
        injected, tallies = decide(call, rules, tallies, seed)
        found += [index] if injected else []
    return found


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Rule(Throttle(), "dynamodb"), [0, 1, 2, 3, 4]),
        (Rule(Throttle(), "dynamodb", "PutItem"), [0, 1, 2, 3, 4]),
        (Rule(Throttle(), "dynamodb", "GetItem"), []),
        (Rule(Throttle(), "kinesis"), []),
        (Rule(Throttle(), "dynamodb", resource="trips"), [0, 1, 2, 3, 4]),
        (Rule(Throttle(), "dynamodb", resource="orders"), []),
        (Rule(Throttle(), "dynamodb", times=2), [0, 1]),
        (Rule(Throttle(), "dynamodb", skip=3), [3, 4]),
        (Rule(Throttle(), "dynamodb", skip=2, times=1), [2]),
        (Rule(Throttle(), "dynamodb", probability=0), []),
    ],
)
def test_a_rule_takes_the_calls_it_names(rule, expected):
    assert fired([rule], [PUT] * 5) == expected


def test_a_rule_counts_only_the_calls_it_matches():
    others = Call("dynamodb", "GetItem")
    assert fired([Rule(Throttle(), "dynamodb", "PutItem", skip=1, times=1)], [others, PUT, others, PUT, PUT]) == [3]


def test_the_first_rule_that_is_due_wins():
    spent, next_one = Rule(Throttle(), "dynamodb", times=0), Rule(Delay(1), "dynamodb")
    assert decide(PUT, [spent, next_one], [Tally(), Tally()], 0)[0] == Injected(PUT, next_one, nth=1)


def test_an_outranked_rule_still_counts_the_call():
    rules = [Rule(Throttle(), "dynamodb", times=1), Rule(Delay(1), "dynamodb", skip=1)]
    assert decide(PUT, rules, [Tally(), Tally()], 0)[1] == (Tally(matched=1, fired=1), Tally(matched=1))


def test_a_probability_takes_about_that_share_of_the_calls():
    assert 250 < len(fired([Rule(Throttle(), "dynamodb", probability=0.3)], [PUT] * 1000)) < 350


def test_the_same_seed_takes_the_same_calls():
    rules = [Rule(Throttle(), "dynamodb", probability=0.5)]
    assert fired(rules, [PUT] * 50, seed=3) == fired(rules, [PUT] * 50, seed=3)


def test_another_seed_takes_other_calls():
    rules = [Rule(Throttle(), "dynamodb", probability=0.5)]
    assert fired(rules, [PUT] * 50, seed=3) != fired(rules, [PUT] * 50, seed=4)


@pytest.mark.parametrize(("share", "size", "count"), [(0.5, 10, 5), (0.5, 1, 1), (0.01, 10, 1), (1, 25, 25)])
def test_a_partial_result_refuses_its_share_and_at_least_one(share, size, count):
    batch = Call("dynamodb", "BatchWriteItem")
    injected = Injected(batch, Rule(Partial(share), "dynamodb", "BatchWriteItem"), nth=1)
    assert len(refused(injected, size, seed=0)) == count


def test_a_partial_result_is_refused_for_an_operation_without_one():
    with pytest.raises(ValueError, match=r"Partial needs a batch operation; got dynamodb PutItem\."):
        Rule(Partial(), "dynamodb", "PutItem")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Partial(0), "share must be above 0 and at most 1; got 0"),
        (lambda: ServerError(429), "status must be a 5xx; got 429"),
        (lambda: Rule(Throttle(), "sqs", probability=2), "probability must be between 0 and 1; got 2"),
    ],
)
def test_an_impossible_rule_says_what_it_got(make, message):
    with pytest.raises(ValueError, match=message):
        make()
