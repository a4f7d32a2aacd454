# Totals per vendor and bucket, exact however often a record or a call comes again; see docs/decisions/0014 to 0016.

module "window_aggregator" {
  source = "../function"

  name        = "${var.name}-window-aggregator"
  description = "Counts trips, passengers and fares per vendor and bucket of time, each trip exactly once."
  package     = var.packages.window_aggregator

  # limits
  timeout_seconds      = var.settings.window.timeout_seconds
  memory_megabytes     = var.settings.window.memory_megabytes
  reserved_concurrency = var.settings.window.reserved_concurrency

  environment = {
    TOTALS_TABLE             = module.totals_table.table.name
    QUARANTINE_QUEUE_URL     = module.quarantine.queue.url
    FAILURES_BUCKET          = local.failures_bucket.name
    TIME                     = var.settings.window.time
    BUCKET_SECONDS           = coalesce(var.settings.window.bucket_seconds, var.settings.window.seconds)
    ALLOWED_LATENESS_SECONDS = var.settings.window.allowed_lateness_seconds
    ALLOWED_AHEAD_SECONDS    = var.settings.window.allowed_ahead_seconds
    TOTAL_SLOTS              = var.settings.window.total_slots
    PART_DAYS                = var.settings.window.part_days
    POWERTOOLS_SERVICE_NAME  = local.services.window_aggregator
  }

  permissions = merge(
    {
      ReadTotals = { actions = ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"], resources = [module.totals_table.table.arn] }
      # A transaction needs the permissions of the writes in it, and none of its own.
      WriteTotals       = { actions = ["dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"], resources = [module.totals_table.table.arn] }
      KeepLate          = { actions = ["dynamodb:BatchWriteItem"], resources = [module.totals_table.table.arn] }
      SendToQuarantine  = { actions = ["sqs:SendMessage"], resources = [module.quarantine.queue.arn] }
      KeepLargeUnusable = { actions = ["s3:PutObject"], resources = ["${local.failures_bucket.arn}/quarantine/*"] }
    },
    var.key == null ? {} : {
      EncryptWithKey = { actions = ["kms:Decrypt", "kms:GenerateDataKey"], resources = [var.key.arn] }
    },
  )

  # A window is kept where AWS documents it: a shared reader, no bisect and no partial responses (off with a window), and
  # a bucket for what was given up, for only its payload holds the state of a final call.
  kinesis_sources = {
    trips = {
      stream                  = module.stream.stream
      tumbling_window_seconds = var.settings.window.seconds
      batch_size              = var.settings.window.batch_size
      batching_window_seconds = var.settings.window.batching_window_seconds
      record_age_seconds      = var.settings.window.record_age_seconds
      on_failure              = { bucket = local.failures_bucket }
    }
  }

  key                      = var.key
  log_retention_days       = var.log_retention_days
  permissions_boundary_arn = var.permissions_boundary_arn
  operations_topic         = var.operations_topic
  tags                     = var.tags
}
