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
  value       = module.trips.alarm_names
}
