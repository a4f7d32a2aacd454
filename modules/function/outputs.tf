output "function" {
  description = "The function: name, ARN, and the alias to invoke it by; `version` is the latest one published, the `stable_version` of the next gradual shift."
  value = {
    name       = aws_lambda_function.this.function_name
    arn        = aws_lambda_function.this.arn
    alias_arn  = aws_lambda_alias.live.arn
    alias_name = aws_lambda_alias.live.name
    version    = aws_lambda_function.this.version
  }
}

output "role" {
  description = "The role the function runs as."
  value = {
    name = aws_iam_role.this.name
    arn  = aws_iam_role.this.arn
  }
}

output "log_group" {
  description = "Where the function's logs are."
  value = {
    name = aws_cloudwatch_log_group.this.name
    arn  = aws_cloudwatch_log_group.this.arn
  }
}

output "mappings" {
  description = "UUID of each event source mapping, by source name."
  value       = { for name, mapping in merge(aws_lambda_event_source_mapping.stream, aws_lambda_event_source_mapping.queue) : name => mapping.uuid }
}

output "alarm_names" {
  description = "Names of the function's alarms."
  value = concat(
    [
      aws_cloudwatch_metric_alarm.errors.alarm_name,
      aws_cloudwatch_metric_alarm.throttles.alarm_name,
      aws_cloudwatch_metric_alarm.duration.alarm_name,
    ],
    values(aws_cloudwatch_metric_alarm.new_version_errors)[*].alarm_name,
    values(aws_cloudwatch_metric_alarm.iterator_age)[*].alarm_name,
    values(aws_cloudwatch_metric_alarm.undelivered_failures)[*].alarm_name,
    values(aws_cloudwatch_metric_alarm.consumer_lag)[*].alarm_name,
    values(aws_cloudwatch_metric_alarm.discarded)[*].alarm_name,
    values(aws_cloudwatch_metric_alarm.dropped)[*].alarm_name,
    values(aws_cloudwatch_metric_alarm.stalled_stream)[*].alarm_name,
    values(aws_cloudwatch_metric_alarm.stalled_table)[*].alarm_name,
    values(aws_cloudwatch_metric_alarm.stalled_queue)[*].alarm_name,
  )
}
