"""When the world is at fault, or an order is past help: what comes back, what waits, and what becomes a dead letter."""

import pytest
from botocore.exceptions import ClientError

from order_pipeline.settling import MOST_ATTEMPTS
from order_pipeline.tasks import FRESH_SECONDS
from streamkit.breaker import Numbers
from streamkit.changes import ChangeError
from streamkit.https import Answer
from tests.doubles import Rubbish, cancelled, refused, throttled, timed_out
from tests.memory_dynamodb import Failing, Written
from tests.ordering import LINE, NOON, PLACED, STAGES, brought_to, everyone_refuses, placing, sqs, stream_event, world
from tests.partners import MemoryPartner


def test_trouble_brings_a_shard_back_from_the_order_that_met_it():
    made = world(gateway=MemoryPartner(fortunes=[None, "500 before"]))
    made(stream_event(*placing(made, "o-1", "o-2", "o-3")))
    answer = made(stream_event(*made.changes()))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "101"}]}
    assert [order.status for order in made.orders()] == ["PAID", "VALIDATED", "VALIDATED"]
    assert made.gateway.asked == [("/payments", f"o-1-{PLACED}"), ("/payments", f"o-2-{PLACED}")]


@pytest.mark.parametrize("error", [throttled(), timed_out(), refused("InternalServerError", 500)])
def test_tables_that_do_not_answer_bring_the_record_back(error):
    made = world(*[Failing(error)] * 50)
    assert made(stream_event(*placing(made, "o-1"))) == {"batchItemFailures": [{"itemIdentifier": "100"}]}


@pytest.mark.parametrize(
    ("status", "operation"),
    [("PLACED", "get_item"), ("PLACED", "batch_get_item"), ("PLACED", "update_item"), ("PAID", "transact_write_items")],
)
def test_an_answer_that_does_not_say_what_was_done_brings_the_record_back(status, operation):
    made = world()
    change = brought_to(made, status)
    setattr(made.tables, operation, getattr(Rubbish(), operation))
    assert made(stream_event(*change)) == {"batchItemFailures": [{"itemIdentifier": "100"}]}
    assert [line["cause"] for line in made.logged("step_troubled")] == ["UnprovenError"]


def test_stock_that_the_table_leaves_unread_is_asked_for_after_a_wait_and_then_brings_the_record_back():
    made = world()
    change = placing(made, "o-1")
    made.tables.batch_get_item = lambda **request: {"Responses": {}, "UnprocessedKeys": request["RequestItems"]}
    assert made(stream_event(*change)) == {"batchItemFailures": [{"itemIdentifier": "100"}]}
    assert made.invocation.slept != []


def test_a_denial_rises():
    made = world(Failing(refused("AccessDeniedException")))
    with pytest.raises(ClientError, match="AccessDenied"):
        made(stream_event(*placing(made, "o-1")))


def test_a_reservation_that_meets_others_at_a_hot_sku_is_tried_again():
    made = world()
    change = brought_to(made, "PAID")
    made.tables.script = iter([None, Failing(cancelled("None", "None", "TransactionConflict"))])
    made(stream_event(*change))
    assert (made.order("o-1").status, made.available()["apple"]) == ("RESERVED", 8)


def test_what_the_time_does_not_reach_comes_back():
    made = world(timeout_seconds=20.0, gateway=MemoryPartner())
    made.gateway.before = lambda path, body: made.invocation.sleep(3.0)
    made(stream_event(*placing(made, "o-1", "o-2", "o-3", "o-4")))
    assert made(stream_event(*made.changes())) == {"batchItemFailures": [{"itemIdentifier": "102"}]}


def test_a_message_that_the_time_does_not_reach_is_sent_anew_and_counts_no_receive():
    made = world(timeout_seconds=17.0, gateway=MemoryPartner())
    made.gateway.before = lambda path, body: made.invocation.sleep(3.0)
    made(stream_event(*placing(made, "o-1", "o-2")))
    assert made(sqs({"orderId": "o-1"}, {"orderId": "o-2"})) == {"batchItemFailures": []}
    assert (made.queue.messages, made.queue.delays) == ([{"orderId": "o-2", "correlationId": None}], [5])


