# What the wiring grants, by statement name. Lists take their length from the sources, so whether a statement is there
# is known at the first plan, when no ARN is.
locals {
  on_failures = [for source in local.stream_sources : source.on_failure]

  failure_queues  = [for given in local.on_failures : given.queue if given.queue != null]
  failure_topics  = [for given in local.on_failures : given.topic if given.topic != null]
  failure_buckets = [for given in local.on_failures : given.bucket if given.bucket != null]

  source_keys = concat(
    [for source in local.kinesis_readers : source.stream.key.arn if source.stream.key != null],
    [for source in var.table_sources : source.table.key.arn if source.table.key != null],
    [for source in var.queue_sources : source.queue.key.arn if source.queue.key != null],
  )

  wired_permissions = {
    WriteLogs = {
      actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      resources = ["${aws_cloudwatch_log_group.this.arn}:*"]
    }
    ReadStream = {
      actions   = ["kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards"]
      resources = [for source in local.kinesis_readers : source.stream.arn]
    }
    SubscribeToShard = {
      actions   = ["kinesis:DescribeStreamConsumer", "kinesis:SubscribeToShard"]
      resources = [for source in var.fan_out_sources : source.consumer.arn]
    }
    ReadTableStream = {
      actions   = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]
      resources = [for source in var.table_sources : source.table.stream.arn]
    }
    # A listing names a table, not a stream, so it cannot be held to one stream.
    ListTableStreams = {
      actions   = ["dynamodb:ListStreams"]
      resources = [for source in var.table_sources : "${source.table.arn}/stream/*"]
    }
    ReceiveFromQueue = {
      actions   = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
      resources = [for source in var.queue_sources : source.queue.arn]
    }
    DecryptSources = {
      actions   = ["kms:Decrypt"]
      resources = local.source_keys
    }
    SendFailures = {
      actions   = ["sqs:SendMessage"]
      resources = local.failure_queues[*].arn
    }
    PublishFailures = {
      actions   = ["sns:Publish"]
      resources = local.failure_topics[*].arn
    }
    # Lambda names its objects aws/lambda/<mapping>/<shard>/...; it may write nowhere else.
    PutFailures = {
      actions   = ["s3:PutObject"]
      resources = [for bucket in local.failure_buckets : "${bucket.arn}/aws/lambda/*"]
    }
    FindFailureBucket = {
      actions   = ["s3:ListBucket"]
      resources = local.failure_buckets[*].arn
    }
    EncryptFailures = {
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [for place in concat(local.failure_queues, local.failure_topics) : place.key.arn if place.key != null]
    }
    EncryptFailureObjects = {
      actions   = ["kms:GenerateDataKey"]
      resources = [for bucket in local.failure_buckets : bucket.key.arn if bucket.key != null]
    }
    # Lambda's own grant on the key dies with the role it was made for; this outlives a role that was made anew.
    DecryptEnvironment = {
      actions   = ["kms:Decrypt"]
      resources = [for key in var.key[*] : key.arn if length(var.environment) > 0]
    }
    # Neither X-Ray's actions nor those on network interfaces can be held to a resource.
    SendTraces = {
      actions   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
      resources = [for on in [var.tracing] : "*" if on]
    }
    AttachToVpc = {
      actions = [
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:UnassignPrivateIpAddresses",
      ]
      resources = [for vpc in var.vpc[*] : "*"]
    }
  }

  granted_permissions = merge(
    { for name, grant in local.wired_permissions : name => merge(grant, { conditions = [] }) if length(grant.resources) > 0 },
    var.permissions,
  )
}

resource "aws_iam_role" "this" {
  name                 = var.name
  assume_role_policy   = data.aws_iam_policy_document.assume.json
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags
}

resource "aws_iam_role_policy" "this" {
  name   = var.name
  role   = aws_iam_role.this.id
  policy = data.aws_iam_policy_document.this.json
}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "this" {
  dynamic "statement" {
    for_each = local.granted_permissions

    content {
      sid       = statement.key
      actions   = statement.value.actions
      resources = statement.value.resources

      dynamic "condition" {
        for_each = statement.value.conditions

        content {
          test     = condition.value.test
          variable = condition.value.variable
          values   = condition.value.values
        }
      }
    }
  }
}
