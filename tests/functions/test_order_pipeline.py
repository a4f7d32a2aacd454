"""One order, one event: what each step does, and what a redelivery, a crash or a bad day changes."""

import json

import pytest
from botocore.exceptions import ClientError

from domain.order import Status
from order_pipeline.settling import MOST_ATTEMPTS
from streamkit.changes import ChangeError
from streamkit.https import Answer
from tests.doubles import Rubbish, cancelled, refused, throttled, timed_out
from tests.memory_dynamodb import Failing, Written
from tests.ordering import MemoryPartner, World, shipped

ALL = ["PLACED", "VALIDATED", "PAID", "RESERVED", "SHIPPED"]
LINE = ("apple", 2, 250)


def world(*tables, gateway=None, carrier=None, apples=10, **settings):
    made = World(tables, gateway=gateway, carrier=carrier, **settings)
    made.stock(apple=apples, pear=10)
    return made


def everyone_refuses(body):
    return True


def sqs(*bodies):
    return {
        "Records": [
            {
                "eventSource": "aws:sqs",
                "messageId": f"m-{number}",
                "body": body if isinstance(body, str) else json.dumps(body),
            }
            for number, body in enumerate(bodies)
        ]
    }


def stream_event(*written, identity=None):
    """An event of the table's stream, in the shape of AWS."""
    records = []
    for number, one in enumerate(written):
        name = "INSERT" if one.before is None else "REMOVE" if one.after is None else "MODIFY"
        images = {"OldImage": one.before, "NewImage": one.after}
        record = {
            "eventID": str(number),
            "eventName": name,
            "eventSource": "aws:dynamodb",
            "dynamodb": {
                "ApproximateCreationDateTime": 1714564800,
                "Keys": one.key,
                "SequenceNumber": str(100 + number),
                **{kind: image for kind, image in images.items() if image is not None},
            },
        }
        records.append(record | ({"userIdentity": identity} if identity else {}))
    return {"Records": records}


def placed(made, *ids):
    """The changes that placing orders leaves in the stream."""
    for order_id in ids:
        made.place(order_id, LINE)
    return made.changes()


def at(made, status, order_id="o-1"):
    """The change that brought the order to `status`, undelivered, in a world where all went well until then."""
    changes = placed(made, order_id)
    while changes[-1].after["status"]["S"] != status:
        made(stream_event(*changes))
        changes = made.changes()
    return changes


# the good day


def test_an_order_goes_from_placed_to_shipped_one_step_per_change():
    made = world(gateway=MemoryPartner(), carrier=MemoryPartner())
    made.place("o-1", LINE)
    made.finish()
    order = made.order("o-1")
    assert (made.statuses("o-1"), order.version, order.payment.id, order.shipment.id) == (
        ALL,
        5,
        "paymentId-o-1",
        "shipmentId-shipment-o-1",
    )
    assert (made.available()["apple"], made.reservations(), made.gateway.cents("/payments")) == (8, [], 500)


def test_without_gateway_and_carrier_every_order_that_the_stock_bears_is_shipped():
    made = world()
    made.place("o-1", LINE)
    made.finish()
    assert made.statuses("o-1") == ALL


def test_the_gateway_hears_what_to_charge_under_the_orders_own_key():
    made = world(gateway=MemoryPartner())
    made(stream_event(*at(made, "VALIDATED")))
    assert made.gateway.done == {
        "o-1": ("/payments", {"orderId": "o-1", "amountCents": 500, "correlationId": "corr-o-1"})
    }


def test_an_order_that_costs_nothing_asks_no_gateway():
    made = world(gateway=MemoryPartner())
    made.tables.tables["stock"]["apple"]["priceCents"] = {"N": "0"}
    made.place("o-1", ("apple", 1, 0))
    made.finish()
    assert (made.statuses("o-1"), made.gateway.asked) == (ALL, [])


def test_a_sku_in_two_lines_leaves_the_stock_once_with_both():
    made = world()
    made.place("o-1", ("apple", 2, 250), ("apple", 3, 250))
    made.finish()
    assert made.available()["apple"] == 5


def test_finished_orders_expire_when_they_are_to():
    made = world(order_days=7)
    made.place("o-1", LINE)
    made.place("o-2", ("plum", 1, 1))
    made.finish()
    assert [order.expires_at is not None for order in made.orders()] == [True, True]


