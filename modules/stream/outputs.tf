locals {
  stream = {
    name            = aws_kinesis_stream.this.name
    arn             = aws_kinesis_stream.this.arn
    mode            = var.capacity.mode
    shard_count     = var.capacity.mode == "PROVISIONED" ? aws_kinesis_stream.this.shard_count : null
    retention_hours = var.retention_hours
    key             = var.key
  }
}

output "stream" {
  description = "The stream as other modules take it: `name`, `arn`, `mode`, `shard_count` (as it is now; null on demand), `retention_hours`, `key`."
  value       = local.stream
}

output "consumers" {
  description = "The enhanced fan-out consumers by name, each with `name`, `arn` and its `stream`."
  value = {
    for name, consumer in aws_kinesis_stream_consumer.this : name => {
      name   = name
      arn    = consumer.arn
      stream = local.stream
    }
  }
}

output "alarm_names" {
  description = "Names of the stream's alarms."
  value = [
    aws_cloudwatch_metric_alarm.incoming_records.alarm_name,
    aws_cloudwatch_metric_alarm.incoming_bytes.alarm_name,
    aws_cloudwatch_metric_alarm.write_throttles.alarm_name,
    aws_cloudwatch_metric_alarm.read_throttles.alarm_name,
    aws_cloudwatch_metric_alarm.failed_records.alarm_name,
  ]
}
