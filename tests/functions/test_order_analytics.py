"""The laws of order_analytics: every effect of an order counts once, however its changes come."""

import io
import json
from typing import Any
from uuid import uuid4

import pytest
from aws_lambda_powertools.logging import Logger
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.order import Line, Status, image
from order_analytics.handler import Analyst, analyse
from order_analytics.store import FiguresStore
from streamkit.clients import CALL_SECONDS
from streamkit.current import CurrentItems
from streamkit.invocation import ANSWER_SECONDS
from streamkit.messages import BatchFailedError
from tests.changes import wire_item
from tests.doubles import ManualClock, ManualContext, Rubbish, cancelled, full_waits, refused, throttled, timed_out
from tests.memory_dynamodb import Failing, MemoryDynamoDB
from tests.order_events import body, delivery, details, placed_again, queue_event, rejected, shipped, trimmed

DONE: dict[str, Any] = {"batchItemFailures": []}
MINUTE, HOUR, DAY = "minute#2026-11-21T00:05:00Z", "hour#2026-11-21T00:00:00Z", "day#2026-11-21T00:00:00Z"
KEYS = {"figures": ("period", "figure"), "orders": ("id",)}
PAID = (Status.VALIDATED, Status.PAID)


def tables(script=()):
    return MemoryDynamoDB(script, keys=KEYS)


def invoke(event, table, clock=None, stream=None):
    clock = clock or ManualClock()
    to = Analyst(
        FiguresStore("figures", table, 90, lambda: 1_000_000.0, full_waits(clock)),
        CurrentItems("orders", "id", lambda: table, full_waits(clock)),
        Logger(service=f"order_analytics_{uuid4()}", stream=stream or io.StringIO()),
    )
    return analyse(event, ManualContext(clock), to)


def figures(table):
    """Every figure that is not 0, markers left out."""
    return {
        key: {
            name: int(value["N"])
            for name, value in item.items()
            if name not in ("period", "figure") and int(value["N"])
        }
        for key, item in table.tables["figures"].items()
        if not key[0].startswith("order#")
    }


def markers(table):
    return sorted(key for key in table.tables["figures"] if key[0].startswith("order#"))


# what counts


def test_a_shipped_order_is_an_order_its_units_and_its_revenue():
    table = tables()
    assert invoke(delivery(*details(shipped())), table) == DONE
    whole = {"orders": 1, "paidOrders": 1, "units": 3, "revenueCents": 2750}
    assert {key: figures(table)[key] for key in ((MINUTE, "all"), (HOUR, "all"), (DAY, "all"))} == {
        (MINUTE, "all"): whole,
        (HOUR, "all"): whole,
        (DAY, "all"): whole,
    }


def test_a_skus_revenue_is_that_of_its_own_lines():
    table = tables()
    invoke(delivery(*details(shipped())), table)
    assert figures(table)[MINUTE, "sku#mug"] == {"orders": 1, "paidOrders": 1, "units": 2, "revenueCents": 1500}
    assert figures(table)[DAY, "sku#tea"] == {"orders": 1, "paidOrders": 1, "units": 1, "revenueCents": 1250}


def test_an_order_rejected_after_it_was_paid_takes_its_revenue_back():
    table = tables()
    invoke(delivery(*details(rejected("o-1", *PAID))), table)
    assert figures(table)[MINUTE, "all"] == {"orders": 1, "paidOrders": 1, "rejectedOrders": 1}


def test_an_order_rejected_before_it_was_paid_has_none_to_take_back():
    table = tables()
    invoke(delivery(*details(rejected("o-1", Status.VALIDATED))), table)
    assert figures(table)[MINUTE, "all"] == {"orders": 1, "rejectedOrders": 1}


@pytest.mark.parametrize("first", [2, 3, 4], ids=["PAID", "RESERVED", "SHIPPED"])
def test_an_order_that_is_paid_when_it_is_first_written_is_placed_and_paid_at_once(first):
    table = tables()
    assert invoke(delivery(*details(shipped()[first:])), table) == DONE
    assert figures(table)[MINUTE, "all"] == {"orders": 1, "paidOrders": 1, "units": 3, "revenueCents": 2750}


def test_an_order_written_first_as_paid_and_rejected_later_leaves_no_revenue():
    table = tables()
    invoke(delivery(*details(rejected("o-1", *PAID)[len(PAID) :])), table)
    assert figures(table)[MINUTE, "all"] == {"orders": 1, "paidOrders": 1, "rejectedOrders": 1}


