resource "aws_cloudwatch_metric_alarm" "age" {
  alarm_name        = "${var.name}-queue-age"
  alarm_description = "A message has waited too long in queue ${local.name}: its consumer is slow, failing or gone, and after ${local.retention_seconds} seconds the message is lost."
  tags              = var.tags

  # metric
  namespace   = "AWS/SQS"
  metric_name = "ApproximateAgeOfOldestMessage"
  dimensions  = { QueueName = aws_sqs_queue.this.name }
  statistic   = "Maximum"
  period      = 60

  # threshold
  comparison_operator = "GreaterThanThreshold"
  threshold           = coalesce(var.thresholds.oldest_message_seconds, local.parked ? local.retention_seconds / 2 : 900)
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  treat_missing_data  = "notBreaching"

  # actions
  alarm_actions = [var.operations_topic.arn]
  ok_actions    = [var.operations_topic.arn]
}

resource "aws_cloudwatch_metric_alarm" "parked" {
  for_each = local.parked ? { this = var.thresholds.dead_letters } : {}

  alarm_name        = "${var.name}-queue-parked"
  alarm_description = "Messages wait in queue ${local.name} for people to look at them; after ${local.retention_seconds} seconds they are lost."
  tags              = var.tags

  # metric
  namespace   = "AWS/SQS"
  metric_name = "ApproximateNumberOfMessagesVisible"
  dimensions  = { QueueName = aws_sqs_queue.this.name }
  statistic   = "Maximum"
  period      = 60

  # threshold
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"

  # actions
  alarm_actions = [var.operations_topic.arn]
  ok_actions    = [var.operations_topic.arn]
}

resource "aws_cloudwatch_metric_alarm" "dead_letters" {
  for_each = aws_sqs_queue.dead_letters

  alarm_name        = "${var.name}-queue-dead-letters"
  alarm_description = "Messages of queue ${local.name} could not be processed and wait in ${local.dead_letters_name}. Find out why, mend it, then send them back with a redrive."
  tags              = var.tags

  # metric
  namespace   = "AWS/SQS"
  metric_name = "ApproximateNumberOfMessagesVisible"
  dimensions  = { QueueName = each.value.name }
  statistic   = "Maximum"
  period      = 60

  # threshold
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.thresholds.dead_letters
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"

  # actions
  alarm_actions = [var.operations_topic.arn]
  ok_actions    = [var.operations_topic.arn]
}

resource "aws_cloudwatch_metric_alarm" "dead_letters_age" {
  for_each = aws_sqs_queue.dead_letters

  alarm_name        = "${var.name}-queue-dead-letters-age"
  alarm_description = "Nobody has taken care of the messages in ${local.dead_letters_name}; a dead letter is lost ${each.value.message_retention_seconds} seconds after it was first sent."
  tags              = var.tags

  # metric
  namespace   = "AWS/SQS"
  metric_name = "ApproximateAgeOfOldestMessage"
  dimensions  = { QueueName = each.value.name }
  statistic   = "Maximum"
  period      = 300

  # threshold
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.thresholds.oldest_dead_letter_seconds
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"

  # actions
  alarm_actions = [var.operations_topic.arn]
  ok_actions    = [var.operations_topic.arn]
}
