# Puts every change of an order on the bus: second and last reader of the table's stream.

locals {
  publisher_name = "${var.name}-publisher"

  order_publisher_permissions = merge(
    {
      PutOnBus = { actions = ["events:PutEvents"], resources = [local.bus_arn] }

      # A change that can never be an event must not hold up those behind it.
      KeepUnpublishable = { actions = ["s3:PutObject"], resources = ["${module.failures.bucket.arn}/unpublishable/*"] }
    },
    local.use_of_key.encrypt,
  )
}

module "order_publisher" {
  source = "../function"

  name        = local.publisher_name
  description = "Puts every change of an order on the bus, in order and whole."
  package     = var.packages.order_publisher

  # limits
  timeout_seconds  = var.settings.publisher.timeout_seconds
  memory_megabytes = var.settings.publisher.memory_megabytes

  environment = {
    BUS_NAME                = aws_cloudwatch_event_bus.this.name
    FAILURES_BUCKET         = module.failures.bucket.name
    POWERTOOLS_SERVICE_NAME = local.publisher_name
  }

  permissions = local.order_publisher_permissions

  table_sources = {
    orders = {
      table                   = module.table.table
      batch_size              = var.settings.publisher.batch_size
      batching_window_seconds = var.settings.publisher.batching_window_seconds
      parallelization_factor  = var.settings.publisher.parallelization_factor
      record_age_seconds      = var.settings.publisher.record_age_seconds
      on_failure              = { bucket = module.failures.bucket }
    }
  }

  key                      = var.key
  log_retention_days       = var.log_retention_days
  permissions_boundary_arn = var.permissions_boundary_arn
  operations_topic         = var.operations_topic
  tags                     = var.tags
}
