mock_provider "aws" {
  mock_resource "aws_dynamodb_table" {
    defaults = {
      arn        = "arn:aws:dynamodb:eu-west-1:123456789012:table/sluice-test-orders"
      stream_arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/sluice-test-orders/stream/2026-01-01T00:00:00.000"
    }
  }
}

variables {
  name             = "sluice-test-orders"
  partition_key    = { name = "id", type = "S" }
  operations_topic = { arn = "arn:aws:sns:eu-west-1:123456789012:operations" }
}

run "a_table_is_encrypted_restorable_and_protected_unless_told_otherwise" {
  command = plan

  module {
    source = "./modules/table"
  }

  assert {
    condition     = aws_dynamodb_table.this.server_side_encryption[0].enabled
    error_message = "Without a customer key the account's aws/dynamodb key must encrypt."
  }

  assert {
    condition     = aws_dynamodb_table.this.point_in_time_recovery[0].enabled
    error_message = "A bad write must be reversible."
  }

  assert {
    condition     = aws_dynamodb_table.this.deletion_protection_enabled
    error_message = "Nobody may delete the table by accident."
  }

  assert {
    condition     = aws_dynamodb_table.this.billing_mode == "PAY_PER_REQUEST" && length(aws_appautoscaling_target.this) == 0
    error_message = "Capacity must need no forecast."
  }

  assert {
    condition     = aws_dynamodb_table.this.table_class == "STANDARD" && !aws_dynamodb_table.this.stream_enabled && !aws_dynamodb_table.this.ttl[0].enabled
    error_message = "What nobody asked for must be off."
  }
}

run "a_customer_key_encrypts_the_table" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    key = { arn = "arn:aws:kms:eu-west-1:123456789012:key/1", id = "1" }
  }

  assert {
    condition     = aws_dynamodb_table.this.server_side_encryption[0].enabled && aws_dynamodb_table.this.server_side_encryption[0].kms_key_arn == "arn:aws:kms:eu-west-1:123456789012:key/1"
    error_message = "The key that was given must encrypt."
  }
}

run "a_key_attribute_is_declared_once_however_many_keys_use_it" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    sort_key = { name = "placedAt", type = "S" }
    indexes = {
      status-index   = { partition_key = { name = "status", type = "S" }, sort_key = { name = "placedAt", type = "S" } }
      customer-index = { partition_key = { name = "customer", type = "N" }, projection = "INCLUDE", attributes = ["status"] }
    }
  }

  assert {
    condition     = { for attribute in aws_dynamodb_table.this.attribute : attribute.name => attribute.type } == { id = "S", placedAt = "S", status = "S", customer = "N" }
    error_message = "DynamoDB refuses an attribute twice, and one that no key uses."
  }

  assert {
    condition     = aws_dynamodb_table.this.hash_key == "id" && aws_dynamodb_table.this.range_key == "placedAt"
    error_message = "The table's own keys must be the given ones."
  }

  assert {
    condition     = { for index in aws_dynamodb_table.this.global_secondary_index : index.name => index.projection_type } == { status-index = "ALL", customer-index = "INCLUDE" }
    error_message = "An index carries the whole item unless told otherwise."
  }
}

run "each_stream_view_is_handed_on" {
  command = apply

  module {
    source = "./modules/table"
  }

  variables {
    stream_view_type = "KEYS_ONLY"
  }

  assert {
    condition     = aws_dynamodb_table.this.stream_enabled && output.table.stream.view_type == "KEYS_ONLY"
    error_message = "A reader must know what the stream's records carry."
  }

  assert {
    condition     = output.table.stream.arn == "arn:aws:dynamodb:eu-west-1:123456789012:table/sluice-test-orders/stream/2026-01-01T00:00:00.000"
    error_message = "A reader must find the stream."
  }
}

