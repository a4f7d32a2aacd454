# One subscriber: what it takes from the bus, what it keeps, and what it refuses.

mock_provider "aws" {
  source = "./tests/mocks/account"
}

variables {
  name             = "sluice-test-loyalty"
  bus              = { name = "orders", arn = "arn:aws:events:eu-west-1:123456789012:event-bus/orders" }
  operations_topic = { arn = "arn:aws:sns:eu-west-1:123456789012:operations" }
  key              = { arn = "arn:aws:kms:eu-west-1:123456789012:key/1", id = "1" }

  package = {
    path         = "tests/fixtures/kinesis_events.json"
    sha256       = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    handler      = "order_loyalty.handler.handle"
    runtime      = "python3.13"
    architecture = "arm64"
  }
}

run "every_change_of_an_order_is_taken_unless_told_otherwise" {
  command = plan

  module {
    source = "./modules/subscriber"
  }

  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.this.event_pattern) == { source = ["sluice.orders"], detail-type = ["OrderChanged"] }
    error_message = "Without a wish the rule must match all changes of orders and nothing else."
  }

  assert {
    condition     = aws_cloudwatch_event_rule.this.event_bus_name == "orders" && aws_cloudwatch_event_target.this.event_bus_name == "orders"
    error_message = "Rule and target must be on the bus that was given."
  }
}

run "statuses_changes_and_changed_attributes_narrow_the_rule" {
  command = plan

  module {
    source = "./modules/subscriber"
  }

  variables {
    subscription = { statuses = ["SHIPPED", "REJECTED"], changes = ["MODIFY"], changed = ["status"] }
  }

  assert {
    condition = jsondecode(aws_cloudwatch_event_rule.this.event_pattern) == {
      source      = ["sluice.orders"]
      detail-type = ["OrderChanged"]
      detail      = { status = ["REJECTED", "SHIPPED"], change = ["MODIFY"], changed = ["status"] }
    }
    error_message = "Each wish must become a field of the pattern, in an order that no plan changes."
  }
}

run "statuses_alone_take_the_change_that_brought_them" {
  command = plan

  module {
    source = "./modules/subscriber"
  }

  variables {
    subscription = { statuses = ["SHIPPED"] }
  }

  assert {
    condition = jsondecode(aws_cloudwatch_event_rule.this.event_pattern) == {
      source      = ["sluice.orders"]
      detail-type = ["OrderChanged"]
      detail      = { status = ["SHIPPED"], change = ["INSERT", "MODIFY"], changed = ["status"] }
    }
    error_message = "A shipped order that is written once more, or expires, is not shipped again."
  }
}

run "statuses_beside_changes_take_every_such_change" {
  command = plan

  module {
    source = "./modules/subscriber"
  }

  variables {
    subscription = { statuses = ["SHIPPED"], changes = ["REMOVE"] }
  }

  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.this.event_pattern).detail == { status = ["SHIPPED"], change = ["REMOVE"] }
    error_message = "Who says which changes it means must get those and no condition beside them."
  }
}

run "a_pattern_of_its_own_is_taken_as_it_is" {
  command = plan

  module {
    source = "./modules/subscriber"
  }

  variables {
    subscription = { pattern = "{\"source\":[\"sluice.orders\"],\"detail\":{\"after\":{\"totalCents\":[{\"numeric\":[\">\",100000]}]}}}" }
  }

  assert {
    condition     = aws_cloudwatch_event_rule.this.event_pattern == "{\"source\":[\"sluice.orders\"],\"detail\":{\"after\":{\"totalCents\":[{\"numeric\":[\">\",100000]}]}}}"
    error_message = "What the typed fields cannot say must reach the rule unchanged."
  }
}

run "only_this_rule_may_send_to_its_queues" {
  command = plan

  module {
    source = "./modules/subscriber"
  }

  assert {
    condition     = local.rule_may_send == { service = "events.amazonaws.com", source_arn = "arn:aws:events:eu-west-1:123456789012:rule/orders/sluice-test-loyalty" }
    error_message = "The rule of a bus is named by both; another rule must not be admitted."
  }

  assert {
    condition     = output.rule.arn == local.rule_may_send.source_arn
    error_message = "What is handed on must be what is admitted."
  }
}

run "a_message_is_hidden_for_six_invocations_and_the_window" {
  command = plan

  module {
    source = "./modules/subscriber"
  }

  variables {
    timeout_seconds         = 45
    batching_window_seconds = 5
  }

  assert {
    condition     = output.queue.visibility_timeout_seconds == 275
    error_message = "6 x 45 + 5, or messages come back while they are worked on."
  }
}

run "a_visibility_timeout_below_six_invocations_is_refused" {
  command = plan

  module {
    source = "./modules/subscriber"
  }

  variables {
    timeout_seconds            = 45
    batching_window_seconds    = 5
    visibility_timeout_seconds = 274
  }

  expect_failures = [var.visibility_timeout_seconds]
}

