"""What `make demo` runs, on the stack that is applied already."""

import io
import time

import pytest

from local.demo.course import Plan, run
from local.demo.view import Screen
from tests.flows.windows import settled


@pytest.mark.usefixtures("engine")
def test_the_accounts_hold_though_answers_get_lost(trips):
    settled(trips, trips.endpoint.client("kinesis"), seconds=60)
    trips.forget_trips()
    trips.forget_totals()
    plan = Plan(seconds=9, rate=300, allowed_lateness_seconds=900)
    accounts = run(trips.endpoint.url, trips.outputs, plan, Screen(out := io.StringIO(), time.monotonic))
    assert accounts.holds, accounts.text()
    assert "FAULT" in out.getvalue()
