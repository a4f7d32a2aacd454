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

run "a_function_runs_what_was_built_behind_an_alias" {
  command = plan

  module {
    source = "./modules/function"
  }

  assert {
    condition     = aws_lambda_function.this.filename == var.package.path && aws_lambda_function.this.source_code_hash == var.package.sha256
    error_message = "What runs must be the zip that was built."
  }

  assert {
    condition     = aws_lambda_function.this.architectures == tolist(["arm64"]) && aws_lambda_function.this.runtime == "python3.13" && aws_lambda_function.this.handler == "trip_writer.handler.handle"
    error_message = "The manifest must decide architecture, runtime and entry point."
  }

  assert {
    condition     = aws_lambda_function.this.publish && aws_lambda_alias.live.name == "live"
    error_message = "Every change must be a version that the alias can be moved to."
  }

  assert {
    condition     = aws_lambda_function.this.timeout == 30 && aws_lambda_function.this.memory_size == 512
    error_message = "A function must get 30 s and 512 MB by default."
  }

  assert {
    condition     = aws_lambda_function.this.tracing_config[0].mode == "Active"
    error_message = "A function must be traced by default."
  }

  assert {
    condition     = aws_lambda_function.this.reserved_concurrent_executions == -1
    error_message = "A function must share the account's concurrency by default."
  }
}

run "logs_are_kept_a_month_and_their_group_is_ours" {
  command = plan

  module {
    source = "./modules/function"
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.name == "/aws/lambda/sluice-test-trip-writer" && aws_cloudwatch_log_group.this.retention_in_days == 30
    error_message = "The log group that Lambda writes to must have a retention."
  }
}

run "a_customer_key_encrypts_environment_and_logs" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    key         = { arn = "arn:aws:kms:eu-west-1:123456789012:key/1" }
    environment = { TRIPS_TABLE = "trips" }
  }

  assert {
    condition     = aws_lambda_function.this.kms_key_arn == var.key.arn && aws_cloudwatch_log_group.this.kms_key_id == var.key.arn
    error_message = "Environment and logs must be encrypted with the key that was given."
  }

  assert {
    condition     = aws_lambda_function.this.environment[0].variables == tomap({ TRIPS_TABLE = "trips" })
    error_message = "The environment must arrive as given."
  }
}

run "an_empty_environment_takes_no_key" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    key = { arn = "arn:aws:kms:eu-west-1:123456789012:key/1" }
  }

  assert {
    condition     = aws_lambda_function.this.kms_key_arn == null
    error_message = "AWS drops the key of an empty environment, so it must not be declared."
  }
}

run "everything_carries_the_tags" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    tags = { team = "streams" }
  }

  assert {
    condition     = aws_lambda_function.this.tags["team"] == "streams" && aws_iam_role.this.tags["team"] == "streams" && aws_cloudwatch_log_group.this.tags["team"] == "streams" && aws_cloudwatch_metric_alarm.errors.tags["team"] == "streams"
    error_message = "Function, role, log group and alarms must be tagged."
  }
}

run "a_function_in_a_vpc_runs_in_the_given_subnets" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    vpc = { subnet_ids = ["subnet-1"], security_group_ids = ["sg-1"] }
  }

  assert {
    condition     = aws_lambda_function.this.vpc_config[0].subnet_ids == toset(["subnet-1"]) && aws_lambda_function.this.vpc_config[0].security_group_ids == toset(["sg-1"])
    error_message = "Subnets and security groups must arrive as given."
  }
}

run "a_name_in_capitals_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    name = "TripWriter"
  }

  expect_failures = [var.name]
}

run "a_long_description_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    description = join("", [for i in range(257) : "x"])
  }

  expect_failures = [var.description]
}

run "an_unknown_architecture_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    package = merge(var.package, { architecture = "riscv" })
  }

  expect_failures = [var.package]
}

run "a_hash_in_hexadecimal_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    package = merge(var.package, { sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" })
  }

  expect_failures = [var.package]
}

run "a_timeout_of_nothing_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    timeout_seconds = 0
  }

  expect_failures = [var.timeout_seconds]
}

run "a_timeout_beyond_fifteen_minutes_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    timeout_seconds = 901
  }

  expect_failures = [var.timeout_seconds]
}

run "too_little_memory_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    memory_megabytes = 127
  }

  expect_failures = [var.memory_megabytes]
}

run "too_much_memory_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    memory_megabytes = 10241
  }

  expect_failures = [var.memory_megabytes]
}

run "a_log_retention_that_cloudwatch_lacks_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    log_retention_days = 31
  }

  expect_failures = [var.log_retention_days]
}

run "a_vpc_without_subnets_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    vpc = { subnet_ids = [], security_group_ids = ["sg-1"] }
  }

  expect_failures = [var.vpc]
}

run "a_reserved_concurrency_of_nothing_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    reserved_concurrency = 0
  }

  expect_failures = [var.reserved_concurrency]
}

run "an_errors_alarm_that_always_rings_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    error_alarm_count = 0
  }

  expect_failures = [var.error_alarm_count]
}

run "a_duration_alarm_at_the_timeout_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    duration_alarm_share = 1
  }

  expect_failures = [var.duration_alarm_share]
}

run "a_lag_alarm_at_the_end_of_life_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    lag_alarm_share = 1
  }

  expect_failures = [var.lag_alarm_share]
}