def test_attributes_of_a_newer_deployment_stay_through_every_step():
    made = world()
    made.place("o-1", LINE)
    made.tables.tables["orders"]["o-1"]["giftWrap"] = {"BOOL": True}
    made.finish()
    assert made.tables.tables["orders"]["o-1"]["giftWrap"] == {"BOOL": True}


# failures of the order


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([("plum", 1, 250)], "sku plum is unknown"),
        ([("apple", 1, 249)], "sku apple costs 250 cents; the order says 249"),
        ([("apple", 1, 250), ("apple", 1, 1)], "sku apple costs 250 cents; the order says 1"),
    ],
)
def test_an_order_that_cannot_be_taken_as_it_is_is_rejected_with_the_reason_and_owes_nothing(lines, reason):
    made = world(gateway=MemoryPartner())
    made.place("o-1", *lines)
    made.finish()
    order = made.order("o-1")
    assert (order.status, order.reason, order.compensated, order.version) == (Status.REJECTED, reason, True, 2)
    assert made.gateway.asked == []


def test_a_refused_payment_rejects_the_order_with_the_gateways_reason():
    made = world(gateway=MemoryPartner(refusing=everyone_refuses))
    made.place("o-1", LINE)
    made.finish()
    order = made.order("o-1")
    assert (order.status, order.reason, order.compensated) == (Status.REJECTED, "payment: declined", True)
    assert made.available()["apple"] == 10


def test_what_is_out_of_stock_is_rejected_first_and_refunded_after():
    made = world(gateway=MemoryPartner(), apples=1)
    made.place("o-1", LINE)
    made.finish()
    order = made.order("o-1")
    assert (order.status, order.reason) == (Status.REJECTED, "out of stock: 2 of sku apple")
    assert [one.after.get("compensated") for one in made.history[-2:]] == [None, {"BOOL": True}]
    assert (made.gateway.cents("/payments"), made.gateway.cents("/refunds")) == (500, 500)


def test_of_two_skus_of_which_one_is_out_of_stock_the_other_stays_where_it_is():
    made = world(apples=1)
    made.place("o-1", ("pear", 3, 250), LINE)
    made.finish()
    assert (made.available(), made.reservations()) == ({"apple": 1, "pear": 10}, [])


def test_a_refused_shipment_gives_back_the_units_and_the_money():
    made = world(gateway=MemoryPartner(), carrier=MemoryPartner(refusing=everyone_refuses))
    made.place("o-1", LINE)
    made.finish()
    order = made.order("o-1")
    assert (order.status, order.reason, order.compensated, order.version) == (
        Status.REJECTED,
        "shipment: declined",
        True,
        6,
    )
    assert (made.available()["apple"], made.reservations(), made.gateway.cents("/refunds")) == (10, [], 500)


def test_units_of_a_sku_that_the_stock_no_longer_has_do_not_hold_a_compensation_up():
    made = world(carrier=MemoryPartner(refusing=everyone_refuses))
    made.place("o-1", LINE, ("pear", 4, 250))
    made.stream(made.changes())
    for _ in range(2):
        made.stream(made.changes())
    del made.tables.tables["stock"]["apple"]
    made.finish()
    assert (made.order("o-1").compensated, made.available()) == (True, {"pear": 10})


# redelivery


@pytest.mark.parametrize("status", ALL)
def test_a_change_delivered_again_does_nothing_once_its_step_is_made(status):
    made = world(gateway=MemoryPartner(), carrier=MemoryPartner())
    change = at(made, status)
    made(stream_event(*change))
    made.changes()
    asked, tables = list(made.gateway.asked), json.dumps(made.tables.tables)
    made(stream_event(*change))
    assert (made.gateway.asked, json.dumps(made.tables.tables)) == (asked, tables)


@pytest.mark.parametrize("status", ALL[:-1])
@pytest.mark.parametrize("after", [False, True])
def test_a_step_whose_write_is_lost_before_or_after_its_effect_is_made_once(status, after):
    made = world(gateway=MemoryPartner(), carrier=MemoryPartner())
    change = at(made, status)
    reads = {"PLACED": 2, "VALIDATED": 2, "PAID": 1, "RESERVED": 2}[status]  # of order, stock or breaker
    made.tables.script = iter([None] * reads + [Failing(RuntimeError("killed"), after)])
    with pytest.raises(RuntimeError, match="killed"):
        made(stream_event(*change))
    made(stream_event(*change))
    made.finish()
    assert (made.statuses("o-1"), made.available()["apple"], made.gateway.cents("/payments")) == (ALL, 8, 500)


