"""Every alarm of the modules watches what AWS emits and tells the operations topic; and the check can tell."""

import json
from pathlib import Path

import pytest

from tests.alarm_shapes import CATALOGUE, Alarm, catalogue, declared, faults, planned

MODULES = Path(__file__).parent.parent / "modules"
ALARMS = [alarm for path in sorted(MODULES.glob("**/*.tf")) for alarm in declared(path)]
TOPIC = "${var.operations_topic.arn}"

SOUND = """
resource "aws_cloudwatch_metric_alarm" "read_throttles" {
  for_each = var.tables

  alarm_description = "Reads of the table are throttled: look for a hot partition key."

  namespace   = "AWS/DynamoDB"
  metric_name = "ReadThrottleEvents"
  dimensions  = { TableName = each.value.name }
  statistic   = "Sum"

  treat_missing_data = "notBreaching"

  alarm_actions = [var.operations_topic.arn]
  ok_actions    = [var.operations_topic.arn]
}
"""

MATHS = """
resource "aws_cloudwatch_metric_alarm" "system_errors" {
  alarm_description = "DynamoDB answers requests to the table with HTTP 500."

  metric_query {
    id         = "errors"
    expression = "FILL(putitem, 0) + FILL(getitem, 0)"
  }

  metric_query {
    id = "putitem"

    metric {
      namespace   = "AWS/DynamoDB"
      metric_name = "SystemErrors"
      dimensions  = { TableName = var.name, Operation = "PutItem" }
      stat        = "Sum"
      period      = 60
    }
  }

  dynamic "metric_query" {
    for_each = var.operations

    content {
      id = metric_query.value

      metric {
        namespace   = "AWS/DynamoDB"
        metric_name = "SystemErrors"
        dimensions  = { "TableName" = var.name, "Operation" = metric_query.value }
        stat        = "Sum"
        period      = 60
      }
    }
  }

  treat_missing_data = "notBreaching"

  alarm_actions = [var.operations_topic.arn]
  ok_actions    = [var.operations_topic.arn]
}
"""

COMPOSITE = """
resource "aws_cloudwatch_composite_alarm" "degraded" {
  alarm_description = "More than one thing is wrong with the flow: start with the oldest."
  alarm_rule        = "ALARM(${aws_cloudwatch_metric_alarm.errors.alarm_name})"
  alarm_actions     = [var.operations_topic.arn]
  ok_actions        = [var.operations_topic.arn]
}
"""


def faults_of_file(folder: Path, source: str) -> list[str]:
    (folder / "alarms.tf").write_text(source)
    return [fault for alarm in declared(folder / "alarms.tf") for fault in faults(alarm, TOPIC, catalogue())]


@pytest.mark.parametrize("alarm", ALARMS, ids=lambda alarm: alarm.address)
def test_every_alarm_watches_what_aws_emits_and_tells_the_topic_it_is_given(alarm: Alarm) -> None:
    assert faults(alarm, TOPIC, catalogue()) == []


@pytest.mark.parametrize("source", [SOUND, MATHS, COMPOSITE], ids=["one metric", "metric math", "composite"])
def test_a_sound_alarm_has_no_fault(tmp_path: Path, source: str) -> None:
    assert faults_of_file(tmp_path, source) == []


@pytest.mark.parametrize(
    ("source", "right", "wrong", "told"),
    [
        (SOUND, "{ TableName =", "{ Table =", "AWS does not emit AWS/DynamoDB ReadThrottleEvents {Table}; it has"),
        (SOUND, "each.value.name }", 'each.value.name, Operation = "GetItem" }', "{Operation, TableName}; it has"),
        (SOUND, "{ TableName = each.value.name }", "{}", "ReadThrottleEvents {}; it has"),
        (SOUND, "ReadThrottleEvents", "ReadThrottles", "AWS/DynamoDB ReadThrottles is not in metrics.json"),
        (SOUND, "AWS/DynamoDB", "AWS/Dynamo", "AWS/Dynamo ReadThrottleEvents is not in metrics.json"),
        (SOUND, '"ReadThrottleEvents"', "each.value.metric", "metric_name = ${each.value.metric} must be written out"),
        (SOUND, '"AWS/DynamoDB"', '"AWS/${var.service}"', "namespace = AWS/${var.service} must be written out"),
        (SOUND, "{ TableName = each.value.name }", "local.dimensions", "dimensions = ${local.dimensions} must be"),
        (SOUND, "{ TableName =", "{ (var.dimension) =", "dimensions = {${(var.dimension)}} must be written out"),
        (SOUND, 'metric_name = "ReadThrottleEvents"', "", "watches no metric"),
        (SOUND, 'statistic   = "Sum"', "", "ReadThrottleEvents {TableName} has no statistic"),
        (SOUND, 'treat_missing_data = "notBreaching"', "", 'treat_missing_data must be "notBreaching"; got ""'),
        (SOUND, '"notBreaching"', '"breaching"', 'treat_missing_data must be "notBreaching"; got "breaching"'),
        (SOUND, "alarm_actions = [var.operations_topic.arn]", "", "alarm_actions must be [${var.ope"),
        (SOUND, "ok_actions    = [var.operations_topic.arn]", "ok_actions = []", "ok_actions must be"),
        (SOUND, "alarm_actions = [var.operations_topic.arn]", "alarm_actions = var.actions", "got [${var.actions}]"),
        (SOUND, "Reads of the table are throttled: look for a hot partition key.", "Throttled.", "alarm_description"),
        (MATHS, ', Operation = "PutItem"', "", "SystemErrors {TableName}; it has {Operation, TableName}"),
        (MATHS, ', "Operation" = metric_query.value', "", "SystemErrors {TableName}; it has {Operation, TableName}"),
        (COMPOSITE, "ok_actions        = [var.operations_topic.arn]", "", "ok_actions must be"),
    ],
)
def test_a_fault_is_told_by_what_is_wrong(tmp_path: Path, source: str, right: str, wrong: str, told: str) -> None:
    assert [told for fault in faults_of_file(tmp_path, source.replace(right, wrong, 1)) if told in fault] == [told]


