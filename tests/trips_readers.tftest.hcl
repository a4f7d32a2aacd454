# Who reads the stream for trip_writer: each state of a handover, and what is refused on the way.

mock_provider "aws" {
  source = "./tests/mocks/account"
}

variables {
  name             = "sluice-test-trips"
  operations_topic = { arn = "arn:aws:sns:eu-west-1:123456789012:operations" }
  key              = { arn = "arn:aws:kms:eu-west-1:123456789012:key/1", id = "1" }

  packages = {
    trip_writer = {
      path         = "tests/fixtures/kinesis_events.json"
      sha256       = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
      handler      = "trip_writer.handler.handle"
      runtime      = "python3.13"
      architecture = "arm64"
    }
    window_aggregator = {
      path         = "tests/fixtures/kinesis_events.json"
      sha256       = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
      handler      = "window_aggregator.handler.handle"
      runtime      = "python3.13"
      architecture = "arm64"
    }
  }
}

run "the_writer_shares_the_streams_throughput_by_default" {
  command = plan

  module {
    source = "./modules/trips"
  }

  assert {
    condition     = keys(module.trip_writer.mappings) == ["trips"]
    error_message = "There must be one mapping, on the stream itself."
  }

  assert {
    condition     = local.writer_readers.shared.starting_position == "TRIM_HORIZON"
    error_message = "A new flow must miss no record."
  }

  assert {
    condition     = length(module.stream.consumers) == 0
    error_message = "A consumer that nobody reads through is paid for all the same."
  }
}

run "before_a_handover_the_new_reader_stands_beside_the_old_one_which_is_off_and_keeps_its_position" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings = { writer = { readers = { shared = { enabled = false }, fan_out = { from_timestamp = "2024-01-31T08:00:00Z" } } } }
  }

  assert {
    condition     = keys(module.trip_writer.mappings) == ["trips", "trips-fan-out"]
    error_message = "The old mapping must stay until the new one is known to work."
  }

  assert {
    condition     = !local.writer_readers.shared.enabled && local.writer_readers.fan_out.enabled
    error_message = "Only one may write."
  }

  assert {
    condition     = local.writer_readers.shared.starting_position == "TRIM_HORIZON"
    error_message = "The old mapping must not be replaced, or its position is lost."
  }

  assert {
    condition     = local.writer_readers.fan_out.starting_position == "AT_TIMESTAMP" && local.writer_readers.fan_out.starting_timestamp == "2024-01-31T08:00:00Z"
    error_message = "The new mapping must begin before the end of the old one."
  }

  assert {
    condition     = keys(module.stream.consumers) == ["sluice-test-trips-trip-writer"]
    error_message = "The reader needs a consumer of its own."
  }
}

run "after_a_handover_the_old_reader_is_gone_and_the_new_one_is_not_replaced" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings = { writer = { readers = { fan_out = { from_timestamp = "2024-01-31T08:00:00Z" } } } }
  }

  assert {
    condition     = keys(module.trip_writer.mappings) == ["trips-fan-out"]
    error_message = "The old mapping must be gone."
  }

  assert {
    condition     = local.writer_readers.fan_out.starting_timestamp == "2024-01-31T08:00:00Z"
    error_message = "Another beginning would replace the mapping."
  }
}

run "a_handover_that_failed_goes_back_to_the_old_reader_where_it_stood" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings = { writer = { readers = { shared = { from_timestamp = "TRIM_HORIZON" }, fan_out = { from_timestamp = "2024-01-31T08:00:00Z", enabled = false } } } }
  }

  assert {
    condition     = local.writer_readers.shared.enabled && local.writer_readers.shared.starting_position == "TRIM_HORIZON" && local.writer_readers.shared.starting_timestamp == null
    error_message = "The old mapping must go on as it was."
  }
}

run "a_flow_may_begin_with_a_reader_of_its_own" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings = { writer = { readers = { fan_out = {} } } }
  }

  assert {
    condition     = local.writer_readers.fan_out.starting_position == "TRIM_HORIZON"
    error_message = "A new flow must miss no record."
  }
}

run "two_readers_at_once_are_refused" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings = { writer = { readers = { shared = {}, fan_out = { from_timestamp = "2024-01-31T08:00:00Z" } } } }
  }

  expect_failures = [var.settings]
}

run "a_writer_that_nobody_reads_for_is_refused" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings = { writer = { readers = {} } }
  }

  expect_failures = [var.settings]
}

run "readers_that_are_all_off_are_refused" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings = { writer = { readers = { shared = { enabled = false } } } }
  }

  expect_failures = [var.settings]
}

run "a_new_reader_that_would_read_all_there_is_is_refused" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings = { writer = { readers = { shared = { enabled = false }, fan_out = {} } } }
  }

  expect_failures = [var.settings]
}

run "an_unknown_reader_is_refused" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings = { writer = { readers = { shared = {}, fanout = { enabled = false, from_timestamp = "2024-01-31T08:00:00Z" } } } }
  }

  expect_failures = [var.settings]
}

run "a_reader_that_is_null_is_refused" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings = { writer = { readers = { shared = {}, fan_out = null } } }
  }

  expect_failures = [var.settings]
}

run "another_reader_takes_over_from_one_that_began_at_a_moment_itself" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings = { writer = { readers = { shared = { from_timestamp = "2024-02-29T08:00:00Z" }, fan_out = { from_timestamp = "2024-01-31T08:00:00Z", enabled = false } } } }
  }

  assert {
    condition     = local.writer_readers.shared.starting_timestamp == "2024-02-29T08:00:00Z" && local.writer_readers.fan_out.starting_timestamp == "2024-01-31T08:00:00Z"
    error_message = "Each mapping must keep the moment it began at."
  }
}

run "a_reader_switched_on_beside_another_says_itself_where_it_began" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings = { writer = { readers = { shared = {}, fan_out = { from_timestamp = "2024-01-31T08:00:00Z", enabled = false } } } }
  }

  expect_failures = [var.settings]
}

run "a_reader_that_begins_at_the_latest_record_is_refused" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings = { writer = { readers = { shared = { enabled = false }, fan_out = { from_timestamp = "LATEST" } } } }
  }

  expect_failures = [var.settings]
}

run "a_moment_with_an_offset_is_refused" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings = { writer = { readers = { fan_out = { from_timestamp = "2024-01-31T09:00:00+01:00" } } } }
  }

  expect_failures = [var.settings]
}

run "a_moment_with_a_fraction_of_a_second_is_refused" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings = { writer = { readers = { fan_out = { from_timestamp = "2024-01-31T08:00:00.5Z" } } } }
  }

  expect_failures = [var.settings]
}

run "a_moment_that_no_calendar_has_is_refused" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings = { writer = { readers = { fan_out = { from_timestamp = "2024-02-30T08:00:00Z" } } } }
  }

  expect_failures = [var.settings]
}

run "a_moment_to_come_is_refused" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings = { writer = { readers = { fan_out = { from_timestamp = "2999-01-31T08:00:00Z" } } } }
  }

  expect_failures = [var.settings]
}
