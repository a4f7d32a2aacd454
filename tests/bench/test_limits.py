"""What a bench says of its limits."""

from bench.limits import at_least, at_most


def test_a_limit_that_is_reached_is_held():
    assert (
        at_least(4.0, "handle, plain", 4.0, "of textbook") == "held     handle, plain: 4.00 of textbook, at least 4.00"
    )
    assert at_most(0.5, "order_api", 0.5, "of textbook") == "held     order_api: 0.50 of textbook, at most 0.50"


def test_a_limit_that_is_not_reached_is_missed_and_both_numbers_are_told():
    assert at_least(4.0, "handle", 3.987, "of textbook") == "missed   handle: 3.99 of textbook, at least 4.00"
    assert at_most(0.5, "order_api", 0.51, "of textbook") == "missed   order_api: 0.51 of textbook, at most 0.50"
