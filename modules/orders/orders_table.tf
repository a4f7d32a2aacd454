# Every order, and the stream of its changes that all else follows from.

locals {
  order_indexes = !var.settings.status_index ? {} : {
    status-index = { partition_key = { name = "status", type = "S" }, sort_key = { name = "updatedAt", type = "S" } }
  }
}

module "table" {
  source = "../table"

  name                = var.name
  partition_key       = { name = "id", type = "S" }
  indexes             = local.order_indexes
  stream_view_type    = "NEW_AND_OLD_IMAGES"
  stream_readers      = [local.pipeline_name, local.publisher_name]
  ttl_attribute       = "expiresAt"
  key                 = var.key
  deletion_protection = var.protected
  operations_topic    = var.operations_topic
  tags                = var.tags
}
