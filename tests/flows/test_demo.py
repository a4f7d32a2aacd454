"""What `make demo` runs, on the stack that is applied already."""

import io
import time

import pytest

from local.demo.course import Plan, run
from local.demo.view import Screen
from ops.reconciliation import reconciled, run_of
from tests.flows.windows import settled


@pytest.mark.usefixtures("engine")
def test_the_accounts_hold_though_answers_get_lost_and_so_they_do_for_whoever_has_the_report(trips, tmp_path):
    settled(trips, trips.endpoint.client("kinesis"), seconds=60)
    trips.forget_trips()
    trips.forget_totals()
    plan = Plan(seconds=9, rate=300, allowed_lateness_seconds=900)
    screen, report = Screen(out := io.StringIO(), time.monotonic), tmp_path / "report.json"
    accounts = run(trips.endpoint.url, trips.outputs, plan, screen, report)
    assert accounts.holds, accounts.text()
    assert "FAULT" in out.getvalue()
    table = trips.outputs["trip_totals_table_name"]
    assert reconciled(trips.endpoint.client("dynamodb"), table, [run_of(report)]).differences == []