def test_an_order_placed_under_the_id_of_one_that_is_gone_counts_for_itself():
    table = tables()
    invoke(delivery(*details([*shipped(), None])), table)
    assert invoke(delivery(*details(placed_again(), first=9)), table) == DONE
    assert figures(table)["day#2026-11-28T00:00:00Z", "all"] == figures(table)[DAY, "all"]


def test_a_moment_has_digits_of_ascii():
    table = tables()
    order = details(shipped())[0]
    order["after"]["placedAt"] = "٢٠٢٦-11-21T00:05:30.250Z"
    assert invoke(delivery(order), table) == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}
    assert table.tables["figures"] == {}


def test_other_writes_and_a_removal_change_no_figure():
    table = tables()
    *_, compensated, removal = details([*rejected("o-1", *PAID), None])
    assert invoke(delivery(compensated, removal), table) == DONE
    assert (table.tables["figures"], table.calls) == ({}, [])


def test_an_order_of_50_skus_counts_in_every_one_of_them():
    table = tables()
    lines = tuple(Line(f"sku-{n}", 1, n) for n in range(50))
    assert invoke(delivery(*details(shipped(lines=lines))), table) == DONE
    assert len(figures(table)) == 3 * 51
    assert figures(table)[DAY, "all"]["revenueCents"] == sum(range(50))
    assert markers(table) == [
        ("order#o-1#2026-11-21T00:05:30.250Z", f"{kind}/{part}") for kind in ("paid", "placed") for part in (0, 1)
    ]


def test_a_marker_has_its_end():
    table = tables()
    invoke(delivery(details(shipped())[0]), table)
    assert table.tables["figures"]["order#o-1#2026-11-21T00:05:30.250Z", "placed/0"]["expiresAt"] == {
        "N": str(1_000_000 + 90 * 86_400)
    }


# once


def test_a_batch_is_folded_into_one_transaction():
    table = tables()
    assert invoke(delivery(*(details(shipped(f"o-{n}"))[0] for n in range(80))), table) == DONE
    assert table.calls == ["TransactWriteItems"]
    assert figures(table)[DAY, "all"]["orders"] == 80


def test_what_counted_before_is_left_out_and_stops_no_other():
    table = tables()
    first, second = details(shipped("o-1")), details(shipped("o-2"))
    invoke(delivery(first[0], first[2]), table)
    assert invoke(delivery(*first, *second), table) == DONE
    assert figures(table)[DAY, "all"] == {"orders": 2, "paidOrders": 2, "units": 6, "revenueCents": 5500}


def test_a_change_twice_in_one_batch_counts_once():
    table = tables()
    placed = details(shipped())[0]
    assert invoke(delivery(placed, placed), table) == DONE
    assert figures(table)[DAY, "all"] == {"orders": 1}


@pytest.mark.parametrize("error", [timed_out(), refused("InternalServerError", 500)], ids=repr)
def test_a_transaction_whose_answer_is_lost_counts_once(error):
    table = tables([Failing(error, after=True)])
    assert invoke(delivery(*details(shipped())), table) == DONE
    assert figures(table)[DAY, "all"] == {"orders": 1, "paidOrders": 1, "units": 3, "revenueCents": 2750}


BEFORE_REJECTION = [(), (Status.VALIDATED,), PAID, (*PAID, Status.RESERVED)]
SKUS = st.sampled_from(["mug", "tea", "pot"])
LINES = st.lists(
    st.builds(Line, SKUS, st.integers(1, 5), st.integers(0, 900)), min_size=1, max_size=3, unique_by=lambda one: one.sku
).map(tuple)
FATES = st.sampled_from(
    [None, None, Failing(throttled()), Failing(cancelled("TransactionConflict")), Failing(timed_out(), after=True)]
)


