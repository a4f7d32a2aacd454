"""Whatever is delivered again, crashed or raced: each step is made once in effect."""

import json
from contextlib import suppress

import pytest

from domain.order import Status
from tests.doubles import throttled
from tests.memory_dynamodb import Failing, Written
from tests.ordering import LINE, PLACED, STAGES, brought_to, everyone_refuses, sqs, stream_event, world
from tests.partners import DEATHS, FORTUNES, MemoryPartner


@pytest.mark.parametrize("status", STAGES)
def test_a_change_delivered_again_does_nothing_once_its_step_is_made(status):
    made = world(gateway=MemoryPartner(), carrier=MemoryPartner())
    change = brought_to(made, status)
    made(stream_event(*change))
    made.changes()
    asked, tables = list(made.gateway.asked), json.dumps(made.tables.tables)
    made(stream_event(*change))
    assert (made.gateway.asked, json.dumps(made.tables.tables)) == (asked, tables)


@pytest.mark.parametrize("status", STAGES[:-1])
@pytest.mark.parametrize("after", [False, True])
def test_a_step_whose_write_is_lost_before_or_after_its_effect_is_made_once(status, after):
    made = world(gateway=MemoryPartner(), carrier=MemoryPartner())
    change = brought_to(made, status)
    reads = {"PLACED": 2, "VALIDATED": 2, "PAID": 1, "RESERVED": 2}[status]  # of order, stock or breaker
    made.tables.script = iter([None] * reads + [Failing(RuntimeError("killed"), after)])
    with pytest.raises(RuntimeError, match="killed"):
        made(stream_event(*change))
    made(stream_event(*change))
    made.finish()
    assert (made.statuses("o-1"), made.available()["apple"], made.gateway.cents("/payments")) == (STAGES, 8, 500)


@pytest.mark.parametrize("fortune", [*FORTUNES, *DEATHS])
def test_a_payment_whose_answer_was_never_seen_is_asked_for_again_and_charged_once(fortune):
    made = world(gateway=MemoryPartner(fortunes=[fortune]))
    made.place("o-1", LINE)
    made.finish()
    assert (made.statuses("o-1"), made.gateway.cents("/payments")) == (STAGES, 500)
    assert made.gateway.asked == [("/payments", f"o-1-{PLACED}")] * 2


def test_an_order_placed_anew_under_the_id_of_one_that_expired_is_paid_and_shipped_anew():
    made = world(gateway=MemoryPartner(), carrier=MemoryPartner(), order_days=7)
    made.place("o-1", LINE)
    made.finish()
    del made.tables.tables["orders"]["o-1"]
    made.place("o-1", LINE)
    made.finish()
    shipments = [path for path, _ in made.carrier.done.values()]
    assert (made.gateway.cents("/payments"), shipments) == (1000, ["/shipments"] * 2)


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
    change = brought_to(made, "VALIDATED")
    others = iter([{"orderId": "o-1"}])
    made.gateway.before = lambda path, body: [made(sqs(other)) for other in others]
    made(stream_event(*change))
    made.finish()
    assert (made.statuses("o-1"), made.gateway.cents("/payments")) == (STAGES, 500)


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
    change = brought_to(made, "VALIDATED")
    second_thoughts(made, made.gateway)
    made(stream_event(*change))
    order = made.order("o-1")
    assert (order.status, order.payment.id, order.compensated) == (Status.REJECTED, f"paymentId-o-1-{PLACED}", False)
    made.finish()
    assert (made.order("o-1").compensated, made.gateway.asked[-1]) == (True, ("/refunds", f"refund-o-1-{PLACED}"))


LATE_WRITES = [Failing(throttled())] * 60, [Failing(RuntimeError("killed"))], [None, Failing(RuntimeError("killed"))]


@pytest.mark.parametrize("after_approval", LATE_WRITES)
@pytest.mark.parametrize("order_days", [None, 7])
def test_a_payment_that_comes_through_late_is_given_back_though_at_first_it_cannot_be_written(
    after_approval, order_days
):
    made = world(gateway=MemoryPartner(), order_days=order_days)
    change = brought_to(made, "VALIDATED")
    rejected_meanwhile(made, then=after_approval)
    with suppress(RuntimeError):
        made(stream_event(*change))
    made.tables.script = iter(())
    made(stream_event(*change))
    made.finish()
    assert (made.order("o-1").compensated, made.gateway.cents("/refunds")) == (True, 500)


def rejected_meanwhile(made, then):
    """In the midst of the payment another instance is refused; `then` is what becomes of the calls after it."""
    second_thoughts(made, made.gateway)
    refuse = made.gateway.before

    def refuse_and_fail(path, body):
        made.gateway.before = lambda path, body: None
        refuse(path, body)
        made.tables.script = iter(then)

    made.gateway.before = refuse_and_fail


def test_an_order_that_owes_money_does_not_expire():
    made = world(gateway=MemoryPartner(), order_days=7)
    change = brought_to(made, "VALIDATED")
    second_thoughts(made, made.gateway)
    made(stream_event(*change))
    owing = made.order("o-1").expires_at
    made.finish()
    assert (owing, made.order("o-1").expires_at is None) == (None, False)


def test_a_refused_payment_that_is_looked_at_again_stays_refused():
    made = world(gateway=MemoryPartner(refusing=everyone_refuses))
    made.place("o-1", LINE)
    made.finish()
    stands = json.dumps(made.tables.tables["orders"])
    made(sqs({"orderId": "o-1"}))
    assert (json.dumps(made.tables.tables["orders"]), len(made.gateway.asked)) == (stands, 2)


def test_goods_that_leave_after_their_order_was_rejected_are_told():
    made = world(carrier=MemoryPartner())
    change = brought_to(made, "RESERVED")
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


def test_the_removal_of_an_order_on_its_way_is_told_and_counted(capsys):
    made = world()
    (change,) = brought_to(made, "PAID")
    gone = Written("orders", change.key, change.after, None)
    del made.tables.tables["orders"]["o-1"]
    made(stream_event(change, gone))
    (line,) = made.logged("unfinished_order_removed")
    assert (line["order_id"], line["correlation_id"], line["status"]) == ("o-1", "corr-o-1", "PAID")
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["UnfinishedOrdersRemoved"] == [1.0]
