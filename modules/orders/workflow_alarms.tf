resource "aws_cloudwatch_metric_alarm" "failed_fulfilments" {
  for_each = aws_sfn_state_machine.fulfilment

  alarm_name        = "${local.fulfilment}-failed"
  alarm_description = "Fulfilments of orders failed: their goods wait in the warehouse. Look at the failed executions of ${local.fulfilment}, then redrive them from where they stopped."
  tags              = var.tags

  # metric
  namespace   = "AWS/States"
  metric_name = "ExecutionsFailed"
  dimensions  = { StateMachineArn = each.value.arn }
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

resource "aws_cloudwatch_metric_alarm" "late_fulfilments" {
  for_each = aws_sfn_state_machine.fulfilment

  alarm_name        = "${local.fulfilment}-timed-out"
  alarm_description = "Fulfilments of orders took longer than they may: their goods wait in the warehouse. Look at where the executions of ${local.fulfilment} stopped."
  tags              = var.tags

  # metric
  namespace   = "AWS/States"
  metric_name = "ExecutionsTimedOut"
  dimensions  = { StateMachineArn = each.value.arn }
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
