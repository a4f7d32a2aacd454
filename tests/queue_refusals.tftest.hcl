mock_provider "aws" {
  source = "./tests/mocks/account"
}

variables {
  name             = "sluice-test-notifications"
  operations_topic = { arn = "arn:aws:sns:eu-west-1:123456789012:operations" }
}

run "a_name_with_the_fifo_suffix_is_refused" {
  command = plan

  module {
    source = "./modules/queue"
  }

  variables {
    name = "notifications.fifo"
  }

  expect_failures = [var.name]
}

run "a_name_that_leaves_no_room_for_the_dead_letter_queue_is_refused" {
  command = plan

  module {
    source = "./modules/queue"
  }

  variables {
    name = join("", [for number in range(63) : "a"])
  }

  expect_failures = [var.name]
}

run "a_message_is_hidden_at_most_12_hours" {
  command = plan

  module {
    source = "./modules/queue"
  }

  variables {
    visibility_timeout_seconds = 43201
  }

  expect_failures = [var.visibility_timeout_seconds]
}

run "a_message_is_kept_at_least_a_minute" {
  command = plan

  module {
    source = "./modules/queue"
  }

  variables {
    retention_seconds = 59
  }

  expect_failures = [var.retention_seconds]
}

run "a_message_is_kept_at_most_14_days" {
  command = plan

  module {
    source = "./modules/queue"
  }

  variables {
    retention_seconds = 1209601
    dead_letters      = null
  }

  expect_failures = [var.retention_seconds]
}

run "a_receive_waits_at_most_20_seconds" {
  command = plan

  module {
    source = "./modules/queue"
  }

  variables {
    receive_wait_seconds = 21
  }

  expect_failures = [var.receive_wait_seconds]
}

run "a_message_is_at_most_256_kib" {
  command = plan

  module {
    source = "./modules/queue"
  }

  variables {
    max_message_bytes = 262145
  }

  expect_failures = [var.max_message_bytes]
}

run "fewer_than_five_receives_would_set_healthy_messages_aside" {
  command = plan

  module {
    source = "./modules/queue"
  }

  variables {
    dead_letters = { max_receive_count = 4 }
  }

  expect_failures = [var.dead_letters]
}

run "dead_letters_are_kept_at_most_14_days" {
  command = plan

  module {
    source = "./modules/queue"
  }

  variables {
    dead_letters = { retention_seconds = 1209601 }
  }

  expect_failures = [var.dead_letters]
}

run "dead_letters_must_outlive_the_messages_they_came_from" {
  command = plan

  module {
    source = "./modules/queue"
  }

  variables {
    retention_seconds = 1209600
  }

  expect_failures = [var.dead_letters]
}

run "a_sender_is_named_as_a_policy_statement_is" {
  command = plan

  module {
    source = "./modules/queue"
  }

  variables {
    senders = {
      "order changes" = { service = "events.amazonaws.com", source_arn = "arn:aws:events:eu-west-1:123456789012:rule/a" }
    }
  }

  expect_failures = [var.senders]
}

run "a_sender_is_an_aws_service" {
  command = plan

  module {
    source = "./modules/queue"
  }

  variables {
    senders = {
      SendAnything = { service = "*", source_arn = "arn:aws:events:eu-west-1:123456789012:rule/a" }
    }
  }

  expect_failures = [var.senders]
}

run "an_alarm_that_rings_after_the_message_is_gone_is_refused" {
  command = plan

  module {
    source = "./modules/queue"
  }

  variables {
    thresholds = { oldest_message_seconds = 345600 }
  }

  expect_failures = [var.thresholds]
}

run "a_negative_count_is_no_threshold" {
  command = plan

  module {
    source = "./modules/queue"
  }

  variables {
    thresholds = { dead_letters = -1 }
  }

  expect_failures = [var.thresholds]
}

run "an_alarm_that_rings_after_the_dead_letter_is_gone_is_refused" {
  command = plan

  module {
    source = "./modules/queue"
  }

  variables {
    thresholds = { oldest_dead_letter_seconds = 1209600 }
  }

  expect_failures = [var.thresholds]
}

run "half_a_receive_is_refused" {
  command = plan

  module {
    source = "./modules/queue"
  }

  variables {
    dead_letters = { max_receive_count = 5.5 }
  }

  expect_failures = [var.dead_letters]
}

run "half_a_second_is_refused" {
  command = plan

  module {
    source = "./modules/queue"
  }

  variables {
    visibility_timeout_seconds = 180.5
  }

  expect_failures = [var.visibility_timeout_seconds]
}

run "a_policy_has_room_for_nineteen_senders" {
  command = plan

  module {
    source = "./modules/queue"
  }

  variables {
    senders = { for number in range(20) : "Send${number}" => { service = "events.amazonaws.com", source_arn = "arn:aws:events:eu-west-1:123456789012:rule/a" } }
  }

  expect_failures = [var.senders]
}

run "a_sender_does_not_take_the_name_of_our_own_statement" {
  command = plan

  module {
    source = "./modules/queue"
  }

  variables {
    senders = { DenyUnencryptedTransport = { service = "events.amazonaws.com", source_arn = "arn:aws:events:eu-west-1:123456789012:rule/a" } }
  }

  expect_failures = [var.senders]
}

run "a_sender_is_not_null" {
  command = plan

  module {
    source = "./modules/queue"
  }

  variables {
    senders = { SendAnything = null }
  }

  expect_failures = [var.senders]
}

run "a_fifty_first_tag_is_refused" {
  command = plan

  module {
    source = "./modules/queue"
  }

  variables {
    tags = { for number in range(51) : "tag-${number}" => "x" }
  }

  expect_failures = [var.tags]
}
