"""What a partner's answer means, and what the breaker hears of it."""

import json
from http.client import HTTPException

import pytest

from order_pipeline.partners import Approved, Partner, Refused, Resting, Trouble, reply
from streamkit.breaker import Passage, Refusal
from streamkit.https import Address, Answer


@pytest.mark.parametrize(
    ("status", "body", "meaning"),
    [
        (200, b'{"paymentId": "p-1"}', Approved("p-1")),
        (201, b'{"paymentId": "p-1", "more": 1}', Approved("p-1")),
        (200, b"{}", Trouble("status 200 without paymentId")),
        (200, b'{"paymentId": 7}', Trouble("status 200 without paymentId")),
        (200, b'{"paymentId": "\\ud800"}', Trouble("status 200 without paymentId")),
        (200, b'{"paymentId": "a\\u0000"}', Trouble("status 200 without paymentId")),
        (200, b'{"paymentId": ""}', Trouble("status 200 without paymentId")),
        (200, json.dumps({"paymentId": "p" * 257}).encode(), Trouble("status 200 without paymentId")),
        (200, b"[" * 10_000, Trouble("status 200 without paymentId")),
        (204, b"", Trouble("status 204 without paymentId")),
        (402, b'{"reason": "card expired"}', Refused("card expired")),
        (422, b"<html>", Refused("refused with status 422")),
        (402, b'{"reason": " "}', Refused("refused with status 402")),
        (402, json.dumps({"reason": "\u2028\n" + "x" * 500}).encode(), Refused("\\u2028\\n" + "x" * 192)),
        (409, b'{"reason": "in progress"}', Trouble("status 409", is_orders=True)),
        (302, b"", Trouble("status 302")),
        (400, b"", Trouble("status 400", is_orders=True)),
        (413, b"", Trouble("status 413", is_orders=True)),
        (401, b"", Trouble("status 401")),
        (403, b"", Trouble("status 403")),
        (404, b"", Trouble("status 404")),
        (429, b"", Trouble("status 429")),
        (500, b"", Trouble("status 500")),
    ],
)
def test_only_two_statuses_refuse_and_only_an_id_approves(status, body, meaning):
    assert reply(Answer(status, body), "paymentId") == meaning


class Watched:
    """A breaker that says one thing and notes what it is told."""

    def __init__(self, says, opens=None):
        self.says, self.opens = says, opens
        self.told: list[str] = []

    def ask(self):
        return self.says

    def succeeded(self, passage):
        self.told.append("succeeded")

    def failed(self, passage):
        self.told.append("failed")
        return self.opens


def partner(breaker, answer):
    def posted(*_):
        if isinstance(answer, Exception):
            raise answer
        return answer

    return Partner(Address(secure=True, host="pay.example", port=443, path=""), 5.0, breaker, posted)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Answer(200, b'{"paymentId": "p-1"}'), "succeeded"),
        (Answer(402, b"{}"), "succeeded"),
        (Answer(400, b"{}"), "succeeded"),
        (Answer(409, b"{}"), "succeeded"),
        (Answer(413, b"{}"), "succeeded"),
        (Answer(401, b"{}"), "failed"),
        (Answer(429, b"{}"), "failed"),
        (Answer(200, b"{}"), "failed"),
        (Answer(500, b""), "failed"),
        (TimeoutError(), "failed"),
        (HTTPException(), "failed"),
    ],
)
def test_the_breaker_hears_of_the_services_trouble_and_not_of_refusals_or_of_one_orders_trouble(answer, told):
    breaker = Watched(Passage(0))
    partner(breaker, answer).ask("/payments", "o-1", {}, "paymentId")
    assert breaker.told == [told]


def test_trouble_that_opens_the_breaker_says_how_long_it_rests():
    breaker = Watched(Passage(0), opens=Refusal(15.0))
    asked = partner(breaker, Answer(500, b"")).ask("/payments", "o-1", {}, "paymentId")
    assert asked == Trouble("status 500", wait_seconds=15.0)


def test_a_partner_that_rests_is_not_asked():
    breaker = Watched(Refusal(7.0))
    assert partner(breaker, AssertionError("asked")).ask("/payments", "o-1", {}, "paymentId") == Resting(7.0)
    assert breaker.told == []
