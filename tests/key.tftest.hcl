mock_provider "aws" {
  source = "./tests/mocks/account"
}

variables {
  name = "sluice-test"
}

run "the_key_rotates_and_its_deletion_can_be_taken_back_for_a_month" {
  command = plan

  module {
    source = "./modules/key"
  }

  assert {
    condition     = aws_kms_key.this.enable_key_rotation && aws_kms_key.this.rotation_period_in_days == 365
    error_message = "Key material must rotate every year unless told otherwise."
  }

  assert {
    condition     = aws_kms_key.this.deletion_window_in_days == 30
    error_message = "The longest window is the safe one."
  }

  assert {
    condition     = aws_kms_alias.this.name == "alias/sluice-test"
    error_message = "The alias must carry the key's name."
  }
}

run "only_the_account_itself_administers_the_key" {
  command = plan

  module {
    source = "./modules/key"
  }

  assert {
    condition = [for statement in jsondecode(aws_kms_key.this.policy).Statement : statement if statement.Action == "kms:*"] == [{
      Sid       = "AdministerThroughIdentityPolicies"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::123456789012:root" }
      Action    = "kms:*"
      Resource  = "*"
    }]
    error_message = "The account's own policies must decide, and nothing else may administer the key."
  }

  assert {
    condition = [for statement in jsondecode(aws_kms_key.this.policy).Statement : statement.Sid] == [
      "AdministerThroughIdentityPolicies",
      "EncryptAlarmsForTopics",
      "EncryptEventsForQueues",
      "EncryptEventsForTopics",
      "EncryptBuses",
      "DescribeKeyOfBuses",
      "EncryptLogGroups",
      "EncryptNotificationsForQueues",
    ]
    error_message = "The policy must hold these statements and no other."
  }
}

run "an_alarm_of_this_account_reaches_an_encrypted_topic" {
  command = plan

  module {
    source = "./modules/key"
  }

  assert {
    condition = [for statement in jsondecode(aws_kms_key.this.policy).Statement : statement if statement.Sid == "EncryptAlarmsForTopics"] == [{
      Sid       = "EncryptAlarmsForTopics"
      Effect    = "Allow"
      Principal = { Service = "cloudwatch.amazonaws.com" }
      Action    = ["kms:Decrypt", "kms:GenerateDataKey*"]
      Resource  = "*"
      Condition = { StringEquals = { "aws:SourceAccount" = "123456789012" } }
    }]
    error_message = "CloudWatch must encrypt and decrypt for this account's alarms only."
  }
}

run "an_event_reaches_an_encrypted_queue_or_topic_of_this_account" {
  command = plan

  module {
    source = "./modules/key"
  }

  assert {
    condition = [for statement in jsondecode(aws_kms_key.this.policy).Statement : statement if try(statement.Principal.Service, "") == "events.amazonaws.com"] == [
      {
        Sid       = "EncryptEventsForQueues"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = "*"
        Condition = { ArnLike = { "kms:EncryptionContext:aws:sqs:arn" = "arn:aws:sqs:eu-west-1:123456789012:*" } }
      },
      {
        Sid       = "EncryptEventsForTopics"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey*"]
        Resource  = "*"
        Condition = { ArnLike = { "kms:EncryptionContext:aws:sns:topicArn" = "arn:aws:sns:eu-west-1:123456789012:*" } }
      },
      {
        Sid       = "EncryptBuses"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = "*"
        Condition = {
          StringEquals = { "aws:SourceAccount" = "123456789012" }
          ArnLike      = { "kms:EncryptionContext:aws:events:event-bus:arn" = "arn:aws:events:eu-west-1:123456789012:event-bus/*" }
        }
      },
      {
        Sid       = "DescribeKeyOfBuses"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = "kms:DescribeKey"
        Resource  = "*"
        Condition = { StringEquals = { "aws:SourceAccount" = "123456789012" } }
      },
    ]
    error_message = "EventBridge sends no source account when it delivers, so the encryption context must name a queue or topic of this account; for its buses it sends both."
  }
}