run "a_longer_visibility_timeout_is_taken" {
  command = plan

  module {
    source = "./modules/subscriber"
  }

  variables {
    visibility_timeout_seconds = 400
  }

  assert {
    condition     = output.queue.visibility_timeout_seconds == 400
    error_message = "More than the least is the caller's to say."
  }
}

run "what_cannot_be_processed_or_delivered_is_kept_encrypted" {
  command = plan

  module {
    source = "./modules/subscriber"
  }

  assert {
    condition     = output.dead_letters.name == "sluice-test-loyalty-dead-letters" && output.undelivered.name == "sluice-test-loyalty-undelivered" && output.undelivered.parking
    error_message = "Failed messages and undelivered events need a queue each."
  }

  assert {
    condition     = alltrue([for queue in [output.queue, output.dead_letters] : queue.key == var.key])
    error_message = "What is worked on must be encrypted with the key that was given."
  }

  assert {
    condition     = output.undelivered.key == null
    error_message = "A key that keeps events out of the queue must not keep them out of the place for such events."
  }
}

run "delivery_is_tried_for_as_long_as_eventbridge_can" {
  command = plan

  module {
    source = "./modules/subscriber"
  }

  assert {
    condition     = aws_cloudwatch_event_target.this.retry_policy[0].maximum_event_age_in_seconds == 86400 && aws_cloudwatch_event_target.this.retry_policy[0].maximum_retry_attempts == 185
    error_message = "A queue that is out of reach for hours must lose nothing."
  }
}

run "the_alarms_of_the_rule_watch_this_rule_on_this_bus" {
  command = plan

  module {
    source = "./modules/subscriber"
  }

  assert {
    condition = alltrue([
      for alarm in [aws_cloudwatch_metric_alarm.failed_invocations, aws_cloudwatch_metric_alarm.lost_events] :
      alarm.dimensions == tomap({ EventBusName = "orders", RuleName = "sluice-test-loyalty" })
    ])
    error_message = "A rule of a bus is counted under both names."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.failed_invocations.metric_name == "FailedInvocations" && aws_cloudwatch_metric_alarm.lost_events.metric_name == "InvocationsFailedToBeSentToDlq"
    error_message = "What failed, and what is gone."
  }
}

run "no_alarm_is_left_out_or_named_twice" {
  command = plan

  module {
    source = "./modules/subscriber"
  }

  assert {
    condition = toset(output.alarm_names) == toset([
      "sluice-test-loyalty-failed-invocations",
      "sluice-test-loyalty-lost-events",
      "sluice-test-loyalty-queue-age",
      "sluice-test-loyalty-queue-dead-letters",
      "sluice-test-loyalty-queue-dead-letters-age",
      "sluice-test-loyalty-undelivered-queue-age",
      "sluice-test-loyalty-undelivered-queue-parked",
      "sluice-test-loyalty-errors",
      "sluice-test-loyalty-throttles",
      "sluice-test-loyalty-duration",
      "sluice-test-loyalty-events-stalled",
    ]) && length(output.alarm_names) == 11
    error_message = "Rule, three queues and function, each once."
  }
}

run "a_pattern_that_is_no_json_object_is_refused" {
  command = plan

  module {
    source = "./modules/subscriber"
  }

  variables {
    subscription = { pattern = "[\"sluice.orders\"]" }
  }

  expect_failures = [var.subscription]
}

run "a_pattern_that_matches_everything_is_refused" {
  command = plan

  module {
    source = "./modules/subscriber"
  }

  variables {
    subscription = { pattern = "{}" }
  }

  expect_failures = [var.subscription]
}

run "a_pattern_beside_typed_wishes_is_refused" {
  command = plan

  module {
    source = "./modules/subscriber"
  }

  variables {
    subscription = { pattern = "{\"source\":[\"sluice.orders\"]}", statuses = ["SHIPPED"] }
  }

  expect_failures = [var.subscription]
}

run "a_pattern_longer_than_a_rule_takes_is_refused" {
  command = plan

  module {
    source = "./modules/subscriber"
  }

  variables {
    subscription = { pattern = jsonencode({ source = [for number in range(300) : "source-${number}"] }) }
  }

  expect_failures = [var.subscription]
}

run "a_change_that_no_table_makes_is_refused" {
  command = plan

  module {
    source = "./modules/subscriber"
  }

  variables {
    subscription = { changes = ["UPDATE"] }
  }

  expect_failures = [var.subscription]
}

run "no_detail_type_is_refused" {
  command = plan

  module {
    source = "./modules/subscriber"
  }

  variables {
    subscription = { detail_types = [] }
  }

  expect_failures = [var.subscription]
}

run "the_default_bus_is_refused" {
  command = plan

  module {
    source = "./modules/subscriber"
  }

  variables {
    bus = { name = "default", arn = "arn:aws:events:eu-west-1:123456789012:event-bus/default" }
  }

  expect_failures = [var.bus]
}

run "a_name_that_leaves_no_room_for_its_queues_is_refused" {
  command = plan

  module {
    source = "./modules/subscriber"
  }

  variables {
    name = "sluice-a-subscriber-whose-name-leaves-no-room-for-q"
  }

  expect_failures = [var.name]
}
