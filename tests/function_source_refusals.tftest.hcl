# What is no source: nulls, the same thing twice, a queue that nobody drives, filters that AWS does not read, halves.

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

  live_map = {
    consumer = {
      name   = "live-map"
      arn    = "arn:aws:kinesis:eu-west-1:123456789012:stream/trips/consumer/live-map:1700000000"
      stream = { name = "trips", arn = "arn:aws:kinesis:eu-west-1:123456789012:stream/trips", mode = "ON_DEMAND", retention_hours = 24 }
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

  mail = {
    queue = {
      name                       = "mail"
      arn                        = "arn:aws:sqs:eu-west-1:123456789012:mail"
      visibility_timeout_seconds = 180
    }
  }
}

run "a_stream_source_that_is_null_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = null }
  }

  expect_failures = [var.kinesis_sources]
}

run "a_stream_that_is_null_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { stream = null }) }
  }

  expect_failures = [var.kinesis_sources]
}

run "a_stream_whose_mode_is_null_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { stream = merge(var.trips.stream, { mode = null }) }) }
  }

  expect_failures = [var.kinesis_sources]
}

run "a_stream_whose_retention_is_null_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { stream = merge(var.trips.stream, { retention_hours = null }) }) }
  }

  expect_failures = [var.kinesis_sources]
}

run "a_fan_out_source_that_is_null_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    fan_out_sources = { live-map = null }
  }

  expect_failures = [var.fan_out_sources]
}

run "a_table_source_that_is_null_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    table_sources = { orders = null }
  }

  expect_failures = [var.table_sources]
}

run "a_queue_source_that_is_null_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    queue_sources = { mail = null }
  }

  expect_failures = [var.queue_sources]
}

run "a_queue_whose_visibility_timeout_is_null_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    queue_sources = { mail = { queue = merge(var.mail.queue, { visibility_timeout_seconds = null }) } }
  }

  expect_failures = [var.queue_sources]
}

run "the_same_stream_under_two_names_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = var.trips, rides = var.trips }
  }

  expect_failures = [var.kinesis_sources]
}

run "the_same_consumer_under_two_names_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    fan_out_sources = { live-map = var.live_map, old-map = var.live_map }
  }

  expect_failures = [var.fan_out_sources]
}

run "the_same_table_under_two_names_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    table_sources = { orders = var.orders, sales = var.orders }
  }

  expect_failures = [var.table_sources]
}

run "the_same_queue_under_two_names_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    queue_sources = { mail = var.mail, post = var.mail }
  }

  expect_failures = [var.queue_sources]
}

run "a_parking_queue_drives_no_function" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    queue_sources = { mail = { queue = merge(var.mail.queue, { parking = true }) } }
  }

  expect_failures = [aws_lambda_event_source_mapping.queue["mail"]]
}

run "a_filter_that_is_null_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { filter_patterns = [null] }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.stream["trips"]]
}

run "a_filter_of_a_queue_that_is_null_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    queue_sources = { mail = merge(var.mail, { filter_patterns = [null] }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.queue["mail"]]
}

run "a_filter_that_compares_with_a_number_instead_of_a_list_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { filter_patterns = [jsonencode({ data = 5 })] }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.stream["trips"]]
}

run "a_filter_that_compares_with_a_string_deep_inside_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { filter_patterns = [jsonencode({ data = { city = ["a"], fare = { currency = "[]" } } })] }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.stream["trips"]]
}

run "a_filter_that_compares_with_null_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { filter_patterns = [jsonencode({ data = null })] }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.stream["trips"]]
}

run "a_filter_with_an_empty_list_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { filter_patterns = [jsonencode({ data = [] })] }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.stream["trips"]]
}

run "half_a_record_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { batch_size = 10.5 }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.stream["trips"]]
}

run "half_a_parallel_batch_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { parallelization_factor = 1.5 }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.stream["trips"]]
}

run "half_a_second_of_a_window_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { tumbling_window_seconds = 1.5 }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.stream["trips"]]
}

run "half_a_message_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    queue_sources = { mail = merge(var.mail, { batch_size = 9.5 }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.queue["mail"]]
}

run "half_a_poller_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    queue_sources = { mail = merge(var.mail, { provisioned_pollers = { minimum = 2.5 } }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.queue["mail"]]
}

run "one_stream_may_be_read_shared_and_through_a_consumer" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = var.trips }
    fan_out_sources = { live-map = var.live_map }
  }

  assert {
    condition     = length(aws_lambda_event_source_mapping.stream) == 2
    error_message = "A consumer is a source of its own."
  }
}

run "every_kind_of_comparison_is_a_filter" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = {
      trips = merge(var.trips, {
        filter_patterns = [jsonencode({
          partitionKey = ["a", { prefix = "b\"]" }]
          data = {
            fare  = [{ numeric = [">", 0, "<=", 100] }]
            city  = [{ anything-but = ["x", "y"] }, null]
            tip   = [{ exists = false }]
            "$or" = [{ a = ["1"] }, { b = [{ anything-but = { prefix = "z" } }] }]
          }
        })]
      })
    }
  }

  assert {
    condition     = length(aws_lambda_event_source_mapping.stream["trips"].filter_criteria) == 1
    error_message = "What Lambda reads must not be refused."
  }
}
