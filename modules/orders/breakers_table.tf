# The circuit breakers that all instances of the pipeline share: a few items, and nothing that would be missed.

module "breakers" {
  source = "../table"

  name                = "${var.name}-breakers"
  partition_key       = { name = "name", type = "S" }
  key                 = var.key
  deletion_protection = false
  operations_topic    = var.operations_topic
  tags                = var.tags
}
