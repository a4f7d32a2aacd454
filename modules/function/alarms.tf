# Alarms of the function as a whole. FunctionName alone counts every version and alias; Lambda tells IteratorAge and
# DestinationDeliveryFailures by no source, so each is one alarm for all of them.
locals {
  lives_seconds = {
    for name, source in local.stream_sources : name => (
      source.record_age_seconds == -1 ? source.retention_seconds : min(source.record_age_seconds, source.retention_seconds)
    )
  }
}

resource "aws_cloudwatch_metric_alarm" "errors" {
  alarm_name        = "${var.name}-errors"
  alarm_description = "Function ${var.name} failed ${var.error_alarm_count} times or more in five minutes: its sources retry or give up. Look for the error in its log."
  tags              = var.tags

  # metric
  namespace   = "AWS/Lambda"
  metric_name = "Errors"
  dimensions  = { FunctionName = aws_lambda_function.this.function_name }
  statistic   = "Sum"
  period      = 300

  # threshold
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = var.error_alarm_count
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"

  # actions
  alarm_actions = [var.operations_topic.arn]
  ok_actions    = [var.operations_topic.arn]
}

resource "aws_cloudwatch_metric_alarm" "throttles" {
  alarm_name        = "${var.name}-throttles"
  alarm_description = "Function ${var.name} has been refused concurrency in two of three five-minute periods: its sources fall behind. Raise reserved_concurrency, or the account's limit if it is reached."
  tags              = var.tags

  # metric
  namespace   = "AWS/Lambda"
  metric_name = "Throttles"
  dimensions  = { FunctionName = aws_lambda_function.this.function_name }
  statistic   = "Sum"
  period      = 300

  # threshold: one throttle is what scaling looks like, and the sources retry it
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  treat_missing_data  = "notBreaching"

  # actions
  alarm_actions = [var.operations_topic.arn]
  ok_actions    = [var.operations_topic.arn]
}

resource "aws_cloudwatch_metric_alarm" "duration" {
  alarm_name        = "${var.name}-duration"
  alarm_description = "Function ${var.name} takes more than ${floor(var.duration_alarm_share * 100)} % of its ${var.timeout_seconds} s: a slower invocation would be cut off. Look at what it calls; then raise timeout_seconds or memory_megabytes, or lower batch_size."
  tags              = var.tags

  # metric
  namespace   = "AWS/Lambda"
  metric_name = "Duration"
  dimensions  = { FunctionName = aws_lambda_function.this.function_name }
  statistic   = "Maximum"
  period      = 300

  # threshold
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.timeout_seconds * 1000 * var.duration_alarm_share
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  treat_missing_data  = "notBreaching"

  # actions
  alarm_actions = [var.operations_topic.arn]
  ok_actions    = [var.operations_topic.arn]
}

resource "aws_cloudwatch_metric_alarm" "new_version_errors" {
  for_each = local.new_version_share > 0 ? { this = var.gradual_shift.stable_version } : {}

  alarm_name        = "${var.name}-new-version-errors"
  alarm_description = "The new version of function ${var.name} fails; set gradual_shift.new_version_share = 0 to send everything back to version ${each.value}."
  tags              = var.tags

  # metric
  namespace   = "AWS/Lambda"
  metric_name = "Errors"
  dimensions = {
    FunctionName    = aws_lambda_function.this.function_name
    Resource        = "${aws_lambda_function.this.function_name}:${aws_lambda_alias.live.name}"
    ExecutedVersion = aws_lambda_function.this.version
  }
  statistic = "Sum"
  period    = 60

  # threshold
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"

  # actions
  alarm_actions = [var.operations_topic.arn]
  ok_actions    = [var.operations_topic.arn]
}

resource "aws_cloudwatch_metric_alarm" "iterator_age" {
  for_each = length(local.lives_seconds) > 0 ? { this = min(values(local.lives_seconds)...) } : {}

  alarm_name        = "${var.name}-iterator-age"
  alarm_description = "Function ${var.name} reads records that have waited ${floor(var.lag_alarm_share * 100)} % of their life; what waits longer than that life is discarded. Look at its errors and throttles; without any, raise parallelization_factor or add shards."
  tags              = var.tags

  # metric
  namespace   = "AWS/Lambda"
  metric_name = "IteratorAge"
  dimensions  = { FunctionName = aws_lambda_function.this.function_name }
  statistic   = "Maximum"
  period      = 60

  # threshold: milliseconds, of the source whose records die first
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value * 1000 * var.lag_alarm_share
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  treat_missing_data  = "notBreaching"

  # actions
  alarm_actions = [var.operations_topic.arn]
  ok_actions    = [var.operations_topic.arn]
}

resource "aws_cloudwatch_metric_alarm" "undelivered_failures" {
  for_each = length(local.stream_sources) > 0 ? { this = local.on_failures } : {}

  alarm_name        = "${var.name}-undelivered-failures"
  alarm_description = "A failed batch of function ${var.name} could not be put into its on-failure destination; its records are lost once the stream forgets them. Look at the destination's policy and key."
  tags              = var.tags

  # metric
  namespace   = "AWS/Lambda"
  metric_name = "DestinationDeliveryFailures"
  dimensions  = { FunctionName = aws_lambda_function.this.function_name }
  statistic   = "Sum"
  period      = 60

  # threshold
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"

  # actions
  alarm_actions = [var.operations_topic.arn]
  ok_actions    = [var.operations_topic.arn]
}