def test_only_a_stalled_alarm_may_read_something_into_missing_data(tmp_path: Path) -> None:
    stalled = SOUND.replace("read_throttles", "stalled_reader").replace('"notBreaching"', '"ignore"')
    assert faults_of_file(tmp_path, stalled) == []


def test_a_stalled_alarm_must_say_what_missing_data_means(tmp_path: Path) -> None:
    stalled = SOUND.replace("read_throttles", "stalled_reader").replace('treat_missing_data = "notBreaching"', "")
    assert "a stalled alarm must say what missing data means" in faults_of_file(tmp_path, stalled)[0]


def plan(dimensions: dict[str, str]) -> dict[str, object]:
    """A plan as `terraform show -json` tells it: one alarm, in a module of a module."""
    values = {
        "alarm_description": "Records wait too long in the stream: look at the function's errors.",
        "namespace": "AWS/Kinesis",
        "metric_name": "SubscribeToShardEvent.MillisBehindLatest",
        "dimensions": dimensions,
        "statistic": "Maximum",
        "extended_statistic": None,
        "metric_query": [],
        "treat_missing_data": "notBreaching",
        "alarm_actions": ["arn:aws:sns:us-east-1:000000000000:operations"],
        "ok_actions": ["arn:aws:sns:us-east-1:000000000000:operations"],
    }
    alarm = {
        "address": 'module.trips.module.trip_writer.aws_cloudwatch_metric_alarm.consumer_lag["trips"]',
        "type": "aws_cloudwatch_metric_alarm",
        "name": "consumer_lag",
        "values": values,
    }
    function = {"address": "module.trips.module.trip_writer", "resources": [alarm]}
    return {"planned_values": {"root_module": {"child_modules": [{"child_modules": [function]}]}}}


def faults_of_plan(document: dict[str, object]) -> list[str]:
    topic = "arn:aws:sns:us-east-1:000000000000:operations"
    return [fault for alarm in planned(document) for fault in faults(alarm, topic, catalogue())]


def test_a_planned_alarm_is_judged_like_a_written_one() -> None:
    assert faults_of_plan(plan({"StreamName": "trips", "ConsumerName": "live-map"})) == []


def test_a_planned_alarm_without_its_dimensions_is_told_by_its_address() -> None:
    assert faults_of_plan(plan({"StreamName": "trips"})) == [
        'module.trips.module.trip_writer.aws_cloudwatch_metric_alarm.consumer_lag["trips"]: AWS does not emit '
        "AWS/Kinesis SubscribeToShardEvent.MillisBehindLatest {StreamName}; it has {ConsumerName, StreamName}"
    ]


def test_the_modules_have_alarms_to_check() -> None:
    assert {alarm.address.split("/")[0] for alarm in ALARMS} >= {"function", "queue", "stream", "table"}


CATALOGUED = json.loads(CATALOGUE.read_text())


@pytest.mark.parametrize("namespace", [name for name in CATALOGUED if name.startswith("AWS/")])
def test_the_catalogue_names_a_source_of_every_namespace_of_aws(namespace: str) -> None:
    assert "https://docs.aws.amazon.com/" in CATALOGUED[namespace]["sources"][0]


@pytest.mark.parametrize("namespace", [name for name in CATALOGUED if not name.startswith("AWS/")])
def test_every_metric_of_ours_in_the_catalogue_is_named_in_the_code_that_tells_it(namespace: str) -> None:
    told = "".join((MODULES.parent / source).read_text() for source in CATALOGUED[namespace]["sources"])
    named = [name for group in CATALOGUED[namespace]["groups"] for name in group["metrics"]]
    assert [name for name in named if name not in told] == []
