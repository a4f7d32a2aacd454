"""The laws of order_publisher: every change is on the bus in its order, or comes back with all that follows."""

import io
import json
import re
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from aws_lambda_powertools.logging import Logger
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from domain.order import Status
from domain.order_event import order_event
from order_publisher.entry import MOST_CALL_BYTES, MOST_ENTRIES
from order_publisher.handler import NothingPublishedError, publish
from order_publisher.sink import BusSink, EntryRefusedError
from order_publisher.unpublishable import Failures
from streamkit.clients import CALL_SECONDS
from streamkit.invocation import ANSWER_SECONDS
from tests.changes import change_event, change_record
from tests.doubles import ManualClock, ManualContext, MemoryBucket, Rubbish, full_waits, refused, throttled, timed_out
from tests.order_doubles import MemoryBus
from tests.order_events import body, details, rejected, shipped, stream_event

DONE: dict[str, Any] = {"batchItemFailures": []}
ALWAYS_THROTTLED = [throttled()] * 200


def back_from(sequence_number):
    return {"batchItemFailures": [{"itemIdentifier": str(sequence_number)}]}


def invoke(event, bus, clock=None, stream=None, bucket=None):
    clock, bucket = clock or ManualClock(), bucket or MemoryBucket()
    log = Logger(service=f"order_publisher_{uuid4()}", stream=stream or io.StringIO())
    failures = Failures("failures", lambda: bucket, full_waits(clock))
    return publish(event, ManualContext(clock), BusSink("orders", bus, full_waits(clock)), failures, log)


def many(count, **attributes):
    """As many changes, each of another order."""
    return change_event(
        *(
            change_record(
                "INSERT", None, {"id": f"o-{n}", "version": 1, "status": "PLACED"} | attributes, sequence_number=n
            )
            for n in range(1, count + 1)
        )
    )


def poison(sequence_number):
    return change_record("INSERT", None, {"id": "o-9", "status": "PLACED"}, sequence_number=sequence_number)


# what an entry tells


def test_a_change_is_told_with_before_after_and_what_changed():
    bus = MemoryBus()
    assert invoke(stream_event(shipped()), bus) == DONE
    third = bus.details[2]
    assert {name: third[name] for name in third if name not in ("before", "after", "at")} == {
        "orderId": "o-1",
        "version": 3,
        "status": "PAID",
        "previousStatus": "VALIDATED",
        "change": "MODIFY",
        "expired": False,
        "changed": ["history", "status", "updatedAt", "version"],
        "sequenceNumber": "3",
        "correlationId": "correlation-o-1",
    }
    assert (third["before"]["version"], third["after"]["totalCents"]) == (2, 2750)


def test_an_insert_has_nothing_before():
    bus = MemoryBus()
    invoke(stream_event(shipped()[:1]), bus)
    assert (bus.details[0]["before"], bus.details[0]["previousStatus"], bus.details[0]["version"]) == (None, None, 1)


def test_a_removal_is_one_version_more_and_says_that_it_expired():
    bus = MemoryBus()
    invoke(stream_event([*shipped(), None]), bus)
    last = bus.details[-1]
    told = {name: last[name] for name in ("change", "version", "status", "previousStatus", "after", "expired")}
    assert told == {
        "change": "REMOVE",
        "version": 6,
        "status": "SHIPPED",
        "previousStatus": "SHIPPED",
        "after": None,
        "expired": True,
    }


def test_the_request_hash_and_the_tokens_subject_are_nobodys_business():
    bus = MemoryBus()
    invoke(stream_event([msgspec.structs.replace(order, placed_by="someone") for order in shipped()]), bus)
    told = "".join(entry["Detail"] for entry in bus.entries)
    assert [withheld for withheld in ("requestHash", "placedBy", "someone") if withheld in told] == []


def test_a_status_that_is_newer_than_this_deployment_goes_to_the_bus_as_it_is():
    bus, bucket = MemoryBus(), MemoryBucket()
    moved_on = change_record(
        "MODIFY", *({"id": "o-1", "version": n, "status": s} for n, s in ((5, "SHIPPED"), (6, "RETURNED")))
    )
    assert invoke(change_event(moved_on), bus, bucket=bucket) == DONE
    assert ((bus.details[0]["previousStatus"], bus.details[0]["status"]), bucket.objects) == (
        ("SHIPPED", "RETURNED"),
        {},
    )


def test_an_entry_names_bus_source_type_and_the_time_of_its_change():
    bus = MemoryBus()
    invoke(many(1), bus)
    entry = bus.entries[0]
    assert (entry["EventBusName"], entry["Source"], entry["DetailType"], entry["Time"].timestamp()) == (
        "orders",
        "sluice.orders",
        "OrderChanged",
        1763683500.0,
    )


