# What there is of each sku, and what is reserved for which order.

module "stock" {
  source = "../table"

  name                = "${var.name}-stock"
  partition_key       = { name = "sku", type = "S" }
  key                 = var.key
  deletion_protection = var.protected
  operations_topic    = var.operations_topic
  tags                = var.tags
}