@pytest.mark.parametrize("fortune", ["timeout before", "timeout after", "500 before", "500 after", "409 after"])
def test_a_payment_whose_answer_was_never_seen_is_asked_for_again_and_charged_once(fortune):
    made = world(gateway=MemoryPartner(fortunes=[fortune]))
    made.place("o-1", LINE)
    made.finish()
    assert (made.statuses("o-1"), made.gateway.cents("/payments")) == (ALL, 500)
    assert made.gateway.asked == [("/payments", "o-1")] * 2


def test_an_order_is_never_rejected_while_its_payment_is_unclear():
    made = world(gateway=MemoryPartner(fortunes=["timeout after"] * 1000))
    made.place("o-1", LINE)
    for _ in range(20):
        made.stream(made.changes())
        made.messages(made.waiting())
        made.clock.now += 60
    assert made.order("o-1").status == Status.VALIDATED


def test_a_refund_whose_answer_was_never_seen_is_given_once():
    made = world(gateway=MemoryPartner(fortunes=[None, "timeout after"]), apples=1)
    made.place("o-1", LINE)
    made.finish()
    assert (made.order("o-1").compensated, made.gateway.cents("/refunds")) == (True, 500)


def test_two_that_make_one_step_at_the_same_time_make_it_once():
    made = world(gateway=MemoryPartner())
    change = at(made, "VALIDATED")
    others = iter([{"orderId": "o-1"}])
    made.gateway.before = lambda path, body: [made(sqs(other)) for other in others]
    made(stream_event(*change))
    made.finish()
    assert (made.statuses("o-1"), made.gateway.cents("/payments")) == (ALL, 500)


def second_thoughts(made, partner):
    """The partner refuses whoever asks in the midst of a call, and approves the call itself."""
    others = iter([{"orderId": "o-1"}])

    def refuse(path, body):
        for other in others:
            partner.refusing = everyone_refuses
            made(sqs(other))
            partner.refusing = lambda body: False

    partner.before = refuse


def test_a_payment_that_comes_through_after_its_order_was_rejected_is_given_back():
    made = world(gateway=MemoryPartner())
    change = at(made, "VALIDATED")
    second_thoughts(made, made.gateway)
    made(stream_event(*change))
    order = made.order("o-1")
    assert (order.status, order.payment.id, order.compensated) == (Status.REJECTED, "paymentId-o-1", False)
    made.finish()
    assert (made.order("o-1").compensated, made.gateway.asked[-1]) == (True, ("/refunds", "refund-o-1"))


def test_goods_that_leave_after_their_order_was_rejected_are_told():
    made = world(carrier=MemoryPartner())
    change = at(made, "RESERVED")
    second_thoughts(made, made.carrier)
    made(stream_event(*change))
    (line,) = made.logged("order_stuck")
    assert line["reason"].endswith("stop the shipment")


def test_the_removal_of_a_finished_order_by_its_time_to_live_is_nothing():
    made = world()
    made.place("o-1", LINE)
    made.finish()
    gone = Written("orders", {"id": {"S": "o-1"}}, made.tables.tables["orders"].pop("o-1"), None)
    calls = len(made.tables.calls)
    identity = {"principalId": "dynamodb.amazonaws.com", "type": "Service"}
    assert made(stream_event(gone, identity=identity)) == {"batchItemFailures": []}
    assert (len(made.tables.calls), made.logged("unfinished_order_removed")) == (calls, [])


def test_the_removal_of_an_order_on_its_way_is_told():
    made = world()
    (change,) = at(made, "PAID")
    gone = Written("orders", change.key, change.after, None)
    del made.tables.tables["orders"]["o-1"]
    made(stream_event(change, gone))
    (line,) = made.logged("unfinished_order_removed")
    assert (line["order_id"], line["correlation_id"], line["status"]) == ("o-1", "corr-o-1", "PAID")


# failures of the world


def test_trouble_brings_a_shard_back_from_the_order_that_met_it():
    made = world(gateway=MemoryPartner(fortunes=[None, "500 before"]))
    made(stream_event(*placed(made, "o-1", "o-2", "o-3")))
    answer = made(stream_event(*made.changes()))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "101"}]}
    assert [order.status for order in made.orders()] == ["PAID", "VALIDATED", "VALIDATED"]
    assert made.gateway.asked == [("/payments", "o-1"), ("/payments", "o-2")]


