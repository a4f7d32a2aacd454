# Clean trips into the table, unusable records into quarantine, what could not be written back to the stream's retries.

module "trip_writer" {
  source = "../function"

  name        = "${var.name}-trip-writer"
  description = "Writes clean trips to the table and puts unusable records into quarantine."
  package     = var.packages.trip_writer

  # limits
  timeout_seconds      = var.settings.writer.timeout_seconds
  memory_megabytes     = var.settings.writer.memory_megabytes
  reserved_concurrency = var.settings.writer.reserved_concurrency

  environment = {
    TRIPS_TABLE             = module.table.table.name
    QUARANTINE_QUEUE_URL    = module.quarantine.queue.url
    FAILURES_BUCKET         = local.failures_bucket.name
    POWERTOOLS_SERVICE_NAME = local.services.trip_writer
  }

  permissions = merge(
    {
      WriteTrips        = { actions = ["dynamodb:BatchWriteItem"], resources = [module.table.table.arn] }
      SendToQuarantine  = { actions = ["sqs:SendMessage"], resources = [module.quarantine.queue.arn] }
      KeepLargeUnusable = { actions = ["s3:PutObject"], resources = ["${local.failures_bucket.arn}/quarantine/*"] }
    },
    var.key == null ? {} : {
      EncryptWithKey = { actions = ["kms:Decrypt", "kms:GenerateDataKey"], resources = [var.key.arn] }
    },
  )

  kinesis_sources = {
    for reader, source in local.writer_readers : "trips" => merge(source, { stream = module.stream.stream }) if reader == "shared"
  }

  fan_out_sources = {
    for reader, source in local.writer_readers : "trips-fan-out" => merge(source, { consumer = module.stream.consumers[local.writer_consumer] }) if reader == "fan_out"
  }

  key                      = var.key
  log_retention_days       = var.log_retention_days
  permissions_boundary_arn = var.permissions_boundary_arn
  operations_topic         = var.operations_topic
  tags                     = var.tags
}

locals {
  writer_consumer = "${var.name}-trip-writer"

  # A mapping keeps its source for life, so a change of reader is another mapping beside the first; README says how one
  # takes over from the other without a gap.
  writer_readers = {
    for name, reader in var.settings.writer.readers : name => {
      starting_position       = coalesce(reader.from_timestamp, "TRIM_HORIZON") == "TRIM_HORIZON" ? "TRIM_HORIZON" : "AT_TIMESTAMP"
      starting_timestamp      = reader.from_timestamp == "TRIM_HORIZON" ? null : reader.from_timestamp
      enabled                 = reader.enabled
      batch_size              = var.settings.writer.batch_size
      batching_window_seconds = var.settings.writer.batching_window_seconds
      parallelization_factor  = var.settings.writer.parallelization_factor
      record_age_seconds      = var.settings.writer.record_age_seconds
      on_failure              = { bucket = local.failures_bucket }
    }
  }
}