def test_numbers_sets_and_bytes_of_an_image_are_plain_json():
    record = change_record("INSERT", None, {"id": "o-1", "version": 1, "status": "PLACED", "b": b"\x00"})
    record["dynamodb"]["NewImage"] |= {"n": {"N": "1.50"}, "s": {"SS": ["b", "a"]}}
    bus = MemoryBus()
    invoke(change_event(record), bus)
    assert {name: bus.details[0]["after"][name] for name in ("b", "n", "s")} == {"b": "AA==", "n": 1.5, "s": ["a", "b"]}


@pytest.mark.parametrize("one", details([*rejected("o-1", Status.VALIDATED, Status.PAID), None]), ids=str)
def test_a_subscriber_reads_what_the_publisher_writes(one):
    event = order_event(body(one))
    assert (event.order_id, event.version, event.status, event.image) == (
        one["orderId"],
        one["version"],
        one["status"],
        one["after"] or one["before"],
    )


# sizes


def test_a_call_takes_ten_entries():
    bus = MemoryBus()
    assert invoke(many(25), bus) == DONE
    assert bus.calls == [10, 10, 5]


def test_a_call_takes_less_than_256_kb_as_aws_counts_them():
    bus = MemoryBus()
    assert invoke(many(10, note="é" * 30_000), bus) == DONE
    assert bus.calls == [4, 4, 2]


def test_what_is_too_large_goes_without_its_images_and_says_so():
    bus = MemoryBus()
    assert invoke(many(1, note="x" * 300_000, requestHash="h"), bus) == DONE
    one = bus.details[0]
    assert (one["trimmed"], one["before"], one["after"], one["version"]) == (True, None, None, 1)
    assert one["changed"] == ["id", "note", "status", "version"]


def test_more_changed_names_than_fit_are_cut_as_well():
    bus = MemoryBus()
    assert invoke(many(1, **{f"{n:05}-{'x' * 200}": n for n in range(2_000)}), bus) == DONE
    assert 0 < len(bus.details[0]["changed"]) < 2_000


@given(st.lists(st.integers(0, 300_000), min_size=1, max_size=15))
def test_changes_of_any_size_fit_into_calls_and_keep_their_order(sizes):
    event = change_event(
        *(
            change_record(
                "INSERT", None, {"id": "o", "version": 1, "status": "PLACED", "x": "x" * size}, sequence_number=number
            )
            for number, size in enumerate(sizes, 1)
        )
    )
    bus = MemoryBus()
    assert invoke(event, bus) == DONE
    assert [one["sequenceNumber"] for one in bus.details] == [str(number) for number in range(1, len(sizes) + 1)]
    assert max(bus.calls) <= MOST_ENTRIES
    assert max(bus.bytes) <= MOST_CALL_BYTES


# failures


def test_from_the_first_refused_entry_on_all_go_again_in_order():
    #  1 2 3! 4 5      3 is refused, 4 and 5 are taken: they come after 3 once more
    bus = MemoryBus([{2}])
    assert invoke(many(5), bus) == DONE
    assert [one["sequenceNumber"] for one in bus.details] == ["1", "2", "4", "5", "3", "4", "5"]


def test_after_a_refusal_the_bus_has_a_pause():
    clock = ManualClock()
    invoke(many(5), MemoryBus([{2}, {0}]), clock)
    assert clock.slept == [0.05, 0.1]


@pytest.mark.parametrize("error", [throttled(), timed_out(), refused("InternalException", 500)], ids=repr)
def test_a_call_that_fails_for_now_is_made_again(error):
    bus = MemoryBus([error])
    assert invoke(many(3), bus) == DONE
    assert bus.calls == [3, 3]


def test_when_the_time_runs_out_the_first_unsent_comes_back():
    bus = MemoryBus([None, {4}, *ALWAYS_THROTTLED])
    assert invoke(many(25), bus) == back_from(15)


def test_a_batch_of_which_nothing_is_sent_raises():
    with pytest.raises(NothingPublishedError, match=r"sent none, the first at 1: ProvisionedThroughput"):
        invoke(many(3), MemoryBus(ALWAYS_THROTTLED))


def test_what_no_retry_mends_raises():
    with pytest.raises(ClientError, match="AccessDeniedException"):
        invoke(many(30), MemoryBus([None, refused("AccessDeniedException")]))


@pytest.mark.parametrize(
    "code",
    [
        "AccessDeniedException",
        "KMSInvalidStateException",
        "NotAuthorizedForDetailTypeException",
        "NotAuthorizedForSourceException",
        "OperationDisabledException",
        "a code that is not documented",
    ],
)
def test_an_entry_refused_for_neither_its_content_nor_the_moment_raises_and_is_not_put_aside(code):
    bus, bucket = MemoryBus([{1}], code=code), MemoryBucket()
    with pytest.raises(EntryRefusedError, match=f"bus orders must take orders' events; got {code}"):
        invoke(many(3), bus, bucket=bucket)
    assert bucket.objects == {}


