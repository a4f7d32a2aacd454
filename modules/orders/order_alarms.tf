# What the functions count themselves; Lambda's own metrics know nothing of it. Such figures carry the service alone, which
# is the function's whole name: two environments may live in one account.

resource "aws_cloudwatch_metric_alarm" "breaker_opened" {
  alarm_name        = "${var.name}-pipeline-breaker-opened"
  alarm_description = "The payment gateway or the carrier fails, and its circuit breaker has opened: orders wait in ${var.name}-retries and go on by themselves when it is back. Look at the log of ${local.pipeline_name} for step_troubled, then ask the partner."
  tags              = var.tags

  # metric
  namespace   = "Sluice"
  metric_name = "BreakerOpened"
  dimensions  = { service = local.pipeline_name }
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

resource "aws_cloudwatch_metric_alarm" "removed_orders" {
  alarm_name        = "${var.name}-pipeline-orders-removed"
  alarm_description = "Orders were removed from table ${var.name} before they were finished: what was charged or reserved for them stays so. Look at the log of ${local.pipeline_name} for unfinished_order_removed, give back what they took, and find who deletes orders."
  tags              = var.tags

  # metric
  namespace   = "Sluice"
  metric_name = "UnfinishedOrdersRemoved"
  dimensions  = { service = local.pipeline_name }
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

resource "aws_cloudwatch_metric_alarm" "unpublished_changes" {
  alarm_name        = "${var.name}-publisher-returned"
  alarm_description = "The bus keeps refusing changes of orders, which ${local.publisher_name} gives back to be delivered again: no subscriber sees anything newer. Look at its log, at the bus's key and at the account's PutEvents quota."
  tags              = var.tags

  # metric
  namespace   = "Sluice"
  metric_name = "ChangesReturned"
  dimensions  = { service = local.publisher_name }
  statistic   = "Sum"
  period      = 60

  # threshold: once in a while a throttle is what scaling looks like
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  treat_missing_data  = "notBreaching"

  # actions
  alarm_actions = [var.operations_topic.arn]
  ok_actions    = [var.operations_topic.arn]
}

resource "aws_cloudwatch_metric_alarm" "unpublishable_changes" {
  alarm_name        = "${var.name}-publisher-unpublishable"
  alarm_description = "Something that can be no event, for it is no order or the bus refuses what it holds, was written to table ${var.name}: ${local.publisher_name} has kept the change under unpublishable/ in the failures bucket, and no subscriber will see it. Look there for the reason, and at who wrote it."
  tags              = var.tags

  # metric
  namespace   = "Sluice"
  metric_name = "ChangesUnpublishable"
  dimensions  = { service = local.publisher_name }
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
