# Where a stream source may begin.

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

run "an_unknown_start_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { starting_position = "NOW" }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.stream]
}

run "at_timestamp_without_a_timestamp_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { starting_position = "AT_TIMESTAMP" }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.stream]
}

run "a_timestamp_without_at_timestamp_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { starting_timestamp = "2024-01-31T08:00:00Z" }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.stream]
}

run "a_timestamp_that_is_none_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { starting_position = "AT_TIMESTAMP", starting_timestamp = "yesterday" }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.stream]
}

run "a_tables_stream_has_no_at_timestamp" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    table_sources = { orders = merge(var.orders, { starting_position = "AT_TIMESTAMP", starting_timestamp = "2024-01-31T08:00:00Z" }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.stream]
}

run "a_start_with_an_offset_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { starting_position = "AT_TIMESTAMP", starting_timestamp = "2024-01-31T09:00:00+01:00" }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.stream]
}

run "a_start_at_a_fraction_of_a_second_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { starting_position = "AT_TIMESTAMP", starting_timestamp = "2024-01-31T08:00:00.5Z" }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.stream]
}

run "a_start_on_a_day_that_no_calendar_has_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { starting_position = "AT_TIMESTAMP", starting_timestamp = "2024-02-30T08:00:00Z" }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.stream]
}

run "a_start_to_come_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { starting_position = "AT_TIMESTAMP", starting_timestamp = "2999-01-31T08:00:00Z" }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.stream]
}
