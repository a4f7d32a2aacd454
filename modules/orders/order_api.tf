# Takes orders and tells how they stand: one conditional put, one read, and nothing else of the flow.

locals {
  order_api_permissions = merge(
    {
      PlaceOrders = { actions = ["dynamodb:PutItem"], resources = [module.table.table.arn] }
      ReadOrders  = { actions = ["dynamodb:GetItem"], resources = [module.table.table.arn] }
    },
    local.use_of_key.decrypt,
  )
}

module "order_api" {
  source   = "../function"
  for_each = local.apis

  name        = "${var.name}-api"
  description = "Answers POST /api/orders and GET /api/orders/{id}."
  package     = var.packages.order_api

  # limits
  timeout_seconds      = each.value.timeout_seconds
  memory_megabytes     = each.value.memory_megabytes
  reserved_concurrency = each.value.reserved_concurrency

  environment = {
    ORDERS_TABLE            = module.table.table.name
    POWERTOOLS_SERVICE_NAME = "${var.name}-api"
  }

  permissions = local.order_api_permissions

  key                      = var.key
  log_retention_days       = var.log_retention_days
  permissions_boundary_arn = var.permissions_boundary_arn
  operations_topic         = var.operations_topic
  tags                     = var.tags
}
