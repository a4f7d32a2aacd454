# What the orders flow refuses at plan, each with what was wrong and what to do.

mock_provider "aws" {
  source = "./tests/mocks/orders"
}

variables {
  name             = "sluice-test-orders"
  operations_topic = { arn = "arn:aws:sns:eu-west-1:123456789012:operations" }
  key              = { arn = "arn:aws:kms:eu-west-1:123456789012:key/1", id = "1" }
  packages         = jsondecode(file("tests/fixtures/order_packages.json"))

  # A protected flow has more to say than most of these laws need.
  protected = false
}

run "a_name_that_leaves_no_room_for_its_actors_is_refused" {
  command = plan

  module {
    source = "./modules/orders"
  }

  variables {
    name = "sluice-an-environment-too-long-"
  }

  expect_failures = [var.name]
}

run "a_flow_without_its_packages_is_refused" {
  command = plan

  module {
    source = "./modules/orders"
  }

  variables {
    packages = {}
  }

  expect_failures = [var.packages]
}

run "an_api_without_its_package_is_refused" {
  command = plan

  module {
    source = "./modules/orders"
  }

  variables {
    packages = { for actor, built in jsondecode(file("tests/fixtures/order_packages.json")) : actor => built if actor != "order_api" }
  }

  expect_failures = [var.packages]
}

run "a_subscriber_whose_package_was_not_built_is_refused" {
  command = plan

  module {
    source = "./modules/orders"
  }

  variables {
    settings = { subscribers = { loyalty = { package = "order_loyality" } } }
  }

  expect_failures = [var.packages]
}

run "an_api_that_lets_nobody_through_is_refused" {
  command = plan

  module {
    source = "./modules/orders"
  }

  variables {
    settings = { api = { throttling = { requests_per_second = 0 } } }
  }

  expect_failures = [var.settings]
}

run "an_origin_with_a_path_is_refused" {
  command = plan

  module {
    source = "./modules/orders"
  }

  variables {
    settings = { api = { cors = { origins = ["https://shop.example.com/"] } } }
  }

  expect_failures = [var.settings]
}

run "a_token_without_an_audience_is_refused" {
  command = plan

  module {
    source = "./modules/orders"
  }

  variables {
    settings = { api = { jwt = { issuer = "https://id.example.com", audience = [] } } }
  }

  expect_failures = [var.settings]
}

run "an_issuer_that_is_no_url_is_refused" {
  command = plan

  module {
    source = "./modules/orders"
  }

  variables {
    settings = { api = { jwt = { issuer = "id.example.com", audience = ["shop"] } } }
  }

  expect_failures = [var.settings]
}

run "an_api_function_that_outlasts_its_api_is_refused" {
  command = plan

  module {
    source = "./modules/orders"
  }

  variables {
    settings = { api = { timeout_seconds = 30 } }
  }

  expect_failures = [var.settings]
}

run "a_protected_flow_that_takes_no_money_without_saying_so_is_refused" {
  command = plan

  module {
    source = "./modules/orders"
  }

  variables {
    protected = true
    settings  = {}
  }

  expect_failures = [var.settings]
}

run "a_protected_api_that_lets_anybody_order_without_saying_so_is_refused" {
  command = plan

  module {
    source = "./modules/orders"
  }

  variables {
    protected = true
    settings  = { api = {}, pipeline = { approve_all_payments = true } }
  }

  expect_failures = [var.settings]
}

run "a_gateway_beside_the_approval_of_all_payments_is_refused" {
  command = plan

  module {
    source = "./modules/orders"
  }

  variables {
    settings = { pipeline = { payment_gateway_url = "https://pay.example.com", approve_all_payments = true } }
  }

  expect_failures = [var.settings]
}

run "a_payment_gateway_in_the_clear_is_refused" {
  command = plan

  module {
    source = "./modules/orders"
  }

  variables {
    settings = { pipeline = { payment_gateway_url = "http://pay.example.com" } }
  }

  expect_failures = [var.settings]
}

run "a_carrier_in_the_clear_is_refused" {
  command = plan

  module {
    source = "./modules/orders"
  }

  variables {
    settings = { pipeline = { carrier_url = "http://carry.example.com" } }
  }

  expect_failures = [var.settings]
}

run "a_host_that_only_begins_like_this_machine_is_refused" {
  command = plan

  module {
    source = "./modules/orders"
  }

  variables {
    settings = { pipeline = { carrier_url = "http://127.0.0.1.example.com" } }
  }

  expect_failures = [var.settings]
}

