"""The laws of order_notifications: each status that an order comes to is told once."""

import io
import json
from typing import Any
from uuid import uuid4

import pytest
from aws_lambda_powertools.logging import Logger
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.order import Status, image
from order_notifications.handler import Notifier, notify
from order_notifications.sink import TopicSink
from order_notifications.store import NoticeStore
from streamkit.clients import CALL_SECONDS
from streamkit.current import CurrentItems
from streamkit.invocation import ANSWER_SECONDS
from streamkit.messages import BatchFailedError
from tests.changes import wire_item
from tests.doubles import ManualClock, ManualContext, Rubbish, full_waits, refused, throttled, timed_out
from tests.memory_dynamodb import Failing, MemoryDynamoDB
from tests.order_doubles import MemoryTopic
from tests.order_events import delivery, details, placed_again, queue_event, rejected, shipped, trimmed

DONE: dict[str, Any] = {"batchItemFailures": []}
KEYS = {"notices": ("orderId", "version"), "orders": ("id",)}
BACK: dict[str, Any] = {"batchItemFailures": [{"itemIdentifier": "m-1"}]}


class Crash(BaseException):
    """The process ends here: nothing catches it."""


class CrashingTopic:
    def publish(self, **_):
        raise Crash


def tables(script=()):
    return MemoryDynamoDB(script, keys=KEYS)


def invoke(event, table, topic, clock=None, request_id="r-1", stream=None):
    clock = clock or ManualClock()
    to = Notifier(
        NoticeStore("notices", table, 90, lambda: 1_000_000 + clock.now, full_waits(clock)),
        TopicSink("arn:topic", topic, full_waits(clock)),
        CurrentItems("orders", "id", lambda: table, full_waits(clock)),
        Logger(service=f"order_notifications_{uuid4()}", stream=stream or io.StringIO()),
    )
    return notify(event, ManualContext(clock, clock.now + 30, request_id), to)


def told(topic):
    return [(notice["version"], notice["status"]) for notice in topic.notices]


# what is told


def test_each_status_that_an_order_comes_to_is_told():
    topic = MemoryTopic()
    assert invoke(delivery(*details(shipped())), tables(), topic) == DONE
    assert told(topic) == [(1, "PLACED"), (2, "VALIDATED"), (3, "PAID"), (4, "RESERVED"), (5, "SHIPPED")]


def test_writes_that_leave_the_status_and_removals_are_not_told():
    topic, table = MemoryTopic(), tables()
    *_, compensated, removal = details([*rejected(), None])
    assert invoke(delivery(compensated, removal), table, topic) == DONE
    assert (topic.published, table.calls) == ([], [])


def test_a_notice_tells_ids_and_the_reason_and_nothing_else_of_the_order():
    topic = MemoryTopic()
    invoke(delivery(details(rejected())[1]), tables(), topic)
    assert topic.notices == [
        {
            "noticeId": "o-1#2026-11-21T00:05:30.250Z/2",
            "orderId": "o-1",
            "version": 2,
            "status": "REJECTED",
            "previousStatus": "PLACED",
            "at": "2025-11-21T00:05:00.000Z",
            "customerId": "c-1",
            "correlationId": "correlation-o-1",
            "reason": "sku tea is unknown",
        }
    ]


def test_an_order_placed_under_the_id_of_one_that_is_gone_is_told_for_itself():
    topic, table = MemoryTopic(), tables()
    invoke(delivery(*details([*shipped(), None])), table, topic)
    assert invoke(delivery(*details(placed_again(), first=9)), table, topic) == DONE
    assert told(topic) == 2 * [(1, "PLACED"), (2, "VALIDATED"), (3, "PAID"), (4, "RESERVED"), (5, "SHIPPED")]
    assert len({one["noticeId"] for one in topic.notices}) == 10


