# The queues and the function have their own; these watch the way from the bus into the queue.

resource "aws_cloudwatch_metric_alarm" "failed_invocations" {
  alarm_name        = "${var.name}-failed-invocations"
  alarm_description = "Events that match rule ${var.name} could not be put into its queue, and wait in ${var.name}-undelivered. Look at the queue's policy and at its key's, mend them, then send each message's body to the queue; a body of detail-type \"Encrypted Events\" must be decrypted first, as the module's README says."
  tags              = var.tags

  # metric
  namespace   = "AWS/Events"
  metric_name = "FailedInvocations"
  dimensions  = { EventBusName = aws_cloudwatch_event_rule.this.event_bus_name, RuleName = aws_cloudwatch_event_rule.this.name }
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

resource "aws_cloudwatch_metric_alarm" "lost_events" {
  alarm_name        = "${var.name}-lost-events"
  alarm_description = "Events that match rule ${var.name} could be put neither into its queue nor into ${var.name}-undelivered, and are gone. Look at both queues' policies, then bring the changes back from their source."
  tags              = var.tags

  # metric
  namespace   = "AWS/Events"
  metric_name = "InvocationsFailedToBeSentToDlq"
  dimensions  = { EventBusName = aws_cloudwatch_event_rule.this.event_bus_name, RuleName = aws_cloudwatch_event_rule.this.name }
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
