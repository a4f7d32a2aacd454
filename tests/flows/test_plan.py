"""What Terraform would do next, once the stack stands."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from local.stack import changes
from tests.alarm_shapes import catalogue, faults, planned
from tests.flows.echoes import unexplained

ECHOES = json.loads((Path(__file__).parent / "echoes.json").read_text())
AT_REST = {"aws_lambda_event_source_mapping": ["enabled"]}  # flows rest between their tests


@pytest.fixture(scope="module")
def second_plan(stack):
    return stack.plan()


def test_a_second_plan_changes_nothing_but_what_the_emulator_fails_to_echo(endpoint, second_plan):
    known = ECHOES["known"].get(endpoint.kind, {})
    assert unexplained(changes(second_plan), known | AT_REST) == []


def test_every_alarm_watches_what_aws_emits_and_tells_the_operations_topic(stack, second_plan):
    topic, emitted = stack.outputs()["operations_topic_arn"], catalogue()
    alarms = list(planned(second_plan))
    assert len(alarms) == len(stack.outputs()["alarm_names"])
    assert [fault for alarm in alarms for fault in faults(alarm, topic, emitted)] == []


def test_no_two_alarms_share_a_name(stack):
    names = stack.outputs()["alarm_names"]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("environment", ["staging", "prod"])
def test_every_environment_can_be_planned_from_nothing(stack, tmp_path, environment):
    fresh = replace(stack, environment=environment, name=environment, folder=tmp_path, variables={})
    actions = [change["change"]["actions"] for change in changes(fresh.plan())]
    assert actions == [["create"]] * len(actions) != []
