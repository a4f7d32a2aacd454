# How the root names things, and what it refuses.

mock_provider "aws" {
  source = "./tests/mocks/account"
}

variables {
  environment = "test"
  region      = "eu-west-1"
  protected   = false
}

run "names_start_with_product_and_environment" {
  command = plan

  assert {
    condition     = output.trips_stream_name == "sluice-test-trips" && output.trips_table_name == "sluice-test-trips"
    error_message = "Two environments must not meet in one account."
  }

  assert {
    condition     = output.orders_table_name == "sluice-test-orders" && output.orders_bus_name == "sluice-test-orders" && output.orders_stock_table_name == "sluice-test-orders-stock"
    error_message = "The flows must not meet either."
  }

  assert {
    condition     = length(distinct(output.alarm_names)) == length(output.alarm_names)
    error_message = "Alarms of one name overwrite each other."
  }
}

run "an_environment_name_that_aws_names_cannot_carry_is_refused" {
  command = plan

  variables {
    environment = "Test_1"
  }

  expect_failures = [var.environment]
}

run "an_apply_before_make_package_is_told_what_is_missing" {
  command = plan

  variables {
    packages_dir = "environments"
  }

  expect_failures = [var.packages_dir]
}