run "two_readers_of_the_stream_are_handed_on_with_it" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    stream_view_type = "NEW_AND_OLD_IMAGES"
    stream_readers   = ["publisher", "pipeline"]
  }

  assert {
    condition     = output.table.stream.readers == toset(["pipeline", "publisher"])
    error_message = "A function must be able to tell whether it is one of them."
  }
}

run "one_reader_of_a_table_with_replicas_is_taken" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    stream_view_type = "NEW_AND_OLD_IMAGES"
    stream_readers   = ["pipeline"]
    replicas         = { eu-central-1 = {} }
  }

  assert {
    condition     = output.table.stream.readers == toset(["pipeline"]) && one(output.table.replica_regions) == "eu-central-1"
    error_message = "Replication is the other reader."
  }
}

run "a_table_without_stream_hands_on_none" {
  command = apply

  module {
    source = "./modules/table"
  }

  variables {
    indexes = { status-index = { partition_key = { name = "status", type = "S" } } }
  }

  assert {
    condition     = output.table.stream == null && output.table.key == null && length(output.table.replica_regions) == 0
    error_message = "Presence must decide at plan, so what is not there is null."
  }

  assert {
    condition     = output.table.index_arns == { status-index = "arn:aws:dynamodb:eu-west-1:123456789012:table/sluice-test-orders/index/status-index" }
    error_message = "A permission to query one index needs its ARN."
  }
}

run "items_expire_by_the_attribute_that_is_named" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    ttl_attribute = "expiresAt"
  }

  assert {
    condition     = aws_dynamodb_table.this.ttl[0].enabled && aws_dynamodb_table.this.ttl[0].attribute_name == "expiresAt"
    error_message = "Naming the attribute must switch expiry on."
  }
}

run "expiry_is_switched_off_with_the_attribute_still_named" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    ttl_attribute = "expiresAt"
    ttl_enabled   = false
  }

  assert {
    condition     = !aws_dynamodb_table.this.ttl[0].enabled && aws_dynamodb_table.this.ttl[0].attribute_name == "expiresAt"
    error_message = "AWS needs the name to switch expiry off."
  }
}

run "autoscaled_capacity_stays_between_its_bounds" {
  command   = apply
  state_key = "autoscaled"

  module {
    source = "./modules/table"
  }

  variables {
    autoscaling = {
      read  = { minimum_units = 5, maximum_units = 50 }
      write = { minimum_units = 3, maximum_units = 30, utilization_target_percent = 60 }
    }
  }

  assert {
    condition     = aws_dynamodb_table.this.billing_mode == "PROVISIONED" && aws_dynamodb_table.this.read_capacity == 5 && aws_dynamodb_table.this.write_capacity == 3
    error_message = "A new table must start at the minimum."
  }

  assert {
    condition     = { for name, target in aws_appautoscaling_target.this : target.scalable_dimension => [target.resource_id, target.min_capacity, target.max_capacity] } == { "dynamodb:table:ReadCapacityUnits" = ["table/sluice-test-orders", 5, 50], "dynamodb:table:WriteCapacityUnits" = ["table/sluice-test-orders", 3, 30] }
    error_message = "Reads and writes must scale each within its own bounds."
  }

  assert {
    condition = {
      for name, policy in aws_appautoscaling_policy.this :
      policy.target_tracking_scaling_policy_configuration[0].predefined_metric_specification[0].predefined_metric_type => policy.target_tracking_scaling_policy_configuration[0].target_value
    } == { DynamoDBReadCapacityUtilization = 70, DynamoDBWriteCapacityUtilization = 60 }
    error_message = "Each policy must follow the use of its own capacity."
  }
}

run "what_autoscaling_may_have_set_is_left_alone" {
  command   = plan
  state_key = "autoscaled"

  module {
    source = "./modules/table"
  }

  variables {
    autoscaling = {
      read  = { minimum_units = 7, maximum_units = 50 }
      write = { minimum_units = 9, maximum_units = 30 }
    }
  }

  assert {
    condition     = aws_dynamodb_table.this.read_capacity == 5 && aws_dynamodb_table.this.write_capacity == 3
    error_message = "The units of the table before stand, whatever the minimum says now; the targets move them."
  }

  assert {
    condition     = aws_appautoscaling_target.this["read"].min_capacity == 7
    error_message = "The bounds follow the input."
  }
}

