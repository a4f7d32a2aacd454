# The trips flow as a whole: what it keeps and protects by default, and what it refuses.

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

run "what_cannot_be_used_or_written_is_kept_and_protected_by_default" {
  command = plan

  module {
    source = "./modules/trips"
  }

  assert {
    condition     = output.failures_bucket.protected
    error_message = "Failed batches must outlive a mistaken destroy."
  }

  assert {
    condition     = output.failures_bucket.key == var.key
    error_message = "Failed batches must be encrypted with the customer key."
  }

  assert {
    condition     = output.table.key == var.key && output.stream.key == var.key && output.quarantine.key == var.key
    error_message = "Every store of the flow must use the key it was given."
  }
}

run "a_batch_is_kept_for_at_least_a_week_after_it_failed" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings = { failures_retention_days = 6, quarantine_retention_days = 5 }
  }

  expect_failures = [var.settings]
}

run "a_timeout_that_leaves_no_time_to_try_again_is_refused" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings = { writer = { timeout_seconds = 19 } }
  }

  expect_failures = [var.settings]
}

run "a_queue_keeps_a_message_for_at_most_two_weeks" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings = { quarantine_retention_days = 15 }
  }

  expect_failures = [var.settings]
}

run "an_unusable_record_outlives_the_message_that_points_to_it" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings = { failures_retention_days = 14, quarantine_retention_days = 14 }
  }

  expect_failures = [var.settings]
}

run "half_a_day_is_refused" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings = { quarantine_retention_days = 1.5 }
  }

  expect_failures = [var.settings]
}

run "settings_that_are_null_protect_as_the_defaults_do" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings  = null
    protected = null
  }

  assert {
    condition     = output.failures_bucket.protected
    error_message = "Null must not mean unprotected."
  }
}

run "a_flow_without_its_packages_is_refused" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    packages = {}
  }

  expect_failures = [var.packages]
}

run "a_name_that_leaves_no_room_for_its_actors_is_refused" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    name = "sluice-an-environment-with-a-name-too-long"
  }

  expect_failures = [var.name]
}
