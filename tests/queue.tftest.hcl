mock_provider "aws" {
  source = "./tests/mocks/account"
}

variables {
  name             = "sluice-test-notifications"
  operations_topic = { arn = "arn:aws:sns:eu-west-1:123456789012:operations" }
}

run "a_queue_sets_a_message_aside_after_five_receives" {
  command = plan

  module {
    source = "./modules/queue"
  }

  assert {
    condition = jsondecode(aws_sqs_queue.this.redrive_policy) == {
      deadLetterTargetArn = "arn:aws:sqs:eu-west-1:123456789012:sluice-test-notifications-dead-letters"
      maxReceiveCount     = 5
    }
    error_message = "The dead-letter queue of this queue must take what five receives could not process."
  }
}

run "only_this_queue_may_use_its_dead_letter_queue" {
  command = plan

  module {
    source = "./modules/queue"
  }

  assert {
    condition = jsondecode(aws_sqs_queue.dead_letters["this"].redrive_allow_policy) == {
      redrivePermission = "byQueue"
      sourceQueueArns   = ["arn:aws:sqs:eu-west-1:123456789012:sluice-test-notifications"]
    }
    error_message = "No other queue of the account may send its dead letters here."
  }
}

run "dead_letters_outlive_the_messages_they_came_from" {
  command = plan

  module {
    source = "./modules/queue"
  }

  assert {
    condition     = aws_sqs_queue.this.message_retention_seconds == 345600 && aws_sqs_queue.dead_letters["this"].message_retention_seconds == 1209600
    error_message = "4 days, and 14 days."
  }
}

run "both_queues_are_encrypted_without_a_key_of_ours_too" {
  command = plan

  module {
    source = "./modules/queue"
  }

  assert {
    condition     = alltrue([for queue in [aws_sqs_queue.this, aws_sqs_queue.dead_letters["this"]] : queue.sqs_managed_sse_enabled && queue.kms_master_key_id == null])
    error_message = "Without a customer key SQS must encrypt with its own."
  }
}

run "a_customer_key_encrypts_both_queues" {
  command = plan

  module {
    source = "./modules/queue"
  }

  variables {
    key = { arn = "arn:aws:kms:eu-west-1:123456789012:key/1", id = "1" }
  }

  assert {
    condition     = alltrue([for queue in [aws_sqs_queue.this, aws_sqs_queue.dead_letters["this"]] : queue.kms_master_key_id == "arn:aws:kms:eu-west-1:123456789012:key/1"])
    error_message = "A dead letter is as secret as the message."
  }
}

run "nobody_talks_to_either_queue_over_a_network_in_the_clear_and_no_service_sends_unasked" {
  command = plan

  module {
    source = "./modules/queue"
  }

  assert {
    condition = [for policy in [aws_sqs_queue.this.policy, aws_sqs_queue.dead_letters["this"].policy] : jsondecode(policy).Statement] == [
      [{
        Sid       = "DenyUnencryptedTransport"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = "arn:aws:sqs:eu-west-1:123456789012:sluice-test-notifications"
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      }],
      [{
        Sid       = "DenyUnencryptedTransport"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = "arn:aws:sqs:eu-west-1:123456789012:sluice-test-notifications-dead-letters"
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      }],
    ]
    error_message = "Each policy must deny unencrypted transport, and allow nobody."
  }
}

run "a_service_sends_for_the_one_resource_it_was_admitted_for" {
  command = plan

  module {
    source = "./modules/queue"
  }

  variables {
    senders = {
      SendOrderChanges = {
        service    = "events.amazonaws.com"
        source_arn = "arn:aws:events:eu-west-1:123456789012:rule/orders/changes"
      }
    }
  }

  assert {
    condition = [for statement in jsondecode(aws_sqs_queue.this.policy).Statement : statement if statement.Effect == "Allow"] == [{
      Sid       = "SendOrderChanges"
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = "arn:aws:sqs:eu-west-1:123456789012:sluice-test-notifications"
      Condition = { ArnEquals = { "aws:SourceArn" = "arn:aws:events:eu-west-1:123456789012:rule/orders/changes" } }
    }]
    error_message = "EventBridge may send for this rule only."
  }
}

