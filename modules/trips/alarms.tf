# Alarms on what only window_aggregator itself can tell; everything AWS tells of functions, tables and queues is watched
# by their modules.

resource "aws_cloudwatch_metric_alarm" "final_calls_failing" {
  alarm_name        = "${var.name}-window-aggregator-final-calls-failing"
  alarm_description = "The final call of a window has failed for a quarter of an hour. Its shard stands still, and after ${var.settings.window.record_age_seconds} s the call is given up and its totals wait in the failures bucket. Look for invocation_failed with final true in the log of ${var.name}-window-aggregator, and at the throttles of table ${var.name}-totals."
  tags              = var.tags

  # metric
  namespace   = "Sluice"
  metric_name = "FinalCallsFailed"
  dimensions  = { service = local.services.window_aggregator }
  statistic   = "Sum"
  period      = 300

  # threshold: a single failure is what the retry is for
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  evaluation_periods  = 3
  treat_missing_data  = "notBreaching"

  # actions
  alarm_actions = [var.operations_topic.arn]
  ok_actions    = [var.operations_topic.arn]
}

resource "aws_cloudwatch_metric_alarm" "windows_terminated_early" {
  alarm_name        = "${var.name}-window-aggregator-windows-terminated-early"
  alarm_description = "A window's state outgrew Lambda's limit of 1 MB and was closed before its time. Its totals are exact, but written more often. Lower settings.window.batch_size, or let one window hold fewer vendors and buckets: shorter windows, longer buckets, less allowed lateness."
  tags              = var.tags

  # metric
  namespace   = "Sluice"
  metric_name = "WindowsTerminatedEarly"
  dimensions  = { service = local.services.window_aggregator }
  statistic   = "Sum"
  period      = 300

  # threshold
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"

  # actions
  alarm_actions = [var.operations_topic.arn]
  ok_actions    = [var.operations_topic.arn]
}

locals {
  # Business figures carry no other dimension, and two environments may live in one account.
  services = {
    trip_writer       = "${var.name}-trip-writer"
    window_aggregator = "${var.name}-window-aggregator"
  }
}