def test_an_open_breaker_leaves_the_order_where_it_is_and_the_shard_flows():
    made = world(gateway=MemoryPartner(fortunes=["500 before"] * 3))
    made(stream_event(*placing(made, "o-1", "o-2")))
    changes = made.changes()
    for _ in range(2):
        made(stream_event(*changes))
    assert made(stream_event(*changes)) == {"batchItemFailures": []}
    assert made.queue.messages == [
        {"orderId": "o-1", "correlationId": "corr-o-1", "attempts": 1},
        {"orderId": "o-2", "correlationId": "corr-o-2"},
    ]
    assert [order.status for order in made.orders()] == ["VALIDATED", "VALIDATED"]
    assert made.queue.delays == [30, 20]  # the first wait of a troubled order, and the rest; each with the whole jitter


def test_a_call_that_opens_the_breaker_sends_its_order_to_wait_as_long_as_the_rest():
    made = world(gateway=MemoryPartner(fortunes=["500 before"]), numbers=Numbers(failures=1, rest_seconds=100.0))
    answer = made(stream_event(*brought_to(made, "VALIDATED")))
    assert (answer, made.queue.delays) == ({"batchItemFailures": []}, [200])


def test_a_probe_that_fails_is_an_attempt_of_its_order():
    made = world(gateway=MemoryPartner(fortunes=["500 before"]), numbers=Numbers(failures=1, rest_seconds=100.0))
    brought_to(made, "VALIDATED")
    answer = made(sqs({"orderId": "o-1", "attempts": MOST_ATTEMPTS}))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m-0"}]}


def test_a_shard_that_is_late_already_does_not_wait_for_a_partner():
    made = world(gateway=MemoryPartner(fortunes=["500 before"]))
    changes = brought_to(made, "VALIDATED")
    made.clock.now = NOON + FRESH_SECONDS
    assert made(stream_event(*changes, *placing(made, "o-2"))) == {"batchItemFailures": []}
    assert (made.order("o-2").status, made.queue.messages[0]["attempts"]) == ("VALIDATED", 1)


def test_an_order_that_the_gateway_does_not_understand_opens_no_breaker():
    made = world(gateway=MemoryPartner(), numbers=Numbers(failures=1))
    changes = brought_to(made, "VALIDATED")
    made.gateway.post = lambda *_: Answer(400, b"{}")
    made(stream_event(*changes))
    assert made.tables.tables["breakers"] == {}


def test_an_order_that_cannot_be_queued_comes_back_to_the_shard():
    made = world(gateway=MemoryPartner(fortunes=["500 before"] * 3))
    made(stream_event(*placing(made, "o-1", "o-2", "o-3")))
    changes = made.changes()
    for _ in range(2):
        made(stream_event(*changes))
    made.queue.script = iter([1] + [0] * 50)
    assert made(stream_event(*changes)) == {"batchItemFailures": [{"itemIdentifier": "101"}]}


def test_once_its_wait_is_over_an_order_goes_on_from_where_it_is():
    made = world(gateway=MemoryPartner(fortunes=["500 before"] * 3))
    made.place("o-1", LINE)
    made.finish()
    assert made.statuses("o-1") == STAGES


def test_a_message_that_finds_the_breaker_open_is_sent_anew_and_deleted():
    made = world(gateway=MemoryPartner(fortunes=["500 before"] * 3))
    change = brought_to(made, "VALIDATED")
    for _ in range(3):
        made(stream_event(*change))
    (body,) = made.waiting()
    assert made(sqs(body)) == {"batchItemFailures": []}
    assert made.waiting() == [body]


def test_a_message_that_meets_trouble_is_sent_anew_for_later_each_time():
    made = world(gateway=MemoryPartner(fortunes=["500 before"] * 2))
    brought_to(made, "VALIDATED")
    made(sqs({"orderId": "o-1", "correlationId": "corr-o-1", "attempts": 3}))
    assert (made.queue.messages, made.queue.delays) == (
        [{"orderId": "o-1", "correlationId": "corr-o-1", "attempts": 4}],
        [240],
    )


def test_after_a_day_of_nothing_but_trouble_a_message_fails():
    made = world(gateway=MemoryPartner(fortunes=["500 before"]))
    brought_to(made, "VALIDATED")
    answer = made(sqs({"orderId": "o-1", "attempts": MOST_ATTEMPTS}))
    assert (answer, made.waiting()) == ({"batchItemFailures": [{"itemIdentifier": "m-0"}]}, [])


