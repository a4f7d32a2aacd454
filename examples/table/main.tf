# A table with an index, a change stream and expiring items, and the topic that hears its alarms.

module "table" {
  source = "../../modules/table"

  name             = "sluice-example-orders"
  partition_key    = { name = "id", type = "S" }
  stream_view_type = "NEW_AND_OLD_IMAGES"
  ttl_attribute    = "expiresAt"
  operations_topic = { arn = aws_sns_topic.operations.arn }

  indexes = {
    status-index = {
      partition_key = { name = "status", type = "S" }
      sort_key      = { name = "placedAt", type = "S" }
      projection    = "INCLUDE"
      attributes    = ["customerId"]
    }
  }

  # An example must be easy to remove; leave the protection on where the items matter.
  deletion_protection = false
}

resource "aws_sns_topic" "operations" {
  name = "sluice-example-operations"
}

output "table" {
  value = module.table.table
}

output "alarm_names" {
  value = module.table.alarm_names
}
