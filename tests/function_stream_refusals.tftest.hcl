# Made-up values are known at plan, so that what depends on them can be looked at there.
mock_provider "aws" {
  source          = "./tests/mocks/function"
  override_during = plan
}

variables {
  name             = "sluice-test-trip-writer"
  operations_topic = { arn = "arn:aws:sns:eu-west-1:123456789012:operations" }

  package = {
    path         = "tests/fixtures/kinesis_events.json"
    sha256       = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    handler      = "trip_writer.handler.handle"
    runtime      = "python3.13"
    architecture = "arm64"
  }

  trips = {
    stream = {
      name            = "trips"
      arn             = "arn:aws:kinesis:eu-west-1:123456789012:stream/trips"
      mode            = "PROVISIONED"
      shard_count     = 4
      retention_hours = 24
      key             = null
    }
    on_failure = { bucket = { arn = "arn:aws:s3:::failures", key = null } }
  }

  orders = {
    table = {
      name   = "orders"
      arn    = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders"
      key    = null
      stream = { arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000" }
    }
    on_failure = { bucket = { arn = "arn:aws:s3:::failures", key = null } }
  }

  fan_out = {
    consumer = {
      name   = "trip-writer"
      arn    = "arn:aws:kinesis:eu-west-1:123456789012:stream/trips/consumer/trip-writer:1700000000"
      stream = { name = "trips", arn = "arn:aws:kinesis:eu-west-1:123456789012:stream/trips", mode = "PROVISIONED", shard_count = 4, retention_hours = 24, key = null }
    }
    on_failure = { bucket = { arn = "arn:aws:s3:::failures", key = null } }
  }
}

run "an_empty_batch_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { batch_size = 0 }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.stream]
}

run "a_batch_above_ten_thousand_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { batch_size = 10001 }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.stream]
}

run "a_batching_window_below_nothing_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { batching_window_seconds = -1 }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.stream]
}

run "a_batching_window_above_five_minutes_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { batching_window_seconds = 301 }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.stream]
}

run "no_parallel_batch_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { parallelization_factor = 0 }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.stream]
}

run "more_than_ten_parallel_batches_are_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { parallelization_factor = 11 }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.stream]
}

run "retries_below_forever_are_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { retry_attempts = -2 }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.stream]
}

run "more_than_ten_thousand_retries_are_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { retry_attempts = 10001 }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.stream]
}

run "a_record_age_below_a_minute_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { record_age_seconds = 59 }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.stream]
}

run "retries_without_any_bound_are_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { retry_attempts = -1, record_age_seconds = -1 }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.stream]
}

run "a_record_age_beyond_the_retention_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { record_age_seconds = 86401 }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.stream]
}

run "no_destination_at_all_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { on_failure = {} }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.stream]
}

run "two_destinations_are_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { on_failure = { bucket = { arn = "arn:aws:s3:::failures" }, topic = { arn = "arn:aws:sns:eu-west-1:123456789012:failures" } } }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.stream]
}

run "a_fifo_queue_as_destination_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { on_failure = { queue = { arn = "arn:aws:sqs:eu-west-1:123456789012:failures.fifo", fifo = true } } }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.stream]
}

run "a_fifo_topic_as_destination_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { on_failure = { topic = { arn = "arn:aws:sns:eu-west-1:123456789012:failures.fifo", fifo = true } } }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.stream]
}

run "a_sixth_filter_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { filter_patterns = [for vendor in range(6) : jsonencode({ data = { vendorId = [vendor] } })] }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.stream]
}

run "a_filter_above_four_thousand_characters_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { filter_patterns = [jsonencode({ data = { vendor = [join("", [for i in range(1024) : "four"])] } })] }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.stream]
}

run "a_filter_that_is_no_json_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { filter_patterns = ["data.vendorId = 1"] }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.stream]
}

run "a_filter_that_is_no_object_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { filter_patterns = ["[1]"] }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.stream]
}

run "a_record_age_beyond_a_week_is_refused_however_long_the_stream_keeps" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { stream = merge(var.trips.stream, { retention_hours = 8760 }), record_age_seconds = 604801 }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.stream]
}

run "a_null_destination_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { on_failure = null }) }
  }

  expect_failures = [var.kinesis_sources]
}

run "a_provisioned_stream_without_its_shard_count_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { stream = merge(var.trips.stream, { shard_count = null }) }) }
  }

  expect_failures = [var.kinesis_sources]
}

run "a_source_name_that_no_alarm_could_carry_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { "Trips of today" = var.trips }
  }

  expect_failures = [var.kinesis_sources]
}

run "a_table_without_a_stream_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    table_sources = { orders = merge(var.orders, { table = merge(var.orders.table, { stream = null }) }) }
  }

  expect_failures = [var.table_sources]
}

run "a_reader_that_the_table_does_not_name_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    table_sources = { orders = merge(var.orders, { table = merge(var.orders.table, { stream = merge(var.orders.table.stream, { readers = ["sluice-test-order-pipeline", "sluice-test-order-publisher"] }) }) }) }
  }

  expect_failures = [var.table_sources]
}

run "a_reader_that_the_table_names_is_taken" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    table_sources = { orders = merge(var.orders, { table = merge(var.orders.table, { stream = merge(var.orders.table.stream, { readers = ["sluice-test-trip-writer", "sluice-test-order-publisher"] }) }) }) }
  }

  assert {
    condition     = keys(aws_lambda_event_source_mapping.stream) == ["orders"]
    error_message = "One of the two readers must be let in."
  }
}

run "a_table_with_a_null_destination_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    table_sources = { orders = merge(var.orders, { on_failure = null }) }
  }

  expect_failures = [var.table_sources]
}

run "a_table_source_with_a_bad_name_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    table_sources = { Orders = var.orders }
  }

  expect_failures = [var.table_sources]
}

run "a_record_age_beyond_a_day_is_refused_for_a_table" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    table_sources = { orders = merge(var.orders, { record_age_seconds = 86401 }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.stream]
}

run "a_fan_out_source_obeys_the_same_rules" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    fan_out_sources = { fast = merge(var.fan_out, { retry_attempts = -1, record_age_seconds = -1 }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.stream]
}

run "a_fan_out_source_with_a_null_destination_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    fan_out_sources = { fast = merge(var.fan_out, { on_failure = null }) }
  }

  expect_failures = [var.fan_out_sources]
}

run "a_fan_out_source_of_a_provisioned_stream_needs_its_shard_count" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    fan_out_sources = { fast = merge(var.fan_out, { consumer = merge(var.fan_out.consumer, { stream = merge(var.fan_out.consumer.stream, { shard_count = null }) }) }) }
  }

  expect_failures = [var.fan_out_sources]
}

run "a_fan_out_source_with_a_bad_name_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    fan_out_sources = { Fast = var.fan_out }
  }

  expect_failures = [var.fan_out_sources]
}

run "two_kinds_of_source_may_not_share_a_name" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = var.trips }
    fan_out_sources = { trips = var.fan_out }
  }

  expect_failures = [var.fan_out_sources]
}

run "a_table_and_a_stream_may_not_share_a_name" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = var.trips }
    table_sources   = { trips = var.orders }
  }

  expect_failures = [var.table_sources]
}

run "reserved_concurrency_below_the_parallel_batches_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    reserved_concurrency = 15
    kinesis_sources      = { trips = merge(var.trips, { parallelization_factor = 3 }) }
    fan_out_sources      = { fast = var.fan_out }
  }

  expect_failures = [var.reserved_concurrency]
}