run "replicas_are_encrypted_restorable_and_tagged_like_the_table" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    stream_view_type = "NEW_AND_OLD_IMAGES"
    key              = { arn = "arn:aws:kms:eu-west-1:123456789012:key/1", id = "1" }
    replicas         = { eu-central-1 = { key = { arn = "arn:aws:kms:eu-central-1:123456789012:key/2", id = "2" } } }
  }

  assert {
    condition = [
      for replica in aws_dynamodb_table.this.replica : [replica.region_name, replica.kms_key_arn, replica.point_in_time_recovery, replica.propagate_tags]
    ] == [["eu-central-1", "arn:aws:kms:eu-central-1:123456789012:key/2", true, true]]
    error_message = "A replica must be as safe as the table."
  }

  assert {
    condition     = output.table.replica_regions == tolist(["eu-central-1"])
    error_message = "A reader must know that the stream bears one reader only."
  }
}

run "every_index_and_replica_has_alarms_of_its_own" {
  command = apply

  module {
    source = "./modules/table"
  }

  variables {
    stream_view_type = "NEW_AND_OLD_IMAGES"
    replicas         = { eu-central-1 = {} }
    indexes          = { status-index = { partition_key = { name = "status", type = "S" } } }
  }

  assert {
    condition = output.alarm_names == tolist([
      "sluice-test-orders-table-read-throttles",
      "sluice-test-orders-table-replication-latency-eu-central-1",
      "sluice-test-orders-table-status-index-read-throttles",
      "sluice-test-orders-table-status-index-write-throttles",
      "sluice-test-orders-table-system-errors",
      "sluice-test-orders-table-write-throttles",
    ])
    error_message = "A throttled index or a late replica must ring."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.index_read_throttles["status-index"].dimensions == tomap({ TableName = "sluice-test-orders", GlobalSecondaryIndexName = "status-index" })
    error_message = "The table's own metric does not count its indexes."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.replication_latency["eu-central-1"].dimensions == tomap({ TableName = "sluice-test-orders", ReceivingRegion = "eu-central-1" })
    error_message = "Latency is counted towards each Region."
  }
}

run "one_alarm_adds_up_the_system_errors_of_every_operation" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    operations = ["PutItem", "GetItem"]
  }

  assert {
    condition     = one(compact([for query in aws_cloudwatch_metric_alarm.system_errors.metric_query : query.expression])) == "FILL(getitem, 0) + FILL(putitem, 0)"
    error_message = "An operation without errors has no data, and no data must not hide another's errors."
  }

  assert {
    condition     = toset(flatten([for query in aws_cloudwatch_metric_alarm.system_errors.metric_query : [for metric in query.metric : metric.dimensions.Operation]])) == toset(["GetItem", "PutItem"])
    error_message = "System errors exist per operation only."
  }
}

run "thresholds_are_the_callers" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    thresholds = { throttled_events_per_minute = 10, system_errors_per_minute = 2 }
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.read_throttles.threshold == 10 && aws_cloudwatch_metric_alarm.write_throttles.threshold == 10 && aws_cloudwatch_metric_alarm.system_errors.threshold == 2
    error_message = "Each alarm must use the threshold named for it."
  }
}

run "null_keeps_the_safety_on" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    deletion_protection    = null
    point_in_time_recovery = null
    ttl_enabled            = null
    ttl_attribute          = "expires_at"
    table_class            = null
    operations             = null
    thresholds             = null
  }

  assert {
    condition     = aws_dynamodb_table.this.deletion_protection_enabled && aws_dynamodb_table.this.point_in_time_recovery[0].enabled && aws_dynamodb_table.this.ttl[0].enabled
    error_message = "Null must mean the default, never less safety."
  }
}
