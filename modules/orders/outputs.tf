output "api_url" {
  description = "Where orders are placed: POST <url>/api/orders; null without an API."
  value       = one(values(aws_apigatewayv2_api.this)[*].api_endpoint)
}

output "table" {
  description = "Table of orders, by id, and its stream, which has its two readers."
  value       = module.table.table
}

output "stock_table" {
  description = "Table of what there is of each sku, and of reservations."
  value       = module.stock.table
}

output "figures_table" {
  description = "Table of revenue and counts by period."
  value       = module.figures.table
}

output "notices_table" {
  description = "Table of what customers were told already."
  value       = module.notices.table
}

output "fulfilments_table" {
  description = "Table of what became of shipped orders' goods; null without workflow."
  value       = one(values(module.fulfilments)[*].table)
}

output "bus" {
  description = "Bus of all changes of orders: `name`, `arn`."
  value       = local.bus
}

output "retries" {
  description = "Queue of orders whose next step waits."
  value       = module.retries.queue
}

output "audit_bucket" {
  description = "Bucket of every version of every order."
  value       = module.audit_trail.bucket
}

output "failures_bucket" {
  description = "Bucket of discarded batches with their payload."
  value       = module.failures.bucket
}

output "notifications_topic" {
  description = "Topic of orders' new statuses: `name`, `arn`."
  value = {
    name = aws_sns_topic.notifications.name
    arn  = local.notifications_topic_arn
  }
}

output "functions" {
  description = "Every function of the flow, by actor: `api`, `pipeline`, `publisher`, and each subscriber by its name."
  value = merge(
    { for api in module.order_api : "api" => api.function },
    {
      pipeline  = module.order_pipeline.function
      publisher = module.order_publisher.function
    },
    { for name, subscriber in module.subscriber : name => subscriber.function },
  )
}

output "subscribers" {
  description = "Every subscriber by its name: `rule`, `queue`, `dead_letters`, `undelivered`."
  value = {
    for name, subscriber in module.subscriber : name => {
      rule         = subscriber.rule
      queue        = subscriber.queue
      dead_letters = subscriber.dead_letters
      undelivered  = subscriber.undelivered
    }
  }
}

output "alarm_names" {
  description = "Names of the flow's alarms."
  value = concat(
    module.table.alarm_names,
    module.stock.alarm_names,
    module.breakers.alarm_names,
    module.notices.alarm_names,
    module.figures.alarm_names,
    flatten(values(module.fulfilments)[*].alarm_names),
    module.retries.alarm_names,
    flatten(values(module.undelivered)[*].alarm_names),
    flatten(values(module.order_api)[*].alarm_names),
    module.order_pipeline.alarm_names,
    module.order_publisher.alarm_names,
    flatten(values(module.subscriber)[*].alarm_names),
    values(aws_cloudwatch_metric_alarm.api_errors)[*].alarm_name,
    values(aws_cloudwatch_metric_alarm.api_latency)[*].alarm_name,
    values(aws_cloudwatch_metric_alarm.failed_fulfilments)[*].alarm_name,
    values(aws_cloudwatch_metric_alarm.late_fulfilments)[*].alarm_name,
    [
      aws_cloudwatch_metric_alarm.breaker_opened.alarm_name,
      aws_cloudwatch_metric_alarm.removed_orders.alarm_name,
      aws_cloudwatch_metric_alarm.unpublished_changes.alarm_name,
      aws_cloudwatch_metric_alarm.unpublishable_changes.alarm_name,
      aws_cloudwatch_metric_alarm.undelivered_notifications.alarm_name,
    ],
  )
}
