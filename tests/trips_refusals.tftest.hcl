# What the settings of the trips flow may not be, each refused under its own path before a module below sees it.

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

run "a_writer_that_takes_nothing_at_once_is_refused" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings = { writer = { batch_size = 0 } }
  }

  expect_failures = [var.settings]
}

run "a_window_that_takes_more_than_lambda_hands_over_is_refused" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings = { window = { batch_size = 10001 } }
  }

  expect_failures = [var.settings]
}

run "a_writer_that_gathers_for_more_than_five_minutes_is_refused" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings = { writer = { batching_window_seconds = 301 } }
  }

  expect_failures = [var.settings]
}

run "more_parallel_batches_than_a_shard_has_are_refused" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings = { writer = { parallelization_factor = 11 } }
  }

  expect_failures = [var.settings]
}

run "half_a_megabyte_is_refused" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings = { window = { memory_megabytes = 512.5 } }
  }

  expect_failures = [var.settings]
}

run "an_instance_too_small_for_lambda_is_refused" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings = { writer = { memory_megabytes = 64 } }
  }

  expect_failures = [var.settings]
}

run "a_writer_longer_than_an_invocation_is_refused" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings = { writer = { timeout_seconds = 901 } }
  }

  expect_failures = [var.settings]
}

run "a_concurrency_of_none_is_refused" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings = { window = { reserved_concurrency = 0 } }
  }

  expect_failures = [var.settings]
}

run "a_writer_that_cannot_hold_its_parallel_batches_is_refused" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings = { stream = { capacity = { mode = "PROVISIONED", shards = 2 } }, writer = { parallelization_factor = 4, reserved_concurrency = 7 } }
  }

  expect_failures = [var.settings]
}

run "a_window_that_cannot_hold_its_shards_is_refused" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings = { stream = { capacity = { mode = "PROVISIONED", shards = 2 } }, window = { reserved_concurrency = 1 } }
  }

  expect_failures = [var.settings]
}

run "a_window_that_is_retried_without_end_is_refused" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings = { window = { record_age_seconds = -1 } }
  }

  expect_failures = [var.settings]
}

run "a_writer_that_retries_without_end_is_refused" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings = { writer = { record_age_seconds = -1 } }
  }

  expect_failures = [var.settings]
}

run "a_record_that_outlives_its_stream_is_refused" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    settings = { stream = { retention_hours = 24 }, writer = { record_age_seconds = 86401 } }
  }

  expect_failures = [var.settings]
}

run "a_name_too_short_for_its_table_is_refused" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    name = "ab"
  }

  expect_failures = [var.name]
}

run "a_name_that_no_bucket_may_start_with_is_refused" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    name = "amzn-s3-demo-trips"
  }

  expect_failures = [var.name]
}

run "a_topic_that_nobody_made_is_refused" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    operations_topic = { arn = "" }
  }

  expect_failures = [var.operations_topic]
}

run "a_tag_with_a_character_that_aws_refuses_is_refused" {
  command = plan

  module {
    source = "./modules/trips"
  }

  variables {
    tags = { team = "research & development" }
  }

  expect_failures = [var.tags]
}
