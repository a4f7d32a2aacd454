"""What Terraform would do next, once the stack stands."""

import json
from pathlib import Path

import pytest

from tests.flows.echoes import unexplained

ECHOES = json.loads((Path(__file__).parent / "echoes.json").read_text())


def test_a_second_plan_changes_nothing_but_what_the_emulator_fails_to_echo(endpoint, stack):
    known = ECHOES["known"].get(endpoint.kind, {})
    assert unexplained(stack.planned_changes(), known) == []


@pytest.mark.parametrize("environment", ["staging", "prod"])
def test_every_environment_can_be_planned(stack, environment):
    assert stack.planned_changes(environment)


def test_no_two_alarms_share_a_name(stack):
    names = stack.outputs()["alarm_names"]
    assert sorted(set(names)) == sorted(names)