run "a_notification_of_this_account_reaches_an_encrypted_queue" {
  command = plan

  module {
    source = "./modules/key"
  }

  assert {
    condition = [for statement in jsondecode(aws_kms_key.this.policy).Statement : statement if statement.Sid == "EncryptNotificationsForQueues"] == [{
      Sid       = "EncryptNotificationsForQueues"
      Effect    = "Allow"
      Principal = { Service = "sns.amazonaws.com" }
      Action    = ["kms:Decrypt", "kms:GenerateDataKey*"]
      Resource  = "*"
      Condition = { ArnLike = { "aws:SourceArn" = "arn:aws:sns:eu-west-1:123456789012:*" } }
    }]
    error_message = "SNS must encrypt for this account's topics only."
  }
}

run "log_groups_of_this_account_are_encrypted" {
  command = plan

  module {
    source = "./modules/key"
  }

  assert {
    condition = [for statement in jsondecode(aws_kms_key.this.policy).Statement : statement if statement.Sid == "EncryptLogGroups"] == [{
      Sid       = "EncryptLogGroups"
      Effect    = "Allow"
      Principal = { Service = "logs.eu-west-1.amazonaws.com" }
      Action    = ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"]
      Resource  = "*"
      Condition = { ArnLike = { "kms:EncryptionContext:aws:logs:arn" = "arn:aws:logs:eu-west-1:123456789012:log-group:*" } }
    }]
    error_message = "CloudWatch Logs must encrypt for this account's log groups only."
  }
}

run "a_service_that_is_left_out_may_not_use_the_key" {
  command = plan

  module {
    source = "./modules/key"
  }

  variables {
    services = ["logs"]
  }

  assert {
    condition = [for statement in jsondecode(aws_kms_key.this.policy).Statement : statement.Sid] == [
      "AdministerThroughIdentityPolicies",
      "EncryptLogGroups",
    ]
    error_message = "Only the services that were named may use the key."
  }
}

run "a_reader_in_another_account_decrypts_what_it_reads_from_a_stream_and_nothing_else" {
  command = plan

  module {
    source = "./modules/key"
  }

  variables {
    cross_account_readers = ["arn:aws:iam::210987654321:role/reader"]
  }

  assert {
    condition = [for statement in jsondecode(aws_kms_key.this.policy).Statement : statement if statement.Sid == "DecryptStreamsForOtherAccounts"] == [{
      Sid       = "DecryptStreamsForOtherAccounts"
      Effect    = "Allow"
      Principal = { AWS = ["arn:aws:iam::210987654321:role/reader"] }
      Action    = ["kms:Decrypt", "kms:DescribeKey"]
      Resource  = "*"
      Condition = { StringEquals = { "kms:ViaService" = "kinesis.eu-west-1.amazonaws.com" } }
    }]
    error_message = "Another account may decrypt by way of Kinesis only."
  }
}

run "a_name_that_kms_would_refuse_is_refused_at_plan" {
  command = plan

  module {
    source = "./modules/key"
  }

  variables {
    name = "alias/Sluice"
  }

  expect_failures = [var.name]
}

run "an_unknown_service_is_refused" {
  command = plan

  module {
    source = "./modules/key"
  }

  variables {
    services = ["logs", "lambda"]
  }

  expect_failures = [var.services]
}

run "everyone_is_no_reader" {
  command = plan

  module {
    source = "./modules/key"
  }

  variables {
    cross_account_readers = ["*"]
  }

  expect_failures = [var.cross_account_readers]
}

run "rotation_is_at_least_every_2560_days" {
  command = plan

  module {
    source = "./modules/key"
  }

  variables {
    rotation_days = 2561
  }

  expect_failures = [var.rotation_days]
}

run "rotation_is_at_most_every_90_days" {
  command = plan

  module {
    source = "./modules/key"
  }

  variables {
    rotation_days = 89
  }

  expect_failures = [var.rotation_days]
}

run "a_deletion_window_below_a_week_is_refused" {
  command = plan

  module {
    source = "./modules/key"
  }

  variables {
    deletion_window_days = 6
  }

  expect_failures = [var.deletion_window_days]
}

run "a_deletion_window_above_a_month_is_refused" {
  command = plan

  module {
    source = "./modules/key"
  }

  variables {
    deletion_window_days = 31
  }

  expect_failures = [var.deletion_window_days]
}
