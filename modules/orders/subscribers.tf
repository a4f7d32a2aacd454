# Everybody who wants to know of changes: the flow's own and the caller's, in one map and made in one way. Each has its
# rule, its queues and its function; nobody's entry changes anybody else's.

locals {
  built_in_subscribers = merge(
    {
      notifications = local.notifications
      analytics     = local.analytics
      audit         = local.audit
    },
    local.cache,
    local.search,
    local.workflow,
  )

  own_subscribers = {
    for name, subscriber in var.settings.subscribers : name => {
      description = subscriber.description
      package     = subscriber.package
      vpc         = subscriber.vpc

      # The caller's settings cannot name the table, which is made from them.
      environment = merge({ ORDERS_TABLE = module.table.table.name }, subscriber.environment)
      permissions = merge(local.reading_of_trimmed, local.use_of_key.decrypt, subscriber.permissions)

      subscription = {
        statuses = subscriber.statuses
        changes  = subscriber.changes
        changed  = subscriber.changed
        pattern  = subscriber.pattern
      }

      scale = {
        timeout_seconds         = subscriber.timeout_seconds
        memory_megabytes        = subscriber.memory_megabytes
        batch_size              = subscriber.batch_size
        batching_window_seconds = subscriber.batching_window_seconds
        maximum_concurrency     = subscriber.maximum_concurrency
        reserved_concurrency    = subscriber.reserved_concurrency
      }
    }
  }

  # An event too large for the bus comes without the order's images, and sends its reader to the table.
  reading_of_trimmed = {
    ReadOrders = { actions = ["dynamodb:GetItem"], resources = [module.table.table.arn] }
  }

  built_in_scale = {
    timeout_seconds         = 30
    memory_megabytes        = 512
    batch_size              = 10
    batching_window_seconds = 0
    maximum_concurrency     = var.settings.subscriber_concurrency
    reserved_concurrency    = null
  }

  subscribers = merge(local.built_in_subscribers, local.own_subscribers)
}

module "subscriber" {
  source   = "../subscriber"
  for_each = local.subscribers

  name         = "${var.name}-${each.key}"
  description  = each.value.description
  bus          = local.bus
  subscription = each.value.subscription
  package      = var.packages[each.value.package]
  environment  = merge(each.value.environment, { POWERTOOLS_SERVICE_NAME = "${var.name}-${each.key}" })
  permissions  = each.value.permissions
  vpc          = each.value.vpc

  # scale
  timeout_seconds         = each.value.scale.timeout_seconds
  memory_megabytes        = each.value.scale.memory_megabytes
  batch_size              = each.value.scale.batch_size
  batching_window_seconds = each.value.scale.batching_window_seconds
  maximum_concurrency     = each.value.scale.maximum_concurrency
  reserved_concurrency    = each.value.scale.reserved_concurrency

  key                      = var.key
  log_retention_days       = var.log_retention_days
  permissions_boundary_arn = var.permissions_boundary_arn
  operations_topic         = var.operations_topic
  tags                     = var.tags
}
