output "rule" {
  description = "Rule that picks the events: `name`, `arn`."
  value = {
    name = aws_cloudwatch_event_rule.this.name
    arn  = local.rule_arn
  }
}

output "queue" {
  description = "Queue that the rule fills and the function empties."
  value       = module.queue.queue
}

output "dead_letters" {
  description = "Queue of messages that the function could not process."
  value       = module.queue.dead_letters
}

output "undelivered" {
  description = "Queue of events that the rule could not deliver."
  value       = module.undelivered.queue
}

output "function" {
  description = "The function: name, ARN, and the alias to invoke it by."
  value       = module.function.function
}

output "role" {
  description = "The role that the function runs as."
  value       = module.function.role
}

output "log_group" {
  description = "Where the function's logs are."
  value       = module.function.log_group
}

output "alarm_names" {
  description = "Names of the subscriber's alarms."
  value = concat(
    [
      aws_cloudwatch_metric_alarm.failed_invocations.alarm_name,
      aws_cloudwatch_metric_alarm.lost_events.alarm_name,
    ],
    module.queue.alarm_names,
    module.undelivered.alarm_names,
    module.function.alarm_names,
  )
}