@pytest.mark.parametrize("error", [throttled(), timed_out(), refused("InternalServerError", 500)])
def test_tables_that_do_not_answer_bring_the_record_back(error):
    made = world(*[Failing(error)] * 50)
    assert made(stream_event(*placed(made, "o-1"))) == {"batchItemFailures": [{"itemIdentifier": "100"}]}


@pytest.mark.parametrize(
    ("status", "operation"),
    [("PLACED", "get_item"), ("PLACED", "batch_get_item"), ("PLACED", "update_item"), ("PAID", "transact_write_items")],
)
def test_an_answer_that_does_not_say_what_was_done_brings_the_record_back(status, operation):
    made = world()
    change = at(made, status)
    setattr(made.tables, operation, getattr(Rubbish(), operation))
    assert made(stream_event(*change)) == {"batchItemFailures": [{"itemIdentifier": "100"}]}
    assert [line["cause"] for line in made.logged("step_troubled")] == ["UnprovenError"]


def test_a_denial_rises():
    made = world(Failing(refused("AccessDeniedException")))
    with pytest.raises(ClientError, match="AccessDenied"):
        made(stream_event(*placed(made, "o-1")))


def test_a_reservation_that_meets_others_at_a_hot_sku_is_tried_again():
    made = world()
    change = at(made, "PAID")
    made.tables.script = iter([None, Failing(cancelled("None", "None", "TransactionConflict"))])
    made(stream_event(*change))
    assert (made.order("o-1").status, made.available()["apple"]) == ("RESERVED", 8)


def test_what_the_time_does_not_reach_comes_back():
    made = world(timeout_seconds=20.0, gateway=MemoryPartner())
    made.gateway.before = lambda path, body: made.invocation.sleep(3.0)
    made(stream_event(*placed(made, "o-1", "o-2", "o-3", "o-4")))
    assert made(stream_event(*made.changes())) == {"batchItemFailures": [{"itemIdentifier": "102"}]}


def test_a_message_that_the_time_does_not_reach_is_sent_anew_and_counts_no_receive():
    made = world(timeout_seconds=17.0, gateway=MemoryPartner())
    made.gateway.before = lambda path, body: made.invocation.sleep(3.0)
    made(stream_event(*placed(made, "o-1", "o-2")))
    assert made(sqs({"orderId": "o-1"}, {"orderId": "o-2"})) == {"batchItemFailures": []}
    assert (made.queue.messages, made.queue.delays) == ([{"orderId": "o-2", "correlationId": None}], [5])


def test_an_open_breaker_leaves_the_order_where_it_is_and_the_shard_flows():
    made = world(gateway=MemoryPartner(fortunes=["500 before"] * 3))
    made(stream_event(*placed(made, "o-1", "o-2")))
    changes = made.changes()
    for _ in range(3):
        made(stream_event(*changes))
    assert made(stream_event(*changes)) == {"batchItemFailures": []}
    assert made.queue.messages == [
        {"orderId": "o-1", "correlationId": "corr-o-1"},
        {"orderId": "o-2", "correlationId": "corr-o-2"},
    ]
    assert [order.status for order in made.orders()] == ["VALIDATED", "VALIDATED"]
    assert made.queue.delays == [18, 18]  # nine seconds of rest are left, and the whole jitter


def test_an_order_that_cannot_be_queued_comes_back_to_the_shard():
    made = world(gateway=MemoryPartner(fortunes=["500 before"] * 3))
    made(stream_event(*placed(made, "o-1", "o-2", "o-3")))
    changes = made.changes()
    for _ in range(3):
        made(stream_event(*changes))
    made.queue.script = iter([1] + [0] * 50)
    assert made(stream_event(*changes)) == {"batchItemFailures": [{"itemIdentifier": "101"}]}


def test_once_its_wait_is_over_an_order_goes_on_from_where_it_is():
    made = world(gateway=MemoryPartner(fortunes=["500 before"] * 3))
    made.place("o-1", LINE)
    made.finish()
    assert made.statuses("o-1") == ALL