def test_a_status_that_is_newer_than_this_deployment_is_told_as_any_other():
    topic = MemoryTopic()
    assert invoke(delivery(details(shipped())[1] | {"status": "RETURNED"}), tables(), topic) == DONE
    assert told(topic) == [(2, "RETURNED")]


def test_mail_and_sms_get_a_sentence():
    topic = MemoryTopic()
    invoke(delivery(details(rejected())[1]), tables(), topic)
    texts = json.loads(topic.published[0]["Message"])
    assert (topic.published[0]["Subject"], texts["email"], texts["sms"]) == (
        "Order o-1 is REJECTED",
        "Order o-1 is REJECTED: sku tea is unknown",
        "Order o-1 is REJECTED: sku tea is unknown",
    )


def test_subscriptions_filter_by_attributes():
    topic = MemoryTopic()
    invoke(delivery(details(shipped())[2]), tables(), topic)
    attributes = topic.published[0]["MessageAttributes"]
    assert {name: value["StringValue"] for name, value in attributes.items()} == {
        "status": "PAID",
        "orderId": "o-1",
        "customerId": "c-1",
        "correlationId": "correlation-o-1",
    }


def test_an_order_with_the_longest_id_has_a_subject_that_sns_takes():
    topic = MemoryTopic()
    assert invoke(delivery(details(shipped("o" * 128))[0]), tables(), topic) == DONE
    assert topic.notices[0]["orderId"] == "o" * 128


# once


def test_a_change_told_again_is_not_told_twice():
    topic, table = MemoryTopic(), tables()
    placed = details(shipped())[0]
    invoke(delivery(placed), table, topic)
    assert invoke(delivery(placed, placed), table, topic, request_id="r-2") == DONE
    assert told(topic) == [(1, "PLACED")]


def test_another_invocation_with_the_message_in_hands_is_waited_for():
    table = tables()
    placed = delivery(details(shipped())[0])
    with pytest.raises(Crash):
        invoke(placed, table, CrashingTopic())
    topic = MemoryTopic()
    with pytest.raises(BatchFailedError, match="notice o-1/1 is in another invocation's hands"):
        invoke(placed, table, topic, ManualClock(5), "r-2")
    assert topic.published == []


def test_after_a_crash_before_publishing_the_next_delivery_tells_once():
    table, topic = tables(), MemoryTopic()
    placed = delivery(details(shipped())[0])
    with pytest.raises(Crash):
        invoke(placed, table, CrashingTopic())
    assert invoke(placed, table, topic, ManualClock(31), "r-2") == DONE
    assert told(topic) == [(1, "PLACED")]


def test_after_a_crash_between_publishing_and_marking_the_notice_is_told_once_more():
    topic = MemoryTopic()
    table = tables([None, Failing(Crash())])  # type: ignore[arg-type]
    placed = delivery(details(shipped())[0])
    with pytest.raises(Crash):
        invoke(placed, table, topic)
    assert invoke(placed, table, topic, ManualClock(31), "r-2") == DONE
    assert told(topic) == [(1, "PLACED")] * 2


@pytest.mark.parametrize("error", [timed_out(), refused("InternalServerError", 500)], ids=repr)
def test_a_claim_whose_answer_is_lost_is_still_ours(error):
    topic = MemoryTopic()
    assert invoke(delivery(details(shipped())[0]), tables([Failing(error, after=True)]), topic) == DONE
    assert told(topic) == [(1, "PLACED")]


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_any_order_and_any_repeats_of_some_orders_tell_each_transition_once(data):
    orders = [data.draw(st.sampled_from([shipped(f"o-{n}"), rejected(f"o-{n}", Status.VALIDATED)])) for n in range(3)]
    changes = [one for order in orders for one in details([*order, None])]
    shuffled = data.draw(st.permutations(changes + data.draw(st.lists(st.sampled_from(changes), max_size=8))))
    table, topic, clock = tables(), MemoryTopic(), ManualClock()
    cut = data.draw(st.integers(0, len(shuffled)))
    assert invoke(delivery(*shuffled[:cut]), table, topic, clock, "r-1") == DONE
    assert invoke(delivery(*shuffled[cut:]), table, topic, clock, "r-2") == DONE
    transitions = {(one["orderId"], one["version"]) for one in changes if one["status"] != one["previousStatus"]}
    assert sorted((one["orderId"], one["version"]) for one in topic.notices) == sorted(transitions)