run "a_partner_that_may_take_longer_than_the_pipeline_waits_is_refused" {
  command = plan

  module {
    source = "./modules/orders"
  }

  variables {
    settings = { pipeline = { partner_seconds = 21 } }
  }

  expect_failures = [var.settings]
}

run "a_timeout_that_one_slow_partner_fills_is_refused" {
  command = plan

  module {
    source = "./modules/orders"
  }

  variables {
    settings = { pipeline = { partner_seconds = 20, timeout_seconds = 49 } }
  }

  expect_failures = [var.settings]
}

run "a_breaker_that_opens_only_after_minutes_of_timeouts_is_refused" {
  command = plan

  module {
    source = "./modules/orders"
  }

  variables {
    settings = { pipeline = { breaker = { failures = 21 } } }
  }

  expect_failures = [var.settings]
}

run "a_breaker_that_never_rests_is_refused" {
  command = plan

  module {
    source = "./modules/orders"
  }

  variables {
    settings = { pipeline = { breaker = { rest_seconds = 0 } } }
  }

  expect_failures = [var.settings]
}

run "a_breaker_whose_longest_rest_is_shorter_than_its_first_is_refused" {
  command = plan

  module {
    source = "./modules/orders"
  }

  variables {
    settings = { pipeline = { breaker = { rest_seconds = 60, longest_rest_seconds = 30 } } }
  }

  expect_failures = [var.settings]
}

run "a_breaker_that_rests_longer_than_a_message_can_wait_is_refused" {
  command = plan

  module {
    source = "./modules/orders"
  }

  variables {
    settings = { pipeline = { breaker = { longest_rest_seconds = 901 } } }
  }

  expect_failures = [var.settings]
}

run "half_a_day_of_orders_is_refused" {
  command = plan

  module {
    source = "./modules/orders"
  }

  variables {
    settings = { pipeline = { order_days = 0.5 } }
  }

  expect_failures = [var.settings]
}

run "a_phone_without_its_country_is_refused" {
  command = plan

  module {
    source = "./modules/orders"
  }

  variables {
    settings = { notifications = { phones = ["0555123456"] } }
  }

  expect_failures = [var.settings]
}

run "an_address_without_a_host_is_refused" {
  command = plan

  module {
    source = "./modules/orders"
  }

  variables {
    settings = { notifications = { emails = ["operations"] } }
  }

  expect_failures = [var.settings]
}

run "a_cache_of_another_kind_is_refused" {
  command = plan

  module {
    source = "./modules/orders"
  }

  variables {
    settings = { cache = { url = "memcached://cache.internal" } }
  }

  expect_failures = [var.settings]
}

run "a_search_in_the_clear_is_refused" {
  command = plan

  module {
    source = "./modules/orders"
  }

  variables {
    settings = { search = { url = "http://search.internal" } }
  }

  expect_failures = [var.settings]
}

run "a_workflow_without_time_is_refused" {
  command = plan

  module {
    source = "./modules/orders"
  }

  variables {
    settings = { workflow = { pick_seconds = 0 } }
  }

  expect_failures = [var.settings]
}

run "a_subscriber_named_as_an_actor_is_refused" {
  command = plan

  module {
    source = "./modules/orders"
  }

  variables {
    settings = { subscribers = { audit = { package = "order_loyalty" } } }
  }

  expect_failures = [var.settings]
}

run "a_subscriber_with_a_name_for_people_is_refused" {
  command = plan

  module {
    source = "./modules/orders"
  }

  variables {
    settings = { subscribers = { Loyalty_Points = { package = "order_loyalty" } } }
  }

  expect_failures = [var.settings]
}

run "a_status_that_no_order_has_is_refused" {
  command = plan

  module {
    source = "./modules/orders"
  }

  variables {
    settings = { subscribers = { loyalty = { package = "order_loyalty", statuses = ["DELIVERED"] } } }
  }

  expect_failures = [var.settings]
}

run "a_failure_is_kept_for_at_least_a_week" {
  command = plan

  module {
    source = "./modules/orders"
  }

  variables {
    settings = { failures_retention_days = 6 }
  }

  expect_failures = [var.settings]
}

run "settings_that_are_null_are_the_defaults" {
  command = plan

  module {
    source = "./modules/orders"
  }

  variables {
    settings = null
  }

  assert {
    condition     = contains(keys(output.functions), "api")
    error_message = "Null must not mean without an API."
  }
}