def spoiled(made, **attributes):
    changes = placing(made, "o-1", "o-2")
    made.tables.tables["orders"]["o-1"] |= attributes
    first = Written("orders", changes[0].key, None, made.tables.tables["orders"]["o-1"])
    return stream_event(first, changes[1])


@pytest.mark.parametrize(
    "attributes",
    [
        {"status": {"S": "WRAPPED"}},
        {"totalCents": {"N": "1"}},
        {"items": {"S": "none"}},
        {"version": {"S": "one"}},
        {"items": {"L": []}},
    ],
)
def test_an_order_that_cannot_be_read_leaves_the_shard_for_the_retry_queue_and_is_told(attributes):
    made = world()
    assert made(spoiled(made, **attributes)) == {"batchItemFailures": []}
    assert (made.order("o-2").status, [one["orderId"] for one in made.queue.messages]) == ("VALIDATED", ["o-1"])
    (line,) = made.logged("order_stuck")
    assert (line["level"], line["order_id"]) == ("ERROR", "o-1")


def test_there_it_fails_until_it_is_a_dead_letter():
    made = world()
    made(spoiled(made, status={"S": "WRAPPED"}))
    timeline = made.messages(made.waiting())
    assert (len(timeline.dead_letters), made.waiting()) == (1, [])


def test_a_refund_that_the_gateway_refuses_is_stuck_and_nothing_is_forgotten():
    made = world(gateway=MemoryPartner(), apples=1)
    change = brought_to(made, "REJECTED")
    made.gateway.post = lambda *_: Answer(422, b'{"reason": "too old"}')
    made(stream_event(*change))
    (line,) = made.logged("order_stuck")
    assert line["reason"] == f"payment paymentId-o-1-{PLACED} must be refunded; the gateway refused: too old"
    assert made.order("o-1").compensated is None


def test_once_a_refund_was_made_by_hand_the_rest_of_a_compensation_goes_on():
    made = world(gateway=MemoryPartner(), carrier=MemoryPartner(refusing=everyone_refuses))
    change = brought_to(made, "REJECTED")
    made.gateway.post = lambda *_: Answer(422, b"{}")
    made(stream_event(*change))
    made.tables.update_item(
        TableName="orders",
        Key={"id": {"S": "o-1"}},
        UpdateExpression="SET #version = #version + :one REMOVE #payment",
        ExpressionAttributeNames={"#version": "version", "#payment": "payment"},
        ExpressionAttributeValues={":one": {"N": "1"}},
    )
    made.finish()
    assert (made.order("o-1").compensated, made.available()["apple"], made.reservations()) == (True, 10, [])


def test_a_reservation_that_contradicts_its_order_is_stuck_and_no_unit_moves():
    made = world()
    change = brought_to(made, "PAID")
    made.tables.tables["stock"]["reservation#o-1"] = {"sku": {"S": "reservation#o-1"}}
    made(stream_event(*change))
    assert (len(made.logged("order_stuck")), made.available()["apple"]) == (1, 10)


@pytest.mark.parametrize(
    "body",
    [
        "no json",
        "[]",
        "{}",
        "[" * 5000,
        '{"orderId": 7}',
        '{"orderId": ""}',
        '{"orderId": "\\ud800"}',
        f'{{"orderId": "{"o" * 3000}"}}',
        '{"orderId": "o-1", "attempts": -1}',
        '{"orderId": "o-1", "attempts": 1.5}',
        '{"orderId": "o-1", "correlationId": "\\n"}',
    ],
)
def test_a_message_that_names_no_order_fails_alone(body):
    made = world()
    placing(made, "o-1")
    answer = made(sqs(body, {"orderId": "o-1"}))
    assert (answer, made.order("o-1").status) == ({"batchItemFailures": [{"itemIdentifier": "m-0"}]}, "VALIDATED")


def test_a_message_for_an_order_that_is_gone_is_done():
    assert world()(sqs({"orderId": "o-9"})) == {"batchItemFailures": []}


@pytest.mark.parametrize("event", [{}, {"Records": "x"}, {"Records": [{}]}, {"Records": [{"eventSource": "aws:s3"}]}])
def test_an_event_that_is_no_delivery_raises(event):
    with pytest.raises(ChangeError):
        world()(event)
