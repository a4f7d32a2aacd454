output "queue" {
  description = "The queue as other modules take it: `name`, `arn`, `url`, `fifo`, `visibility_timeout_seconds`, `parking`, `key`."
  value = {
    name                       = aws_sqs_queue.this.name
    arn                        = aws_sqs_queue.this.arn
    url                        = aws_sqs_queue.this.url
    fifo                       = local.fifo
    visibility_timeout_seconds = var.visibility_timeout_seconds
    parking                    = local.parked
    key                        = var.key
  }
}

output "dead_letters" {
  description = "Its dead-letter queue: `name`, `arn`, `url`, `fifo`, `key`; null for a parking queue."
  value = one([
    for queue in aws_sqs_queue.dead_letters : {
      name = queue.name
      arn  = queue.arn
      url  = queue.url
      fifo = local.fifo
      key  = var.key
    }
  ])
}

output "alarm_names" {
  description = "Names of the queue's alarms."
  value = concat(
    [aws_cloudwatch_metric_alarm.age.alarm_name],
    values(aws_cloudwatch_metric_alarm.parked)[*].alarm_name,
    values(aws_cloudwatch_metric_alarm.dead_letters)[*].alarm_name,
    values(aws_cloudwatch_metric_alarm.dead_letters_age)[*].alarm_name,
  )
}