@pytest.mark.parametrize("code", ["InternalFailure", "InternalServerError", "ServiceUnavailableException", "SlowDown"])
def test_an_entry_refused_by_the_services_own_fault_goes_again(code):
    bus = MemoryBus([{0}], code=code)
    assert invoke(many(1), bus) == DONE
    assert bus.calls == [1, 1]


def test_an_answer_without_entries_says_of_none_that_it_is_taken():
    with pytest.raises(NothingPublishedError, match="NoAnswer"):
        invoke(many(1), Rubbish())


def test_no_call_begins_with_less_time_than_it_may_take():
    clock = ManualClock()
    bus = MemoryBus().slow(clock, 4.9)
    assert invoke(many(100), bus, clock) == back_from(51)
    assert bus.begun[-1] <= 30 - ANSWER_SECONDS - CALL_SECONDS


def test_an_empty_batch_is_done_without_a_call():
    bus = MemoryBus()
    assert (invoke({"Records": []}, bus), bus.calls) == (DONE, [])


# poison


def test_a_change_that_is_no_orders_is_kept_whole_with_its_reason_and_blocks_nothing():
    bus, bucket = MemoryBus(), MemoryBucket()
    first, last = many(1)["Records"], change_record("REMOVE", {"id": "o-2", "version": 1, "status": "PLACED"}, None)
    assert invoke(change_event(*first, poison(2), last), bus, bucket=bucket) == DONE
    assert [one["orderId"] for one in bus.details] == ["o-1", "o-2"]
    kept = json.loads(bucket.objects["unpublishable/2.json"])
    assert kept["record"] == poison(2)
    assert re.search(r"id, version and status.*change 2 of \{'id': 'o-9'\}", kept["reason"])


@pytest.mark.parametrize("code", ["MalformedDetail", "InvalidArgument"])
def test_what_the_bus_refuses_for_its_content_is_kept_the_same_way(code):
    bus, bucket = MemoryBus([{1}], code=code), MemoryBucket()
    assert invoke(many(3), bus, bucket=bucket) == DONE
    assert [one["sequenceNumber"] for one in bus.details] == ["1", "3", "3"]  # the third came with the second, too
    assert code in json.loads(bucket.objects["unpublishable/2.json"])["reason"]


def test_what_can_be_neither_sent_nor_kept_comes_back_with_all_behind_it():
    bus = MemoryBus()
    event = change_event(*many(2)["Records"], poison(3), poison(4))
    assert invoke(event, bus, bucket=MemoryBucket(ALWAYS_THROTTLED)) == back_from(3)
    assert len(bus.details) == 2


def test_a_bucket_that_may_not_be_written_is_no_matter_of_retries():
    denied = MemoryBucket([refused("AccessDenied", 403)])
    with pytest.raises(ClientError, match="AccessDenied"):
        invoke(change_event(poison(1)), MemoryBus(), bucket=denied)


def test_each_change_that_could_not_be_published_is_told():
    stream = io.StringIO()
    invoke(change_event(poison(1), poison(2), *many(1)["Records"]), MemoryBus(), stream=stream)
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    told = [(one["sequence_number"], one["kept_at"]) for one in lines if one["message"] == "change_unpublishable"]
    assert told == [("1", "unpublishable/1.json"), ("2", "unpublishable/2.json")]
    assert {name: lines[-1][name] for name in ("sent", "unpublishable", "returned")} == {
        "sent": 1,
        "unpublishable": 2,
        "returned": 0,
    }


@pytest.mark.parametrize("version", ["3", True, 0, -1], ids=repr)
def test_a_version_is_an_integer_from_1(version):
    bucket = MemoryBucket()
    record = change_record("INSERT", None, {"id": "o-1", "status": "PLACED", "version": version})
    assert invoke(change_event(record), MemoryBus(), bucket=bucket) == DONE
    assert len(bucket.objects) == 1


# what it tells


def test_an_invocation_tells_what_it_sent_in_one_line():
    stream = io.StringIO()
    invoke(many(3), MemoryBus([{1}, *ALWAYS_THROTTLED]), stream=stream)
    (line,) = map(json.loads, stream.getvalue().splitlines())
    told = {name: line[name] for name in ("message", "changes", "sent", "returned", "trimmed", "refusal")}
    assert told == {
        "message": "invocation_done",
        "changes": 3,
        "sent": 1,
        "returned": 2,
        "trimmed": 0,
        "refusal": "ProvisionedThroughputExceededException",
    }
