# Takes each order from status to status: first reader of the table's stream, and driven by the retry queue as well.

locals {
  pipeline_name = "${var.name}-pipeline"

  # null leaves a setting to the function's own default, which an empty text would not say.
  order_pipeline_environment = {
    for name, value in {
      ORDERS_TABLE                 = module.table.table.name
      STOCK_TABLE                  = module.stock.table.name
      BREAKERS_TABLE               = module.breakers.table.name
      RETRY_QUEUE_URL              = module.retries.queue.url
      PAYMENT_GATEWAY_URL          = var.settings.pipeline.payment_gateway_url
      CARRIER_URL                  = var.settings.pipeline.carrier_url
      PARTNER_SECONDS              = var.settings.pipeline.partner_seconds
      ORDER_DAYS                   = var.settings.pipeline.order_days
      BREAKER_FAILURES             = var.settings.pipeline.breaker.failures
      BREAKER_WINDOW_SECONDS       = var.settings.pipeline.breaker.window_seconds
      BREAKER_REST_SECONDS         = var.settings.pipeline.breaker.rest_seconds
      BREAKER_LONGEST_REST_SECONDS = var.settings.pipeline.breaker.longest_rest_seconds
      POWERTOOLS_SERVICE_NAME      = local.pipeline_name
    } : name => tostring(value) if value != null
  }

  order_pipeline_permissions = merge(
    {
      MoveOrders    = { actions = ["dynamodb:GetItem", "dynamodb:UpdateItem"], resources = [module.table.table.arn] }
      ReserveStock  = { actions = ["dynamodb:BatchGetItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"], resources = [module.stock.table.arn] }
      ShareBreakers = { actions = ["dynamodb:GetItem", "dynamodb:PutItem"], resources = [module.breakers.table.arn] }
      SendToRetries = { actions = ["sqs:SendMessage"], resources = [module.retries.queue.arn] }
    },
    local.use_of_key.encrypt,
  )
}

module "order_pipeline" {
  source = "../function"

  name        = local.pipeline_name
  description = "Validates, charges, reserves and ships orders, and takes back what a rejected one has taken."
  package     = var.packages.order_pipeline

  # limits
  timeout_seconds      = var.settings.pipeline.timeout_seconds
  memory_megabytes     = var.settings.pipeline.memory_megabytes
  reserved_concurrency = var.settings.pipeline.reserved_concurrency

  environment = local.order_pipeline_environment
  permissions = local.order_pipeline_permissions

  table_sources = {
    orders = {
      table                   = module.table.table
      batch_size              = var.settings.pipeline.batch_size
      batching_window_seconds = var.settings.pipeline.batching_window_seconds
      parallelization_factor  = var.settings.pipeline.parallelization_factor
      record_age_seconds      = var.settings.pipeline.record_age_seconds
      on_failure              = { bucket = module.failures.bucket }
    }
  }

  queue_sources = {
    retries = {
      queue               = module.retries.queue
      maximum_concurrency = var.settings.pipeline.retry_concurrency
    }
  }

  key                      = var.key
  log_retention_days       = var.log_retention_days
  permissions_boundary_arn = var.permissions_boundary_arn
  operations_topic         = var.operations_topic
  tags                     = var.tags
}
