# Keeps revenue and counts by minute, hour and day, as a whole and by sku.

locals {
  analytics = {
    description  = "Adds each order's effects to the figures of its minute, hour and day, once each."
    package      = "order_analytics"
    vpc          = null
    subscription = {}

    # A batch is folded into few writes, while batches side by side only fight over the figure of the day.
    scale = merge(local.built_in_scale, { batch_size = 100, batching_window_seconds = 2, maximum_concurrency = 2 })

    environment = {
      FIGURES_TABLE = module.figures.table.name
      ORDERS_TABLE  = module.table.table.name
    }

    permissions = merge(
      {
        AddToFigures = { actions = ["dynamodb:PutItem", "dynamodb:UpdateItem"], resources = [module.figures.table.arn] }
      },
      local.reading_of_trimmed,
      local.use_of_key.decrypt,
    )
  }
}

module "figures" {
  source = "../table"

  name                = "${var.name}-figures"
  partition_key       = { name = "period", type = "S" }
  sort_key            = { name = "figure", type = "S" }
  ttl_attribute       = "expiresAt"
  key                 = var.key
  deletion_protection = var.protected
  operations_topic    = var.operations_topic
  tags                = var.tags
}
