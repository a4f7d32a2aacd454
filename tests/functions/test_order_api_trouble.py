"""What order_api answers when the table refuses, hangs or holds what it should not, and what the log is told."""

import json
from typing import Any

import pytest

from streamkit.attributes import attributes
from tests.doubles import Rubbish, refused, throttled, timed_out
from tests.memory_dynamodb import Failing, MemoryDynamoDB
from tests.order_requests import Shop, get, post, request

CONFLICT = refused("TransactionConflictException")


def test_a_throttled_table_is_asked_again_while_a_caller_has_patience():
    shop = Shop([Failing(throttled())] * 3)
    assert (shop.ask(post()).status, shop.table.calls) == (202, ["PutItem"] * 4)


@pytest.mark.parametrize("event", [post(), get("o-1")], ids=["place", "show"])
def test_a_table_that_goes_on_throttling_is_told_as_such(event):
    shop = Shop([Failing(throttled())] * 99)
    answer = shop.ask(event)
    assert (answer.error, answer.headers["retry-after"]) == ((503, "unavailable", None), "1")
    assert shop.lines[-1]["refusal"] == "ProvisionedThroughputExceededException"


def test_patience_ends_after_two_seconds_whatever_time_there_is():
    shop = Shop([Failing(throttled())] * 99, timeout_seconds=900.0)
    # Full waits of 0.05, 0.1, 0.2, 0.4 and 0.8 s; another of 1.6 s would not end in time.
    assert (shop.ask(post()).status, len(shop.table.calls)) == (503, 6)


def test_patience_ends_before_the_invocation_does():
    shop = Shop([Failing(throttled())] * 99, timeout_seconds=3.0)
    assert (shop.ask(post()).status, len(shop.table.calls)) == (503, 1)


def test_a_put_whose_answer_was_lost_finds_its_own_order():
    shop = Shop([Failing(timed_out(), after=True)])
    answer = shop.ask(post())
    assert (answer.status, len(shop.items)) == (202, 1)
    assert shop.lines[-1]["outcome"] == "OrdersAccepted"


LOST = [timed_out(), refused("InternalServerError", 500)]


@pytest.mark.parametrize("lost", LOST, ids=["time", "fault"])
def test_an_order_that_may_have_been_placed_can_be_looked_for(lost):
    shop = Shop([Failing(lost, after=True), *[Failing(throttled())] * 99])
    answer = shop.ask(post())
    ((order, _),) = shop.items.items()
    assert answer.error == (503, "undecided", None)
    assert f"look for it at /api/orders/{order} " in answer.body["error"]["message"]


def test_a_repeat_that_meets_a_transaction_on_its_order_is_a_conflict():
    shop = Shop([None, *[Failing(CONFLICT)] * 99])
    shop.ask(post(key="k"))
    answer = shop.ask(post(key="k"))
    assert (answer.error, answer.headers["retry-after"]) == ((409, "being_written", None), "1")


@pytest.mark.parametrize("event", [post(), get("o-1")], ids=["place", "show"])
def test_what_no_repetition_mends_is_told_to_the_log_alone(event):
    shop = Shop([Failing(refused("AccessDeniedException"))])
    answer = shop.ask(event | {"headers": event["headers"] | {"x-correlation-id": "mine"}})
    assert (answer.error, answer.headers["x-correlation-id"]) == ((500, "internal", None), "mine")
    assert "AccessDenied" not in json.dumps(answer.body)
    assert ["AccessDenied" in json.dumps(line) for line in shop.lines] == [True, True]


class LaggingTable(MemoryDynamoDB):
    """A table of which only consistent reads see the last writes."""

    def get_item(self, **request: Any) -> Any:
        return super().get_item(**request) if request.get("ConsistentRead") else {"ConsumedCapacity": {}}


def test_whoever_is_told_202_finds_the_order_at_once():
    shop = Shop()
    shop.table = LaggingTable(keys={"orders": ("id",)})
    assert shop.ask(get(shop.ask(post()).order_id)).status == 200


@pytest.mark.parametrize("event", [post(), get("o-1")], ids=["place", "show"])
def test_an_answer_of_the_table_that_holds_nothing_proves_nothing(event):
    shop = Shop()
    shop.table = Rubbish()  # type: ignore[assignment]
    assert shop.ask(event).status == 503


def test_an_item_that_is_no_order_is_our_mistake_and_not_shown():
    shop = Shop()
    shop.items["o-1"] = attributes({"id": "o-1", "status": "LOST", "secret": "s3cr3t"})
    answer = shop.ask(get("o-1"))
    assert (answer.error, "s3cr3t" in json.dumps(answer.body)) == ((500, "internal", None), False)


@pytest.mark.parametrize(
    ("event", "outcome"),
    [
        (post(), "OrdersAccepted"),
        (post("{}"), "OrdersRefused"),
        (post(content_type="text/plain"), "OrdersRefused"),
        (get("o-1"), None),
        (request("PUT", "/api/orders"), None),
    ],
    ids=["accepted", "invalid", "type", "read", "method"],
)
def test_a_request_is_one_line_of_the_log_and_an_order_one_figure(event, outcome, capsys):
    shop = Shop()
    answer = shop.ask(event)
    (line,) = shop.lines
    assert (line["message"], line["status"], line.get("outcome")) == ("invocation_done", answer.status, outcome)
    assert line["correlation_id"] == answer.headers["x-correlation-id"]
    assert [json.loads(figures)[outcome] for figures in capsys.readouterr().out.splitlines()] == [[1.0]] * bool(outcome)


def test_a_repeat_is_counted_as_one():
    shop = Shop()
    shop.ask(post(key="k"))
    shop.ask(post(key="k"))
    assert [line["outcome"] for line in shop.lines] == ["OrdersAccepted", "OrdersRepeated"]
