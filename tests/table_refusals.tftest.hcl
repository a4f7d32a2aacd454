mock_provider "aws" {}

variables {
  name             = "sluice-test-orders"
  partition_key    = { name = "id", type = "S" }
  operations_topic = { arn = "arn:aws:sns:eu-west-1:123456789012:operations" }
}

run "a_name_must_leave_room_for_its_alarms" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    name = "x"
  }

  expect_failures = [var.name]
}

run "a_partition_key_has_a_type_that_dynamodb_knows" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    partition_key = { name = "id", type = "string" }
  }

  expect_failures = [var.partition_key]
}

run "a_sort_key_has_a_type_that_dynamodb_knows" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    sort_key = { name = "at", type = "D" }
  }

  expect_failures = [var.sort_key]
}

run "a_sort_key_is_another_attribute_than_the_partition_key" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    sort_key = { name = "id", type = "S" }
  }

  expect_failures = [var.sort_key]
}

run "an_index_name_is_one_that_aws_takes" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    indexes = { "by status" = { partition_key = { name = "status", type = "S" } } }
  }

  expect_failures = [var.indexes]
}

run "a_table_has_twenty_indexes_at_most" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    indexes = { for number in range(21) : "index-${number}" => { partition_key = { name = "status", type = "S" } } }
  }

  expect_failures = [var.indexes]
}

run "an_index_key_has_a_type_that_dynamodb_knows" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    indexes = { by-status = { partition_key = { name = "status", type = "S" }, sort_key = { name = "at", type = "D" } } }
  }

  expect_failures = [var.indexes]
}

run "a_projection_is_one_of_three" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    indexes = { by-status = { partition_key = { name = "status", type = "S" }, projection = "SOME" } }
  }

  expect_failures = [var.indexes]
}

run "an_include_projection_names_its_attributes" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    indexes = { by-status = { partition_key = { name = "status", type = "S" }, projection = "INCLUDE" } }
  }

  expect_failures = [var.indexes]
}

run "another_projection_names_no_attributes" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    indexes = { by-status = { partition_key = { name = "status", type = "S" }, attributes = ["total"] } }
  }

  expect_failures = [var.indexes]
}

run "an_attribute_has_one_type_in_all_keys" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    indexes = { by-id = { partition_key = { name = "id", type = "N" } } }
  }

  expect_failures = [aws_dynamodb_table.this]
}

run "a_stream_view_is_one_of_four" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    stream_view_type = "NEW"
  }

  expect_failures = [var.stream_view_type]
}

run "a_ttl_attribute_has_a_name" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    ttl_attribute = ""
  }

  expect_failures = [var.ttl_attribute]
}

run "a_table_class_is_one_of_two" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    table_class = "COLD"
  }

  expect_failures = [var.table_class]
}

run "replicas_are_keyed_by_region" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    stream_view_type = "NEW_AND_OLD_IMAGES"
    replicas         = { frankfurt = {} }
  }

  expect_failures = [var.replicas]
}

run "replicas_need_both_images_in_the_stream" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    stream_view_type = "NEW_IMAGE"
    replicas         = { eu-central-1 = {} }
  }

  expect_failures = [var.replicas]
}

run "replicas_need_a_stream" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    replicas = { eu-central-1 = {} }
  }

  expect_failures = [var.replicas]
}

run "a_replica_of_a_table_with_a_customer_key_brings_its_own" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    stream_view_type = "NEW_AND_OLD_IMAGES"
    key              = { arn = "arn:aws:kms:eu-west-1:123456789012:key/1", id = "1" }
    replicas         = { eu-central-1 = {} }
  }

  expect_failures = [var.replicas]
}

run "a_replica_of_a_table_without_a_customer_key_has_none" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    stream_view_type = "NEW_AND_OLD_IMAGES"
    replicas         = { eu-central-1 = { key = { arn = "arn:aws:kms:eu-central-1:123456789012:key/2", id = "2" } } }
  }

  expect_failures = [var.replicas]
}

run "autoscaling_needs_bounds_in_order" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    autoscaling = { read = { minimum_units = 5, maximum_units = 4 }, write = { minimum_units = 1, maximum_units = 4 } }
  }

  expect_failures = [var.autoscaling]
}

run "autoscaling_needs_at_least_one_unit" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    autoscaling = { read = { minimum_units = 1, maximum_units = 4 }, write = { minimum_units = 0, maximum_units = 4 } }
  }

  expect_failures = [var.autoscaling]
}