def test_a_message_that_finds_the_breaker_open_is_sent_anew_and_deleted():
    made = world(gateway=MemoryPartner(fortunes=["500 before"] * 3))
    change = at(made, "VALIDATED")
    for _ in range(4):
        made(stream_event(*change))
    (body,) = made.waiting()
    assert made(sqs(body)) == {"batchItemFailures": []}
    assert made.waiting() == [body]


def test_a_message_that_meets_trouble_is_sent_anew_for_later_each_time():
    made = world(gateway=MemoryPartner(fortunes=["500 before"] * 2))
    at(made, "VALIDATED")
    made(sqs({"orderId": "o-1", "correlationId": "corr-o-1", "attempts": 3}))
    assert (made.queue.messages, made.queue.delays) == (
        [{"orderId": "o-1", "correlationId": "corr-o-1", "attempts": 4}],
        [240],
    )


def test_after_a_day_of_nothing_but_trouble_a_message_fails():
    made = world(gateway=MemoryPartner(fortunes=["500 before"]))
    at(made, "VALIDATED")
    answer = made(sqs({"orderId": "o-1", "attempts": MOST_ATTEMPTS}))
    assert (answer, made.waiting()) == ({"batchItemFailures": [{"itemIdentifier": "m-0"}]}, [])


# what nobody can make a step of


def spoiled(made, **attributes):
    changes = placed(made, "o-1", "o-2")
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
    change = at(made, "REJECTED")
    made.gateway.post = lambda *_: Answer(422, b'{"reason": "too old"}')
    made(stream_event(*change))
    (line,) = made.logged("order_stuck")
    assert line["reason"] == "payment paymentId-o-1 must be refunded; the gateway refused: too old"
    assert made.order("o-1").compensated is None


def test_a_reservation_that_contradicts_its_order_is_stuck_and_no_unit_moves():
    made = world()
    change = at(made, "PAID")
    made.tables.tables["stock"]["reservation#o-1"] = {"sku": {"S": "reservation#o-1"}}
    made(stream_event(*change))
    assert (len(made.logged("order_stuck")), made.available()["apple"]) == (1, 10)


@pytest.mark.parametrize("body", ["no json", "[]", "{}", '{"orderId": 7}', '{"orderId": ""}', "[" * 5000])
def test_a_message_that_names_no_order_fails_alone(body):
    made = world()
    placed(made, "o-1")
    answer = made(sqs(body, {"orderId": "o-1"}))
    assert (answer, made.order("o-1").status) == ({"batchItemFailures": [{"itemIdentifier": "m-0"}]}, "VALIDATED")


def test_a_message_for_an_order_that_is_gone_is_done():
    assert world()(sqs({"orderId": "o-9"})) == {"batchItemFailures": []}


@pytest.mark.parametrize("event", [{}, {"Records": "x"}, {"Records": [{}]}, {"Records": [{"eventSource": "aws:s3"}]}])
def test_an_event_that_is_no_delivery_raises(event):
    with pytest.raises(ChangeError):
        world()(event)


# what is told


def test_an_invocation_tells_one_line_and_each_step_with_its_correlation_id(capsys):
    made = world()
    made(stream_event(*placed(made, "o-1")))
    (line,) = made.logged("invocation_done")
    (moved,) = made.logged("order_moved")
    assert (line["source"], line["records"], line["moved"]) == ("stream", 1, 1)
    assert (moved["order_id"], moved["correlation_id"], moved["status"]) == ("o-1", "corr-o-1", "VALIDATED")
    assert json.loads(capsys.readouterr().out)["OrdersValidated"] == [1.0]


def test_no_secret_of_a_partners_address_is_logged():
    made = world(gateway=MemoryPartner(fortunes=["timeout before"]))
    made(stream_event(*at(made, "VALIDATED")))
    assert "partner.example" not in made.lines.getvalue()


def test_stock_and_money_reconcile_when_some_orders_end_each_way():
    made = world(
        gateway=MemoryPartner(refusing=lambda body: body["orderId"] == "o-2"),
        carrier=MemoryPartner(refusing=lambda body: body["orderId"] == "o-3"),
        apples=5,
    )
    for number in range(1, 6):
        made.place(f"o-{number}", LINE)
    made.finish()
    units, cents = shipped(made.orders())
    assert made.available()["apple"] == 5 - units["apple"]
    assert made.gateway.cents("/payments") - made.gateway.cents("/refunds") == cents
