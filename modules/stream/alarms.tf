locals {
  # One shard takes in 1,000 records and 1 MB a second. The count is the stream's own, not the one it started with:
  # after a reshard the next apply moves the thresholds along.
  records_per_second = var.capacity.mode == "PROVISIONED" ? 1000 * aws_kinesis_stream.this.shard_count : var.thresholds.on_demand_records_per_second
  bytes_per_second   = var.capacity.mode == "PROVISIONED" ? 1000000 * aws_kinesis_stream.this.shard_count : var.thresholds.on_demand_bytes_per_second
}

resource "aws_cloudwatch_metric_alarm" "incoming_records" {
  alarm_name        = "${var.name}-stream-incoming-records"
  alarm_description = "Stream ${var.name} takes in nearly as many records as it can: writes will be throttled soon. Add shards, or aggregate records in the producer."
  tags              = var.tags

  # metric
  namespace   = "AWS/Kinesis"
  metric_name = "IncomingRecords"
  dimensions  = { StreamName = aws_kinesis_stream.this.name }
  statistic   = "Sum"
  period      = 60

  # threshold
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.thresholds.utilization_share * local.records_per_second * 60
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  treat_missing_data  = "notBreaching"

  # actions
  alarm_actions = [var.operations_topic.arn]
  ok_actions    = [var.operations_topic.arn]
}

resource "aws_cloudwatch_metric_alarm" "incoming_bytes" {
  alarm_name        = "${var.name}-stream-incoming-bytes"
  alarm_description = "Stream ${var.name} takes in nearly as many bytes as it can: writes will be throttled soon. Add shards, or compress what the producer sends."
  tags              = var.tags

  # metric
  namespace   = "AWS/Kinesis"
  metric_name = "IncomingBytes"
  dimensions  = { StreamName = aws_kinesis_stream.this.name }
  statistic   = "Sum"
  period      = 60

  # threshold
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.thresholds.utilization_share * local.bytes_per_second * 60
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  treat_missing_data  = "notBreaching"

  # actions
  alarm_actions = [var.operations_topic.arn]
  ok_actions    = [var.operations_topic.arn]
}

resource "aws_cloudwatch_metric_alarm" "write_throttles" {
  alarm_name        = "${var.name}-stream-write-throttles"
  alarm_description = "Stream ${var.name} turns records away: producers retry or lose them. If the stream as a whole has room, one partition key is hot; otherwise add shards."
  tags              = var.tags

  # metric
  namespace   = "AWS/Kinesis"
  metric_name = "WriteProvisionedThroughputExceeded"
  dimensions  = { StreamName = aws_kinesis_stream.this.name }
  statistic   = "Sum"
  period      = 60

  # threshold
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.thresholds.throttled_writes_per_minute
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  treat_missing_data  = "notBreaching"

  # actions
  alarm_actions = [var.operations_topic.arn]
  ok_actions    = [var.operations_topic.arn]
}

resource "aws_cloudwatch_metric_alarm" "read_throttles" {
  alarm_name        = "${var.name}-stream-read-throttles"
  alarm_description = "Readers of stream ${var.name} are throttled and fall behind: they share 2 MB and five reads a second per shard. Give one of them enhanced fan-out, or add shards."
  tags              = var.tags

  # metric
  namespace   = "AWS/Kinesis"
  metric_name = "ReadProvisionedThroughputExceeded"
  dimensions  = { StreamName = aws_kinesis_stream.this.name }
  statistic   = "Sum"
  period      = 60

  # threshold
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.thresholds.throttled_reads_per_minute
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  treat_missing_data  = "notBreaching"

  # actions
  alarm_actions = [var.operations_topic.arn]
  ok_actions    = [var.operations_topic.arn]
}

# FailedRecords counts what Kinesis itself failed to take in. What it turned away is ThrottledRecords, which the write
# throttles above count too; the Success metrics mix both with the caller's own mistakes.
resource "aws_cloudwatch_metric_alarm" "failed_records" {
  alarm_name        = "${var.name}-stream-failed-records"
  alarm_description = "Stream ${var.name} failed to take in records that were put to it: producers must send them again. If it lasts, look at the AWS Health Dashboard and at the state of the stream's key."
  tags              = var.tags

  # metric
  namespace   = "AWS/Kinesis"
  metric_name = "PutRecords.FailedRecords"
  dimensions  = { StreamName = aws_kinesis_stream.this.name }
  statistic   = "Sum"
  period      = 300

  # threshold
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.thresholds.failed_records
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"

  # actions
  alarm_actions = [var.operations_topic.arn]
  ok_actions    = [var.operations_topic.arn]
}
