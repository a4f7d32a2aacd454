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

output "alarm_names" {
  description = "Names of the flow's alarms."
  value = concat(
    module.stream.alarm_names,
    module.table.alarm_names,
    module.quarantine.alarm_names,
    module.trip_writer.alarm_names,
  )
}
