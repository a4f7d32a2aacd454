# Throttled events carry no Operation, the table's exclude its indexes', and system errors are counted per operation only.

resource "aws_cloudwatch_metric_alarm" "read_throttles" {
  alarm_name        = "${var.name}-table-read-throttles"
  alarm_description = "Reads of table ${var.name} are throttled: readers slow down or fail. Look for a hot partition key, then for a table or account limit; raise the autoscaling maximum if it is reached."
  tags              = var.tags

  # metric
  namespace   = "AWS/DynamoDB"
  metric_name = "ReadThrottleEvents"
  dimensions  = { TableName = aws_dynamodb_table.this.name }
  statistic   = "Sum"
  period      = 60

  # threshold
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.thresholds.throttled_events_per_minute
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  treat_missing_data  = "notBreaching"

  # actions
  alarm_actions = [var.operations_topic.arn]
  ok_actions    = [var.operations_topic.arn]
}

resource "aws_cloudwatch_metric_alarm" "write_throttles" {
  alarm_name        = "${var.name}-table-write-throttles"
  alarm_description = "Writes to table ${var.name} are throttled: writers retry and fall behind. Look for a hot partition key, then for a table or account limit; raise the autoscaling maximum if it is reached."
  tags              = var.tags

  # metric
  namespace   = "AWS/DynamoDB"
  metric_name = "WriteThrottleEvents"
  dimensions  = { TableName = aws_dynamodb_table.this.name }
  statistic   = "Sum"
  period      = 60

  # threshold
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.thresholds.throttled_events_per_minute
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  treat_missing_data  = "notBreaching"

  # actions
  alarm_actions = [var.operations_topic.arn]
  ok_actions    = [var.operations_topic.arn]
}

resource "aws_cloudwatch_metric_alarm" "index_read_throttles" {
  for_each = var.indexes

  alarm_name        = "${var.name}-table-${each.key}-read-throttles"
  alarm_description = "Reads of index ${each.key} of table ${var.name} are throttled: its queries slow down or fail. Look for a hot key of the index, then for a table or account limit."
  tags              = var.tags

  # metric
  namespace   = "AWS/DynamoDB"
  metric_name = "ReadThrottleEvents"
  dimensions  = { TableName = aws_dynamodb_table.this.name, GlobalSecondaryIndexName = each.key }
  statistic   = "Sum"
  period      = 60

  # threshold
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.thresholds.throttled_events_per_minute
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  treat_missing_data  = "notBreaching"

  # actions
  alarm_actions = [var.operations_topic.arn]
  ok_actions    = [var.operations_topic.arn]
}

resource "aws_cloudwatch_metric_alarm" "index_write_throttles" {
  for_each = var.indexes

  alarm_name        = "${var.name}-table-${each.key}-write-throttles"
  alarm_description = "Writes to index ${each.key} of table ${var.name} are throttled, which holds back writes to the table itself. Look for few distinct values of the index's partition key, then for a table or account limit."
  tags              = var.tags

  # metric
  namespace   = "AWS/DynamoDB"
  metric_name = "WriteThrottleEvents"
  dimensions  = { TableName = aws_dynamodb_table.this.name, GlobalSecondaryIndexName = each.key }
  statistic   = "Sum"
  period      = 60

  # threshold
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.thresholds.throttled_events_per_minute
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  treat_missing_data  = "notBreaching"

  # actions
  alarm_actions = [var.operations_topic.arn]
  ok_actions    = [var.operations_topic.arn]
}

resource "aws_cloudwatch_metric_alarm" "system_errors" {
  alarm_name        = "${var.name}-table-system-errors"
  alarm_description = "DynamoDB answers requests to table ${var.name} with HTTP 500. Clients retry; if it lasts, look at the AWS Health Dashboard and expect consumers of this table to fall behind."
  tags              = var.tags

  metric_query {
    id          = "errors"
    label       = "SystemErrors of ${var.name}"
    expression  = join(" + ", [for operation in sort(var.operations) : "FILL(${lower(operation)}, 0)"])
    return_data = true
  }

  dynamic "metric_query" {
    for_each = var.operations

    content {
      id = lower(metric_query.value)

      metric {
        namespace   = "AWS/DynamoDB"
        metric_name = "SystemErrors"
        dimensions  = { TableName = aws_dynamodb_table.this.name, Operation = metric_query.value }
        stat        = "Sum"
        period      = 60
      }
    }
  }

  # threshold
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.thresholds.system_errors_per_minute
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  treat_missing_data  = "notBreaching"

  # actions
  alarm_actions = [var.operations_topic.arn]
  ok_actions    = [var.operations_topic.arn]
}

resource "aws_cloudwatch_metric_alarm" "replication_latency" {
  for_each = var.replicas

  alarm_name        = "${var.name}-table-replication-latency-${each.key}"
  alarm_description = "Changes of table ${var.name} reach ${each.key} late: readers there see old items, and a failover now would lose the difference. Look at write throttles of the replica, then at the AWS Health Dashboard."
  tags              = var.tags

  # metric
  namespace   = "AWS/DynamoDB"
  metric_name = "ReplicationLatency"
  dimensions  = { TableName = aws_dynamodb_table.this.name, ReceivingRegion = each.key }
  statistic   = "Average"
  period      = 60

  # threshold
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.thresholds.replication_latency_milliseconds
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  treat_missing_data  = "notBreaching"

  # actions
  alarm_actions = [var.operations_topic.arn]
  ok_actions    = [var.operations_topic.arn]
}
