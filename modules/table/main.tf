locals {
  # DynamoDB wants each key attribute declared once, however many keys use it.
  key_types = {
    for key in concat([var.partition_key, var.sort_key], flatten([for index in var.indexes : [index.partition_key, index.sort_key]])) :
    key.name => key.type... if key != null
  }
}

resource "aws_dynamodb_table" "this" {
  name        = var.name
  table_class = var.table_class
  tags        = var.tags

  # keys
  hash_key  = var.partition_key.name
  range_key = var.sort_key == null ? null : var.sort_key.name

  # capacity
  billing_mode   = var.autoscaling == null ? "PAY_PER_REQUEST" : "PROVISIONED"
  read_capacity  = var.autoscaling == null ? null : var.autoscaling.read.minimum_units
  write_capacity = var.autoscaling == null ? null : var.autoscaling.write.minimum_units

  # changes
  stream_enabled   = var.stream_view_type != null
  stream_view_type = var.stream_view_type

  # safety
  deletion_protection_enabled = var.deletion_protection

  dynamic "attribute" {
    for_each = local.key_types

    content {
      name = attribute.key
      type = attribute.value[0]
    }
  }

  dynamic "global_secondary_index" {
    for_each = var.indexes

    content {
      name               = global_secondary_index.key
      hash_key           = global_secondary_index.value.partition_key.name
      range_key          = global_secondary_index.value.sort_key == null ? null : global_secondary_index.value.sort_key.name
      projection_type    = global_secondary_index.value.projection
      non_key_attributes = global_secondary_index.value.attributes
    }
  }

  point_in_time_recovery {
    enabled = var.point_in_time_recovery
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = var.key == null ? null : var.key.arn
  }

  # Always there: the provider takes a missing block for "as it is", and items would go on expiring.
  ttl {
    attribute_name = var.ttl_attribute
    enabled        = var.ttl_attribute != null && var.ttl_enabled
  }

  dynamic "replica" {
    for_each = var.replicas

    content {
      region_name            = replica.key
      kms_key_arn            = replica.value.key == null ? null : replica.value.key.arn
      point_in_time_recovery = var.point_in_time_recovery
      propagate_tags         = true
    }
  }

  lifecycle {
    # What autoscaling has set stands. In exchange a table that becomes provisioned starts at one unit until the targets act.
    ignore_changes = [read_capacity, write_capacity]

    precondition {
      condition     = alltrue([for types in values(local.key_types) : length(distinct(types)) == 1])
      error_message = "An attribute has one type wherever it is a key; the keys of ${var.name} and its indexes give two to ${join(", ", [for name, types in local.key_types : name if length(distinct(types)) > 1])}."
    }

    precondition {
      condition     = !contains(keys(var.replicas), data.aws_region.this.name)
      error_message = "replicas must be in other Regions than the table, which is in ${data.aws_region.this.name}; got ${jsonencode(keys(var.replicas))}. Remove that one."
    }
  }
}

data "aws_region" "this" {}
