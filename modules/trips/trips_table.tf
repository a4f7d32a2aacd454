module "table" {
  source = "../table"

  name                = var.name
  partition_key       = { name = "tripId", type = "S" }
  key                 = var.key
  deletion_protection = var.protected
  operations_topic    = var.operations_topic
  tags                = var.tags
}