run "a_message_is_hidden_six_times_as_long_as_a_function_of_30_seconds_runs" {
  command = plan

  module {
    source = "./modules/queue"
  }

  assert {
    condition     = aws_sqs_queue.this.visibility_timeout_seconds == 180
    error_message = "Six times the default timeout of modules/function."
  }
}

run "receives_wait_and_messages_may_be_256_kib" {
  command = plan

  module {
    source = "./modules/queue"
  }

  assert {
    condition     = aws_sqs_queue.this.receive_wait_time_seconds == 20 && aws_sqs_queue.this.max_message_size == 262144
    error_message = "Empty polls cost money; a sender must not be refused what the queue could take."
  }
}

run "a_queue_is_standard_unless_told_otherwise" {
  command = plan

  module {
    source = "./modules/queue"
  }

  assert {
    condition     = aws_sqs_queue.this.name == "sluice-test-notifications" && !aws_sqs_queue.this.fifo_queue && !aws_sqs_queue.dead_letters["this"].fifo_queue
    error_message = "Order costs throughput; it must be asked for."
  }
}

run "the_dead_letter_queue_of_a_fifo_queue_is_fifo_too" {
  command = plan

  module {
    source = "./modules/queue"
  }

  variables {
    fifo = {}
  }

  assert {
    condition     = aws_sqs_queue.this.fifo_queue && aws_sqs_queue.this.name == "sluice-test-notifications.fifo"
    error_message = "AWS tells a FIFO queue by its name."
  }

  assert {
    condition     = aws_sqs_queue.dead_letters["this"].fifo_queue && aws_sqs_queue.dead_letters["this"].name == "sluice-test-notifications-dead-letters.fifo"
    error_message = "SQS moves messages between queues of one kind only."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue.this.redrive_policy).deadLetterTargetArn == "arn:aws:sqs:eu-west-1:123456789012:sluice-test-notifications-dead-letters.fifo" && jsondecode(aws_sqs_queue.dead_letters["this"].redrive_allow_policy).sourceQueueArns == ["arn:aws:sqs:eu-west-1:123456789012:sluice-test-notifications.fifo"]
    error_message = "The queues must name each other in full."
  }
}

run "a_fifo_queue_keeps_order_per_message_group_and_deduplicates_by_id" {
  command = plan

  module {
    source = "./modules/queue"
  }

  variables {
    fifo = {}
  }

  assert {
    condition     = alltrue([for queue in [aws_sqs_queue.this, aws_sqs_queue.dead_letters["this"]] : queue.deduplication_scope == "messageGroup" && queue.fifo_throughput_limit == "perMessageGroupId"])
    error_message = "High throughput must be on."
  }

  assert {
    condition     = !aws_sqs_queue.this.content_based_deduplication
    error_message = "Two orders that read alike are two orders."
  }
}

run "a_fifo_queue_may_deduplicate_by_content_over_the_whole_queue" {
  command = plan

  module {
    source = "./modules/queue"
  }

  variables {
    fifo = { content_based_deduplication = true, high_throughput = false }
  }

  assert {
    condition     = aws_sqs_queue.this.content_based_deduplication && aws_sqs_queue.this.deduplication_scope == "queue" && aws_sqs_queue.this.fifo_throughput_limit == "perQueue"
    error_message = "The caller's choice must reach the queue."
  }
}

run "a_parking_queue_has_no_redrive_and_keeps_messages_as_long_as_it_can" {
  command = plan

  module {
    source = "./modules/queue"
  }

  variables {
    dead_letters = null
  }

  assert {
    condition     = length(aws_sqs_queue.dead_letters) == 0 && local.redrive_policy == null && aws_sqs_queue.this.message_retention_seconds == 1209600
    error_message = "Its messages wait for people, not for a consumer."
  }

  assert {
    condition     = output.dead_letters == null
    error_message = "There is no dead-letter queue to hand on."
  }
}

run "a_parking_queue_rings_for_the_first_message_and_again_half_way_to_its_loss" {
  command = plan

  module {
    source = "./modules/queue"
  }

  variables {
    dead_letters = null
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.parked["this"].metric_name == "ApproximateNumberOfMessagesVisible" && aws_cloudwatch_metric_alarm.parked["this"].statistic == "Maximum" && aws_cloudwatch_metric_alarm.parked["this"].threshold == 0
    error_message = "Whatever is parked needs someone."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.age.threshold == 604800
    error_message = "Half of 14 days."
  }

  assert {
    condition     = output.alarm_names == ["sluice-test-notifications-queue-age", "sluice-test-notifications-queue-parked"]
    error_message = "Every alarm must be told to the caller."
  }
}

