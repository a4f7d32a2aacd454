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
}

run "a_window_turns_off_what_its_state_would_not_survive" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { tumbling_window_seconds = 900 }) }
    table_sources   = { orders = merge(var.orders, { tumbling_window_seconds = 1 }) }
  }

  assert {
    condition     = aws_lambda_event_source_mapping.stream["trips"].tumbling_window_in_seconds == 900 && aws_lambda_event_source_mapping.stream["orders"].tumbling_window_in_seconds == 1
    error_message = "Streams and tables must both have windows."
  }

  assert {
    condition     = alltrue([for mapping in aws_lambda_event_source_mapping.stream : !mapping.bisect_batch_on_function_error])
    error_message = "What state a half batch starts from is not documented."
  }

  assert {
    condition     = alltrue([for mapping in aws_lambda_event_source_mapping.stream : length(mapping.function_response_types) == 0])
    error_message = "Which state survives a partial response is not documented."
  }
}

run "a_window_of_nothing_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { tumbling_window_seconds = 0 }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.stream]
}

run "a_window_above_fifteen_minutes_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { tumbling_window_seconds = 901 }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.stream]
}

run "a_window_refuses_parallel_batches_of_one_shard" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { tumbling_window_seconds = 60, parallelization_factor = 2 }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.stream]
}

run "a_window_refuses_filters" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { tumbling_window_seconds = 60, filter_patterns = [jsonencode({ data = { vendorId = [1] } })] }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.stream]
}

run "a_window_refuses_bisect" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { tumbling_window_seconds = 60, bisect_on_error = true }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.stream]
}

run "a_window_refuses_partial_responses" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { tumbling_window_seconds = 60, report_item_failures = true }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.stream]
}

run "a_window_refuses_a_queue_as_destination" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { tumbling_window_seconds = 60, on_failure = { queue = { arn = "arn:aws:sqs:eu-west-1:123456789012:failures" } } }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.stream]
}

run "a_window_refuses_a_topic_as_destination" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { tumbling_window_seconds = 60, on_failure = { topic = { arn = "arn:aws:sns:eu-west-1:123456789012:failures" } } }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.stream]
}
