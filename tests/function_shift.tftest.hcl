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
}

run "without_a_shift_the_alias_is_the_latest_version" {
  command = plan

  module {
    source = "./modules/function"
  }

  assert {
    condition     = aws_lambda_alias.live.function_version == "8" && length(aws_lambda_alias.live.routing_config) == 0
    error_message = "Everything must go to the latest version."
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.new_version_errors) == 0
    error_message = "There is no new version to watch."
  }
}

run "a_tenth_of_the_traffic_tries_the_new_version" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    gradual_shift = { stable_version = "7", new_version_share = 0.1 }
  }

  assert {
    condition     = aws_lambda_alias.live.function_version == "7"
    error_message = "The stable version must keep the rest."
  }

  assert {
    condition     = aws_lambda_alias.live.routing_config[0].additional_version_weights == tomap({ "8" = 0.1 })
    error_message = "The new version must get its share and no more."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.new_version_errors["this"].dimensions == tomap({ FunctionName = "sluice-test-trip-writer", Resource = "sluice-test-trip-writer:live", ExecutedVersion = "8" })
    error_message = "The new version must be watched by itself."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.new_version_errors["this"].threshold == 0 && aws_cloudwatch_metric_alarm.new_version_errors["this"].treat_missing_data == "notBreaching" && aws_cloudwatch_metric_alarm.new_version_errors["this"].alarm_actions == toset([var.operations_topic.arn])
    error_message = "One error of the new version must be told."
  }

  assert {
    condition     = contains(output.alarm_names, "sluice-test-trip-writer-new-version-errors")
    error_message = "The alarm must be among the outputs."
  }
}

run "a_share_of_nothing_sends_everything_back" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    gradual_shift = { stable_version = "7", new_version_share = 0 }
  }

  assert {
    condition     = aws_lambda_alias.live.function_version == "7" && length(aws_lambda_alias.live.routing_config) == 0
    error_message = "The stable version must get everything."
  }
}

run "a_shift_to_the_version_that_is_stable_already_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    gradual_shift = { stable_version = "8", new_version_share = 0.1 }
  }

  expect_failures = [aws_lambda_alias.live]
}

run "a_shift_from_a_name_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    gradual_shift = { stable_version = "$LATEST", new_version_share = 0.1 }
  }

  expect_failures = [var.gradual_shift]
}

run "a_shift_of_everything_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    gradual_shift = { stable_version = "7", new_version_share = 1 }
  }

  expect_failures = [var.gradual_shift]
}

run "a_shift_of_less_than_nothing_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    gradual_shift = { stable_version = "7", new_version_share = -0.1 }
  }

  expect_failures = [var.gradual_shift]
}
