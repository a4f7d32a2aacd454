locals {
  fifo   = var.fifo != null
  suffix = local.fifo ? ".fifo" : ""
  parked = var.dead_letters == null

  # AWS keeps messages for 4 days unless told otherwise; a parking queue waits for people and keeps them as long as it can.
  retention_seconds = coalesce(var.retention_seconds, local.parked ? 1209600 : 345600)

  # Built from names, because the two queues name each other, and a policy in a resource of its own would take half a
  # minute more to create than one that comes with its queue.
  name              = "${var.name}${local.suffix}"
  dead_letters_name = "${var.name}-dead-letters${local.suffix}"
  arn_prefix        = "arn:${data.aws_partition.this.partition}:sqs:${data.aws_region.this.name}:${data.aws_caller_identity.this.account_id}"
  arn               = "${local.arn_prefix}:${local.name}"
  dead_letters_arn  = "${local.arn_prefix}:${local.dead_letters_name}"

  redrive_policy = local.parked ? null : jsonencode({
    deadLetterTargetArn = local.dead_letters_arn
    maxReceiveCount     = var.dead_letters.max_receive_count
  })
}

resource "aws_sqs_queue" "this" {
  name   = local.name
  policy = jsonencode(local.policy)

  # messages
  message_retention_seconds  = local.retention_seconds
  max_message_size           = var.max_message_bytes
  visibility_timeout_seconds = var.visibility_timeout_seconds
  receive_wait_time_seconds  = var.receive_wait_seconds

  # order
  fifo_queue                  = local.fifo
  content_based_deduplication = local.fifo ? var.fifo.content_based_deduplication : null
  deduplication_scope         = local.fifo ? (var.fifo.high_throughput ? "messageGroup" : "queue") : null
  fifo_throughput_limit       = local.fifo ? (var.fifo.high_throughput ? "perMessageGroupId" : "perQueue") : null

  # encryption
  kms_master_key_id       = var.key == null ? null : var.key.arn
  sqs_managed_sse_enabled = var.key == null ? true : null

  # failure
  redrive_policy = local.redrive_policy

  tags = var.tags

  # SQS refuses a redrive policy whose target does not exist yet.
  depends_on = [aws_sqs_queue.dead_letters]
}

resource "aws_sqs_queue" "dead_letters" {
  for_each = local.parked ? {} : { this = var.dead_letters }

  name   = local.dead_letters_name
  policy = jsonencode(local.dead_letters_policy)

  # messages
  message_retention_seconds = each.value.retention_seconds
  max_message_size          = var.max_message_bytes
  receive_wait_time_seconds = var.receive_wait_seconds

  # order
  fifo_queue            = local.fifo
  deduplication_scope   = local.fifo ? (var.fifo.high_throughput ? "messageGroup" : "queue") : null
  fifo_throughput_limit = local.fifo ? (var.fifo.high_throughput ? "perMessageGroupId" : "perQueue") : null

  # encryption
  kms_master_key_id       = var.key == null ? null : var.key.arn
  sqs_managed_sse_enabled = var.key == null ? true : null

  # failure
  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [local.arn]
  })

  tags = var.tags
}

data "aws_caller_identity" "this" {}

data "aws_partition" "this" {}

data "aws_region" "this" {}
