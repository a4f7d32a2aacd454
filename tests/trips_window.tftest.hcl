# Windows and their totals: what holds by default, and what a stream cannot bear.

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

run "totals_are_kept_for_good_and_their_parts_as_long_as_anything_can_be_redriven" {
  command = plan

  module {
    source = "./modules/trips"
  }

  assert {
    condition     = output.totals_table.name == "sluice-test-trips-totals" && output.totals_table.key == var.key
    error_message = "Totals must have a table of their own, encrypted with the key of the flow."
  }

  assert {
    condition     = var.settings.window.part_days > var.settings.failures_retention_days + local.deleted_failures_days
    error_message = "A redrive must find what is counted."
  }

  assert {
    condition     = var.settings.window.record_age_seconds == 21600 && var.settings.window.batch_size == 1000 && var.settings.window.seconds == 60
    error_message = "The defaults must suit production."
  }
}

run "the_aggregator_reads_with_the_throughput_that_is_shared_whatever_the_writer_does" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings = { writer = { readers = { fan_out = {} } } }
  }

  assert {
    condition     = keys(module.window_aggregator.mappings) == ["trips"]
    error_message = "Through enhanced fan-out two records of one aggregate cannot be told apart."
  }
}

run "what_only_the_aggregator_can_tell_rings_the_alarms_of_its_own_environment" {
  command = plan

  module {
    source = "./modules/trips"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.final_calls_failing.dimensions == tomap({ service = "sluice-test-trips-window-aggregator" })
    error_message = "Another environment of the account must not ring this alarm."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.windows_terminated_early.dimensions == tomap({ service = "sluice-test-trips-window-aggregator" })
    error_message = "Another environment of the account must not ring this alarm."
  }

  assert {
    condition     = length(setsubtract(["sluice-test-trips-window-aggregator-final-calls-failing", "sluice-test-trips-window-aggregator-windows-terminated-early", "sluice-test-trips-window-aggregator-trips-discarded", "sluice-test-trips-window-aggregator-iterator-age"], output.alarm_names)) == 0
    error_message = "Every alarm of the flow must be told to who asks for them."
  }
}

run "a_window_longer_than_lambda_keeps_one_is_refused" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings = { window = { seconds = 901 } }
  }

  expect_failures = [var.settings]
}

run "a_window_of_no_length_is_refused" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings = { window = { seconds = 0 } }
  }

  expect_failures = [var.settings]
}

run "half_a_second_is_refused" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings = { window = { seconds = 1.5 } }
  }

  expect_failures = [var.settings]
}

run "half_a_bucket_is_refused" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings = { window = { bucket_seconds = 0.5 } }
  }

  expect_failures = [var.settings]
}

run "an_unknown_time_is_refused" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings = { window = { time = "clock" } }
  }

  expect_failures = [var.settings]
}

run "a_bucket_longer_than_a_day_is_refused" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings = { window = { bucket_seconds = 86401 } }
  }

  expect_failures = [var.settings]
}

run "a_negative_lateness_is_refused" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings = { window = { allowed_lateness_seconds = -1 } }
  }

  expect_failures = [var.settings]
}

run "no_slots_are_refused" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings = { window = { total_slots = 0 } }
  }

  expect_failures = [var.settings]
}

run "more_slots_than_a_reader_bears_are_refused" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings = { window = { total_slots = 1001 } }
  }

  expect_failures = [var.settings]
}

run "parts_that_expire_before_a_deleted_failure_does_are_refused" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings = { window = { part_days = 97 } }
  }

  expect_failures = [var.settings]
}

run "a_timeout_that_leaves_a_closing_no_second_call_is_refused" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings = { window = { timeout_seconds = 29 } }
  }

  expect_failures = [var.settings]
}

run "a_record_age_that_leaves_a_final_call_no_second_attempt_is_refused" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings = { window = { seconds = 900, record_age_seconds = 1000 } }
  }

  expect_failures = [var.settings]
}

run "parts_that_expire_before_their_stream_forgets_are_refused" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings = { stream = { retention_hours = 2400 } }
  }

  expect_failures = [var.settings]
}

run "an_aggregator_that_is_not_built_is_told" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    packages = {
      trip_writer = {
        path         = "tests/fixtures/kinesis_events.json"
        sha256       = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
        handler      = "trip_writer.handler.handle"
        runtime      = "python3.13"
        architecture = "arm64"
      }
    }
  }

  expect_failures = [var.packages]
}
