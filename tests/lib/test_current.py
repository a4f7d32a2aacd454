"""The laws of current: an item as the last write left it, or that there is none."""

import pytest
from botocore.exceptions import ClientError

from streamkit.current import CurrentItems
from streamkit.throttle import UnprovenError
from tests.changes import wire_item
from tests.doubles import ManualClock, Rubbish, full_waits, refused, throttled
from tests.memory_dynamodb import Failing, MemoryDynamoDB

ORDER = {"id": "o-1", "version": 2, "items": [{"sku": "mug", "quantity": 2}]}


def table(script=()):
    kept = MemoryDynamoDB([None, *script], keys={"orders": ("id",)})
    kept.put_item(TableName="orders", Item=wire_item(ORDER))
    return kept


def current(table, clock=None, name="o-1"):
    clock = clock or ManualClock()
    return CurrentItems("orders", "id", lambda: table, full_waits(clock)).get(name, lambda: 3 - clock.now)


def test_an_item_is_read_as_plain_values():
    assert current(table()) == ORDER


def test_where_there_is_none_it_is_none():
    assert current(table(), name="o-2") is None


def test_what_is_read_is_what_was_written_last():
    class Recording(MemoryDynamoDB):
        def get_item(self, **request):
            assert request["ConsistentRead"] is True
            return super().get_item(**request)

    assert current(Recording(keys={"orders": ("id",)})) is None


def test_a_table_that_refuses_for_now_is_asked_again():
    assert current(table([Failing(throttled())])) == ORDER


def test_when_the_time_has_run_out_the_last_refusal_rises():
    clock = ManualClock()
    with pytest.raises(ClientError, match="ProvisionedThroughputExceededException"):
        current(table([Failing(throttled())] * 100), clock)
    assert clock.now <= 3


def test_what_no_retry_mends_rises_at_once():
    clock = ManualClock()
    with pytest.raises(ClientError, match="AccessDeniedException"):
        current(table([Failing(refused("AccessDeniedException"))]), clock)
    assert clock.slept == []


def test_rubbish_does_not_say_that_there_is_no_item():
    with pytest.raises(UnprovenError, match="an answer must hold ConsumedCapacity"):
        current(Rubbish())
