output "trips_stream_name" {
  description = "Stream that producers put trips into."
  value       = module.trips.stream.name
}

output "trips_table_name" {
  description = "Table of clean trips, by tripId."
  value       = module.trips.table.name
}

output "trip_totals_table_name" {
  description = "Table of totals per vendor and bucket; read it with `python -m ops totals`."
  value       = module.trips.totals_table.name
}

output "quarantine_queue_url" {
  description = "Queue of records that no consumer could use, each with its reason."
  value       = module.trips.quarantine.url
}

output "failures_bucket_name" {
  description = "Bucket of discarded batches with their payload, and of quarantined records too large for a message."
  value       = module.trips.failures_bucket.name
}

output "orders_api_url" {
  description = "Where orders are placed: POST <url>/api/orders; null without an API."
  value       = module.orders.api_url
}

output "orders_table_name" {
  description = "Table of orders, by id."
  value       = module.orders.table.name
}

output "orders_stock_table_name" {
  description = "Table of stock and reservations; set it with `python -m ops stock`."
  value       = module.orders.stock_table.name
}

output "orders_figures_table_name" {
  description = "Table of revenue and counts by period; read it with `python -m ops revenue`."
  value       = module.orders.figures_table.name
}

output "orders_bus_name" {
  description = "Bus of all changes of orders."
  value       = module.orders.bus.name
}

output "orders_audit_bucket_name" {
  description = "Bucket of every version of every order."
  value       = module.orders.audit_bucket.name
}

output "orders_failures_bucket_name" {
  description = "Bucket of discarded batches of orders' changes, with their payload."
  value       = module.orders.failures_bucket.name
}

output "orders_retry_queue_url" {
  description = "Queue of orders whose next step waits."
  value       = module.orders.retries.url
}

output "orders_notifications_topic_arn" {
  description = "Topic of orders' new statuses."
  value       = module.orders.notifications_topic.arn
}

output "orders_function_names" {
  description = "Every function of the orders flow, by actor."
  value       = { for actor, function in module.orders.functions : actor => function.name }
}

output "operations_topic_arn" {
  description = "Topic that every alarm notifies."
  value       = aws_sns_topic.operations.arn
}

output "trip_writer_function_name" {
  description = "Function that writes clean trips to the table."
  value       = module.trips.trip_writer.name
}

output "window_aggregator_function_name" {
  description = "Function that counts trips in windows."
  value       = module.trips.window_aggregator.name
}

output "alarm_names" {
  description = "Every alarm of this environment."
  value       = concat(module.trips.alarm_names, module.orders.alarm_names)
}