run "autoscaling_needs_whole_units" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    autoscaling = { read = { minimum_units = 1.5, maximum_units = 4 }, write = { minimum_units = 1, maximum_units = 4 } }
  }

  expect_failures = [var.autoscaling]
}

run "autoscaling_targets_a_use_that_dynamodb_accepts" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    autoscaling = { read = { minimum_units = 1, maximum_units = 4 }, write = { minimum_units = 1, maximum_units = 4, utilization_target_percent = 95 } }
  }

  expect_failures = [var.autoscaling]
}

run "a_table_with_indexes_is_on_demand_only" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    autoscaling = { read = { minimum_units = 1, maximum_units = 4 }, write = { minimum_units = 1, maximum_units = 4 } }
    indexes     = { by-status = { partition_key = { name = "status", type = "S" } } }
  }

  expect_failures = [var.autoscaling]
}

run "a_table_with_replicas_is_on_demand_only" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    stream_view_type = "NEW_AND_OLD_IMAGES"
    autoscaling      = { read = { minimum_units = 1, maximum_units = 4 }, write = { minimum_units = 1, maximum_units = 4 } }
    replicas         = { eu-central-1 = {} }
  }

  expect_failures = [var.autoscaling]
}

run "an_operation_is_named_as_cloudwatch_names_it" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    operations = ["putItem"]
  }

  expect_failures = [var.operations]
}

run "an_alarm_adds_up_ten_operations_at_most" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    operations = ["BatchGetItem", "BatchWriteItem", "DeleteItem", "ExecuteStatement", "GetItem", "PutItem", "Query", "Scan", "TransactGetItems", "TransactWriteItems", "UpdateItem"]
  }

  expect_failures = [var.operations]
}

run "some_operation_is_watched" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    operations = []
  }

  expect_failures = [var.operations]
}

run "a_threshold_is_not_negative" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    thresholds = { system_errors_per_minute = -1 }
  }

  expect_failures = [var.thresholds]
}

run "an_index_sorts_by_another_attribute_than_it_partitions_by" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    indexes = { by-status = { partition_key = { name = "status", type = "S" }, sort_key = { name = "status", type = "S" } } }
  }

  expect_failures = [var.indexes]
}

run "an_index_is_not_null" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    indexes = { by-status = null }
  }

  expect_failures = [var.indexes]
}

run "an_index_key_has_a_name" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    indexes = { by-status = { partition_key = { name = "", type = "S" } } }
  }

  expect_failures = [var.indexes]
}

run "a_partition_key_has_a_name" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    partition_key = { name = "", type = "S" }
  }

  expect_failures = [var.partition_key]
}

run "a_sort_key_has_a_name" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    sort_key = { name = "", type = "S" }
  }

  expect_failures = [var.sort_key]
}

run "a_replica_is_not_null" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    stream_view_type = "NEW_AND_OLD_IMAGES"
    replicas         = { eu-central-1 = null }
  }

  expect_failures = [var.replicas]
}

run "an_operation_is_not_null" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    operations = [null]
  }

  expect_failures = [var.operations]
}

run "a_tag_of_aws_itself_is_refused" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    tags = { "AWS:team" = "streams" }
  }

  expect_failures = [var.tags]
}

run "a_replica_is_in_another_region_than_the_table" {
  command = plan

  module {
    source = "./modules/table"
  }

  override_data {
    target = data.aws_region.this
    values = { name = "eu-west-1" }
  }

  variables {
    stream_view_type = "NEW_AND_OLD_IMAGES"
    replicas         = { eu-west-1 = {} }
  }

  expect_failures = [aws_dynamodb_table.this]
}

run "a_third_reader_of_the_stream_is_refused" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    stream_view_type = "NEW_AND_OLD_IMAGES"
    stream_readers   = ["pipeline", "publisher", "search"]
  }

  expect_failures = [var.stream_readers]
}

run "a_second_reader_of_a_table_with_replicas_is_refused" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    stream_view_type = "NEW_AND_OLD_IMAGES"
    stream_readers   = ["pipeline", "publisher"]
    replicas         = { eu-central-1 = {} }
  }

  expect_failures = [var.stream_readers]
}

run "readers_of_no_stream_are_refused" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    stream_readers = ["pipeline"]
  }

  expect_failures = [var.stream_readers]
}
