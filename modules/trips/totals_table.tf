# Totals for readers; parts, spans and marks, which make them exact; and trips that came too late to be counted.

module "totals_table" {
  source = "../table"

  name                = "${var.name}-totals"
  partition_key       = { name = "vendorId", type = "N" }
  sort_key            = { name = "window", type = "S" }
  ttl_attribute       = "expiresAt"
  operations          = ["BatchGetItem", "BatchWriteItem", "GetItem", "Query", "TransactWriteItems", "UpdateItem"]
  key                 = var.key
  deletion_protection = var.protected
  operations_topic    = var.operations_topic
  tags                = var.tags
}
