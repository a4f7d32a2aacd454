output "stream" {
  description = "Stream that producers put trips into."
  value       = module.stream.stream
}

output "table" {
  description = "Table of clean trips, by tripId."
  value       = module.table.table
}

output "quarantine" {
  description = "Queue of records that no consumer could use, each with its reason."
  value       = module.quarantine.queue
}

output "failures_bucket" {
  description = "Bucket of discarded batches with their payload and of quarantined records too large for a message."
  value       = local.failures_bucket
}

output "trip_writer" {
  description = "Function that writes clean trips to the table."
  value       = module.trip_writer.function
}

output "totals_table" {
  description = "Table of totals per vendor and bucket, of their parts, and of the trips that came too late."
  value       = module.totals_table.table
}

output "window_aggregator" {
  description = "Function that counts trips in windows."
  value       = module.window_aggregator.function
}

output "alarm_names" {
  description = "Names of the flow's alarms."
  value = concat(
    module.stream.alarm_names,
    module.table.alarm_names,
    module.quarantine.alarm_names,
    module.trip_writer.alarm_names,
    module.totals_table.alarm_names,
    module.window_aggregator.alarm_names,
    [
      aws_cloudwatch_metric_alarm.final_calls_failing.alarm_name,
      aws_cloudwatch_metric_alarm.windows_terminated_early.alarm_name,
    ],
  )
}
