output "table" {
  description = "The table as other modules take it: name, ARN, index ARNs by name, customer-managed key or null, replica Regions, and its change stream (`arn`, `view_type`, `readers`) or null."
  value = {
    name            = aws_dynamodb_table.this.name
    arn             = aws_dynamodb_table.this.arn
    index_arns      = { for name, index in var.indexes : name => "${aws_dynamodb_table.this.arn}/index/${name}" }
    key             = var.key
    replica_regions = sort(keys(var.replicas))
    stream = var.stream_view_type == null ? null : {
      arn       = aws_dynamodb_table.this.stream_arn
      view_type = var.stream_view_type
      readers   = var.stream_readers
    }
  }
}

output "alarm_names" {
  description = "Names of the table's alarms."
  value = sort(concat(
    [
      aws_cloudwatch_metric_alarm.read_throttles.alarm_name,
      aws_cloudwatch_metric_alarm.write_throttles.alarm_name,
      aws_cloudwatch_metric_alarm.system_errors.alarm_name,
    ],
    values(aws_cloudwatch_metric_alarm.index_read_throttles)[*].alarm_name,
    values(aws_cloudwatch_metric_alarm.index_write_throttles)[*].alarm_name,
    values(aws_cloudwatch_metric_alarm.replication_latency)[*].alarm_name,
  ))
}
