# What a function may not be given, whatever drives it.

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

run "a_package_that_is_not_there_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    package = merge(var.package, { path = "dist/lambda/nobody_built_this.zip" })
  }

  expect_failures = [var.package]
}

run "an_environment_above_four_kilobytes_in_all_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    environment = { for number in range(6) : "PART_${number}" => join("", [for index in range(100) : "12345678"]) }
  }

  expect_failures = [var.environment]
}

run "an_environment_is_measured_in_bytes_not_characters" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    environment = { NOTE = join("", [for index in range(700) : "€€"]) }
  }

  expect_failures = [var.environment]
}

run "a_variable_that_lambda_sets_itself_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    environment = { AWS_REGION = "eu-west-1" }
  }

  expect_failures = [var.environment]
}

run "a_variable_whose_name_is_no_identifier_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    environment = { "TRIPS-TABLE" = "trips" }
  }

  expect_failures = [var.environment]
}

run "a_variable_that_is_null_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    environment = { TRIPS_TABLE = null }
  }

  expect_failures = [var.environment]
}

run "a_seventeenth_subnet_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    vpc = { subnet_ids = [for number in range(17) : "subnet-${number}"], security_group_ids = ["sg-1"] }
  }

  expect_failures = [var.vpc]
}

run "a_sixth_security_group_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    vpc = { subnet_ids = ["subnet-1"], security_group_ids = [for number in range(6) : "sg-${number}"] }
  }

  expect_failures = [var.vpc]
}

run "a_subnet_that_is_null_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    vpc = { subnet_ids = [null], security_group_ids = ["sg-1"] }
  }

  expect_failures = [var.vpc]
}

run "a_fifty_first_tag_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    tags = { for number in range(51) : "tag-${number}" => "x" }
  }

  expect_failures = [var.tags]
}

run "a_tag_of_aws_itself_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    tags = { "aws:team" = "streams" }
  }

  expect_failures = [var.tags]
}

run "a_tag_that_is_null_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    tags = { team = null }
  }

  expect_failures = [var.tags]
}

run "a_permission_that_is_null_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    permissions = { WriteTrips = null }
  }

  expect_failures = [var.permissions]
}

run "an_action_that_is_null_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    permissions = { WriteTrips = { actions = [null], resources = ["*"] } }
  }

  expect_failures = [var.permissions]
}

run "half_a_second_of_timeout_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    timeout_seconds = 30.5
  }

  expect_failures = [var.timeout_seconds]
}

run "half_a_megabyte_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    memory_megabytes = 512.5
  }

  expect_failures = [var.memory_megabytes]
}

run "half_an_invocation_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    reserved_concurrency = 1.5
  }

  expect_failures = [var.reserved_concurrency]
}

run "a_shift_without_its_share_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    gradual_shift = { stable_version = "7", new_version_share = null }
  }

  expect_failures = [var.gradual_shift]
}

run "a_shift_without_its_version_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    gradual_shift = { stable_version = null, new_version_share = 0.1 }
  }

  expect_failures = [var.gradual_shift]
}

run "an_environment_of_four_kilobytes_is_taken" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    environment = { NOTE = join("", [for index in range(817) : "xxxxx"]) }
  }

  assert {
    condition     = length(jsonencode(aws_lambda_function.this.environment[0].variables)) == 4096
    error_message = "What AWS takes must not be refused."
  }
}

run "a_tag_with_a_character_that_lambda_refuses_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    tags = { team = "a&b" }
  }

  expect_failures = [var.tags]
}

run "a_topic_that_nobody_made_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    operations_topic = { arn = "" }
  }

  expect_failures = [var.operations_topic]
}