def histories(order_id, lines):
    """Every way that an order may go."""
    return [
        shipped(order_id, lines=lines),
        *(rejected(order_id, *before, lines=lines) for before in BEFORE_REJECTION),
    ]


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_any_order_any_repeats_and_any_failures_leave_the_same_figures(data):
    orders = [
        data.draw(st.sampled_from(histories(f"o-{number}", lines)))
        for number, lines in enumerate(data.draw(st.lists(LINES, min_size=1, max_size=4)))
    ]
    told = [one for order in orders for one in details([*order, None])]
    repeats = data.draw(st.lists(st.sampled_from(told), max_size=8))
    shuffled = data.draw(st.permutations(told + repeats))
    plain = tables()
    invoke(delivery(*told), plain)

    troubled = tables(data.draw(st.lists(FATES, max_size=12)))
    size = data.draw(st.integers(1, len(shuffled)))
    for start in range(0, len(shuffled), size):
        assert invoke(delivery(*shuffled[start : start + size]), troubled) == DONE
    assert figures(troubled) == figures(plain)


# failures


def test_an_unusable_message_stops_no_other():
    table = tables()
    event = queue_event(["no JSON", *map(body, details(shipped()))])
    assert invoke(event, table) == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}
    assert figures(table)[DAY, "all"]["revenueCents"] == 2750


@pytest.mark.parametrize(
    "fields", [{"items": []}, {"totalCents": 10**40}, {"totalCents": -1}, {"placedAt": "today"}, {"items": None}]
)
def test_an_order_without_what_counts_is_unusable_and_stops_no_other(fields):
    table = tables()
    one = details(shipped())[0]
    answer = invoke(delivery(one | {"after": one["after"] | fields}, one), table)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}
    assert figures(table)[DAY, "all"] == {"orders": 1}


def test_conflicts_are_tried_again_until_they_pass():
    clock = ManualClock()
    table = tables([Failing(cancelled("None", "TransactionConflict"))] * 3)
    assert invoke(delivery(*details(shipped())), table, clock) == DONE
    assert (table.calls, clock.slept) == (["TransactWriteItems"] * 4, [0.05, 0.1, 0.2])


def test_conflicts_that_never_pass_bring_the_batch_back_within_the_time():
    clock = ManualClock()
    table = tables([Failing(cancelled("TransactionConflict"))] * 100)
    with pytest.raises(BatchFailedError, match="the figures table refused: TransactionCanceledException"):
        invoke(delivery(details(shipped())[0]), table, clock)
    assert clock.now <= 30 - ANSWER_SECONDS - CALL_SECONDS


def test_changes_without_an_effect_are_done_though_the_table_refuses():
    table = tables([Failing(throttled())] * 100)
    placed, validated, *_ = details(shipped())
    assert invoke(delivery(placed, validated), table) == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}


def test_what_no_retry_mends_raises():
    with pytest.raises(ClientError, match="AccessDeniedException"):
        invoke(delivery(details(shipped())[0]), tables([Failing(refused("AccessDeniedException"))]))


def test_an_answer_of_rubbish_says_of_no_effect_that_it_counts():
    with pytest.raises(BatchFailedError, match="Unprocessed"):
        invoke(delivery(details(shipped())[0]), Rubbish())


# what was too large to carry


def test_a_trimmed_change_counts_what_the_table_says_of_its_order():
    table = tables()
    versions = shipped()
    table.put_item(TableName="orders", Item=wire_item(image(versions[-1])))
    assert invoke(delivery(*map(trimmed, details(versions))), table) == DONE
    assert figures(table)[DAY, "all"] == {"orders": 1, "paidOrders": 1, "units": 3, "revenueCents": 2750}


def test_a_trimmed_change_of_an_order_that_is_gone_cannot_count_and_says_so():
    stream = io.StringIO()
    answer = invoke(delivery(trimmed(details(shipped())[0])), tables(), stream=stream)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}
    assert "order o-1 was removed before its placed counted" in stream.getvalue()


# what it tells


def test_a_line_tells_how_many_messages_came_to_what():
    stream = io.StringIO()
    placed, validated, paid, *_ = details(shipped())
    table = tables()
    invoke(delivery(placed), table)
    invoke(delivery(placed, validated, paid), table, stream=stream)
    (line,) = map(json.loads, stream.getvalue().splitlines())
    told = {name: line[name] for name in ("messages", "counted", "repeated", "no_effect", "effects", "retries")}
    assert told == {"messages": 3, "counted": 1, "repeated": 1, "no_effect": 1, "effects": 2, "retries": 1}


def test_business_figures_are_metrics_once(capsys):
    table = tables()
    invoke(delivery(*details(shipped())), table)
    invoke(delivery(*details(shipped())), table)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["RevenueCents"] for line in lines if "RevenueCents" in line] == [[2750.0]]
