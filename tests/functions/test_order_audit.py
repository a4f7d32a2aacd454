"""The laws of order_audit: each version of an order is written once and never changed."""

import io
from typing import Any
from uuid import uuid4

import pytest
from aws_lambda_powertools.logging import Logger
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.audit import gaps
from order_audit.handler import audit
from order_audit.store import AuditStore
from streamkit.messages import BatchFailedError
from tests.doubles import ManualClock, ManualContext, Rubbish, full_waits, refused, throttled, timed_out
from tests.order_doubles import WriteOnceBucket
from tests.order_events import delivery, details, queue_event, rejected, shipped, trimmed

DONE: dict[str, Any] = {"batchItemFailures": []}
BACK: dict[str, Any] = {"batchItemFailures": [{"itemIdentifier": "m-1"}]}


def invoke(event, bucket, clock=None, stream=None):
    clock = clock or ManualClock()
    log = Logger(service=f"order_audit_{uuid4()}", stream=stream or io.StringIO())
    return audit(event, ManualContext(clock), AuditStore("audit", bucket, full_waits(clock)), log)


def test_every_version_is_a_line_of_its_own():
    bucket = WriteOnceBucket()
    told = details([*rejected(), None])
    assert invoke(delivery(*told), bucket) == DONE
    assert bucket.lines == {f"orders/o-1/{number:010}.json": one for number, one in enumerate(told, 1)}


def test_a_line_is_one_line():
    bucket = WriteOnceBucket()
    invoke(delivery(details(shipped())[0]), bucket)
    (content,) = (one["Body"] for one in bucket.objects.values())
    assert (content.count(b"\n"), content[-1:]) == (1, b"\n")


def test_a_repeat_changes_nothing():
    bucket = WriteOnceBucket()
    told = delivery(*details(shipped()))
    invoke(told, bucket)
    once = dict(bucket.objects)
    assert invoke(told, bucket) == DONE
    assert bucket.objects == once


def test_another_change_under_a_version_that_stands_is_told_and_overwrites_nothing():
    bucket, stream = WriteOnceBucket(), io.StringIO()
    first = details(shipped())[0]
    invoke(delivery(first), bucket)
    assert invoke(delivery(first | {"sequenceNumber": "99"}), bucket, stream=stream) == BACK
    assert bucket.lines["orders/o-1/0000000001.json"]["sequenceNumber"] == "1"
    assert "holds change 1 and may not become 99" in stream.getvalue()


def test_a_trimmed_change_is_a_version_as_any_other():
    bucket = WriteOnceBucket()
    told = [trimmed(one) for one in details(shipped())]
    assert invoke(delivery(*told), bucket) == DONE
    assert list(bucket.lines.values()) == told


@pytest.mark.parametrize(
    "error", [throttled(), timed_out(), refused("ConditionalRequestConflict", 409), refused("SlowDown", 503)], ids=repr
)
def test_a_put_that_fails_for_now_is_made_again(error):
    bucket = WriteOnceBucket([error])
    assert invoke(delivery(*details(shipped())), bucket) == DONE
    assert len(bucket.objects) == 5


def test_a_put_whose_answer_is_lost_is_a_repeat():
    class Losing(WriteOnceBucket):
        def put_object(self, **request):
            super().put_object(**request)
            if len(self.calls) == 1:
                raise timed_out()
            return {"ETag": "scripted"}

    bucket = Losing()
    assert invoke(delivery(*details(shipped())), bucket) == DONE
    assert len(bucket.objects) == 5


def test_what_no_retry_mends_raises_once_nothing_is_written():
    with pytest.raises(BatchFailedError, match="AccessDenied"):
        invoke(delivery(details(shipped())[0]), WriteOnceBucket([refused("AccessDenied", 403)]))


def test_an_unusable_message_stops_no_other():
    bucket = WriteOnceBucket()
    event = queue_event(["no JSON", *(message["body"] for message in delivery(*details(shipped()))["Records"])])
    assert invoke(event, bucket) == BACK
    assert len(bucket.objects) == 5


def test_an_answer_of_rubbish_says_of_no_line_that_it_is_written():
    with pytest.raises(BatchFailedError, match="an answer must hold ETag"):
        invoke(delivery(details(shipped())[0]), Rubbish())


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_any_order_and_any_repeats_leave_a_trail_without_gaps(data):
    told = [one for n in range(3) for one in details([*shipped(f"o-{n}"), None])]
    shuffled = data.draw(st.permutations(told + data.draw(st.lists(st.sampled_from(told), max_size=8))))
    bucket = WriteOnceBucket()
    assert invoke(delivery(*shuffled), bucket) == DONE
    assert sorted(bucket.lines.values(), key=str) == sorted(told, key=str)
    assert gaps(bucket.objects) == {}