# failures


def test_a_topic_that_refuses_for_now_is_asked_again():
    topic = MemoryTopic([throttled(), timed_out()])
    assert invoke(delivery(details(shipped())[0]), tables(), topic) == DONE
    assert topic.calls == [1, 1, 1]


def test_what_was_not_published_is_not_marked_and_goes_with_the_next_delivery():
    table, clock = tables(), ManualClock()
    placed = delivery(details(shipped())[0])
    with pytest.raises(BatchFailedError, match="ProvisionedThroughputExceededException"):
        invoke(placed, table, MemoryTopic([throttled()] * 100), clock)
    clock.sleep(30)
    topic = MemoryTopic()
    assert invoke(placed, table, topic, clock, "r-2") == DONE
    assert told(topic) == [(1, "PLACED")]


def test_publishing_leaves_the_time_to_mark():
    clock = ManualClock()
    with pytest.raises(BatchFailedError):
        invoke(delivery(details(shipped())[0]), tables(), MemoryTopic([throttled()] * 100), clock)
    assert clock.now <= 30 - ANSWER_SECONDS - 2 * CALL_SECONDS


def test_one_notice_that_fails_stops_no_other():
    topic = MemoryTopic([refused("InvalidParameter")])
    assert invoke(delivery(*details(shipped())[:2]), tables(), topic) == BACK
    assert told(topic) == [(2, "VALIDATED")]


def test_an_unusable_message_stops_no_other():
    topic = MemoryTopic()
    event = queue_event(["no JSON", *(message["body"] for message in delivery(*details(shipped()))["Records"])])
    assert invoke(event, tables(), topic) == BACK
    assert len(topic.notices) == 5


def test_a_table_that_denies_is_told():
    table = tables([Failing(refused("AccessDeniedException"))])
    with pytest.raises(BatchFailedError, match="AccessDeniedException"):
        invoke(delivery(details(shipped())[0]), table, MemoryTopic())


def test_an_answer_of_rubbish_says_of_no_notice_that_it_is_out():
    with pytest.raises(BatchFailedError, match="an answer must hold MessageId"):
        invoke(delivery(details(shipped())[0]), tables(), Rubbish())


# what was too large to carry


def test_a_trimmed_change_asks_the_table_whose_order_it_is():
    topic, table = MemoryTopic(), tables()
    versions = shipped()
    table.put_item(TableName="orders", Item=wire_item(image(versions[-1])))
    assert invoke(delivery(trimmed(details(versions)[2])), table, topic) == DONE
    assert (told(topic), topic.notices[0]["customerId"]) == ([(3, "PAID")], "c-1")


def test_a_trimmed_change_of_an_order_that_is_gone_is_told_without_its_customer():
    topic = MemoryTopic()
    assert invoke(delivery(trimmed(details(shipped())[2])), tables(), topic) == DONE
    assert (told(topic), "customerId" in topic.notices[0]) == ([(3, "PAID")], False)


# what it leaves


def test_a_mark_has_its_end():
    table = tables()
    invoke(delivery(details(shipped())[0]), table, MemoryTopic())
    (mark,) = table.tables["notices"].values()
    assert mark["expiresAt"] == {"N": str(1_000_000 + 90 * 86_400)}


def test_a_settled_table_is_untouched_by_what_no_retry_mends():
    table = tables()
    with pytest.raises(BatchFailedError, match="AuthorizationError"):
        invoke(delivery(details(shipped())[0]), table, MemoryTopic([refused("AuthorizationError", 403)]))
    (mark,) = table.tables["notices"].values()
    assert "sentAt" not in mark