run "the_first_dead_letter_rings" {
  command = plan

  module {
    source = "./modules/queue"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.dead_letters["this"].metric_name == "ApproximateNumberOfMessagesVisible" && aws_cloudwatch_metric_alarm.dead_letters["this"].statistic == "Maximum" && aws_cloudwatch_metric_alarm.dead_letters["this"].threshold == 0
    error_message = "Whatever is set aside needs someone."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.dead_letters["this"].dimensions == tomap({ QueueName = "sluice-test-notifications-dead-letters" })
    error_message = "It must watch the dead-letter queue."
  }
}

run "a_dead_letter_that_nobody_looks_at_rings_long_before_it_is_lost" {
  command = plan

  module {
    source = "./modules/queue"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.dead_letters_age["this"].metric_name == "ApproximateAgeOfOldestMessage" && aws_cloudwatch_metric_alarm.dead_letters_age["this"].statistic == "Maximum" && aws_cloudwatch_metric_alarm.dead_letters_age["this"].threshold == 345600
    error_message = "4 of 14 days."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.dead_letters_age["this"].dimensions == tomap({ QueueName = "sluice-test-notifications-dead-letters" })
    error_message = "It must watch the dead-letter queue."
  }
}

run "a_message_that_waits_a_quarter_of_an_hour_rings" {
  command = plan

  module {
    source = "./modules/queue"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.age.metric_name == "ApproximateAgeOfOldestMessage" && aws_cloudwatch_metric_alarm.age.statistic == "Maximum" && aws_cloudwatch_metric_alarm.age.threshold == 900
    error_message = "A consumer is slow, failing or gone."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.age.dimensions == tomap({ QueueName = "sluice-test-notifications" })
    error_message = "It must watch the queue itself."
  }
}

run "every_alarm_notifies_operations_both_ways_and_takes_silence_for_health" {
  command = plan

  module {
    source = "./modules/queue"
  }

  assert {
    condition = alltrue([
      for alarm in [aws_cloudwatch_metric_alarm.age, aws_cloudwatch_metric_alarm.dead_letters["this"], aws_cloudwatch_metric_alarm.dead_letters_age["this"]] :
      alarm.alarm_actions == toset([var.operations_topic.arn]) && alarm.ok_actions == toset([var.operations_topic.arn]) && alarm.treat_missing_data == "notBreaching"
    ])
    error_message = "An idle queue sends no metrics, and whoever was called must hear the end of it."
  }

  assert {
    condition     = output.alarm_names == ["sluice-test-notifications-queue-age", "sluice-test-notifications-queue-dead-letters", "sluice-test-notifications-queue-dead-letters-age"]
    error_message = "Every alarm must be told to the caller."
  }
}

run "what_drives_a_function_from_the_queue_is_handed_on_whole" {
  command   = apply
  state_key = "existing"

  module {
    source = "./modules/queue"
  }

  variables {
    visibility_timeout_seconds = 360
    fifo                       = {}
    key                        = { arn = "arn:aws:kms:eu-west-1:123456789012:key/1", id = "1" }
  }

  assert {
    condition     = output.queue.name == "sluice-test-notifications.fifo" && output.queue.fifo && output.queue.visibility_timeout_seconds == 360 && output.queue.key == var.key
    error_message = "A function's checks need these facts."
  }

  assert {
    condition     = output.dead_letters.name == "sluice-test-notifications-dead-letters.fifo" && output.dead_letters.fifo && output.dead_letters.key == var.key
    error_message = "Redrive needs the dead-letter queue."
  }
}

run "a_queue_without_dead_letters_says_that_it_is_parking" {
  command = plan

  module {
    source = "./modules/queue"
  }

  variables {
    dead_letters = null
  }

  assert {
    condition     = output.queue.parking
    error_message = "A function must be told that nobody sets its failures aside."
  }
}

run "a_queue_with_dead_letters_is_no_parking_queue" {
  command = plan

  module {
    source = "./modules/queue"
  }

  variables {
    dead_letters = {}
  }

  assert {
    condition     = !output.queue.parking
    error_message = "A function may read a queue that sets failures aside."
  }
}
