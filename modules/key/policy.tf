# Who may use the key under its own name. Functions, pollers and delivery streams are not here: they use the key as the
# role they run with, the first statement lets that role's own policy decide, and the modules derive that policy from
# the wiring. A statement for "everyone in the account by way of S3, SQS ..." would make those grants meaningless.
#
# A service's request carries different proof of whom it acts for, so each has the condition that it can meet:
#   cloudwatch  aws:SourceAccount
#   sns         aws:SourceArn, the topic
#   events      what the data is encrypted for: the queue or topic it delivers to, the bus it keeps events on
#   logs        the log group that the data is encrypted for

locals {
  account_id = data.aws_caller_identity.this.account_id
  partition  = data.aws_partition.this.partition
  suffix     = data.aws_partition.this.dns_suffix
  region     = data.aws_region.this.name

  service_statements = {
    cloudwatch = [
      {
        Sid       = "EncryptAlarmsForTopics"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey*"]
        Resource  = "*"
        Condition = { StringEquals = { "aws:SourceAccount" = local.account_id } }
      },
    ]

    events = [
      {
        Sid       = "EncryptEventsForQueues"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = "*"
        Condition = {
          ArnLike = { "kms:EncryptionContext:aws:sqs:arn" = "arn:${local.partition}:sqs:${local.region}:${local.account_id}:*" }
        }
      },
      {
        Sid       = "EncryptEventsForTopics"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey*"]
        Resource  = "*"
        Condition = {
          ArnLike = { "kms:EncryptionContext:aws:sns:topicArn" = "arn:${local.partition}:sns:${local.region}:${local.account_id}:*" }
        }
      },
      {
        Sid       = "EncryptBuses"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = "*"
        Condition = {
          StringEquals = { "aws:SourceAccount" = local.account_id }
          ArnLike      = { "kms:EncryptionContext:aws:events:event-bus:arn" = "arn:${local.partition}:events:${local.region}:${local.account_id}:event-bus/*" }
        }
      },
      # A description encrypts nothing, so it has no encryption context.
      {
        Sid       = "DescribeKeyOfBuses"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = "kms:DescribeKey"
        Resource  = "*"
        Condition = { StringEquals = { "aws:SourceAccount" = local.account_id } }
      },
    ]

    logs = [
      {
        Sid       = "EncryptLogGroups"
        Effect    = "Allow"
        Principal = { Service = "logs.${local.region}.${local.suffix}" }
        Action    = ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"]
        Resource  = "*"
        Condition = {
          ArnLike = { "kms:EncryptionContext:aws:logs:arn" = "arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group:*" }
        }
      },
    ]

    sns = [
      {
        Sid       = "EncryptNotificationsForQueues"
        Effect    = "Allow"
        Principal = { Service = "sns.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey*"]
        Resource  = "*"
        Condition = { ArnLike = { "aws:SourceArn" = "arn:${local.partition}:sns:${local.region}:${local.account_id}:*" } }
      },
    ]
  }

  reader_statements = [
    for readers in [sort(var.cross_account_readers)] : {
      Sid       = "DecryptStreamsForOtherAccounts"
      Effect    = "Allow"
      Principal = { AWS = readers }
      Action    = ["kms:Decrypt", "kms:DescribeKey"]
      Resource  = "*"
      Condition = { StringEquals = { "kms:ViaService" = "kinesis.${local.region}.${local.suffix}" } }
    } if length(readers) > 0
  ]

  policy = {
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid       = "AdministerThroughIdentityPolicies"
          Effect    = "Allow"
          Principal = { AWS = "arn:${local.partition}:iam::${local.account_id}:root" }
          Action    = "kms:*"
          Resource  = "*"
        },
      ],
      flatten([for service, statements in local.service_statements : statements if contains(var.services, service)]),
      local.reader_statements,
    )
  }
}

data "aws_caller_identity" "this" {}

data "aws_partition" "this" {}

data "aws_region" "this" {}
