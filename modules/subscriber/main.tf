# bus ──rule──> queue ──mapping──> function
#        │        └──> dead letters: messages that the function could not process
#        └──> undelivered: events that the rule could not put into the queue

locals {
  # Built from names, so that the queues' policies are known at plan and need not wait for the rule.
  rule_arn = "arn:${data.aws_partition.this.partition}:events:${data.aws_region.this.name}:${data.aws_caller_identity.this.account_id}:rule/${var.bus.name}/${var.name}"

  rule_may_send = { service = "events.amazonaws.com", source_arn = local.rule_arn }

  # An order has its status in every later change as well, down to its removal. Who asks for statuses means the change that
  # brought them, unless it says which changes it means.
  transitions_wanted = length(var.subscription.statuses) > 0 && length(var.subscription.changes) == 0

  wanted_details = {
    for field, values in {
      status  = var.subscription.statuses
      change  = local.transitions_wanted ? ["INSERT", "MODIFY"] : var.subscription.changes
      changed = local.transitions_wanted && length(var.subscription.changed) == 0 ? ["status"] : var.subscription.changed
    } : field => sort(values) if length(values) > 0
  }

  typed_pattern = merge(
    {
      source      = [var.subscription.source]
      detail-type = sort(var.subscription.detail_types)
    },
    length(local.wanted_details) == 0 ? {} : { detail = local.wanted_details },
  )

  pattern = var.subscription.pattern == null ? jsonencode(local.typed_pattern) : var.subscription.pattern

  # AWS advises six tries, so that a throttled function can come back to a message before it shows up again.
  least_visibility_timeout_seconds = 6 * var.timeout_seconds + var.batching_window_seconds
}

resource "aws_cloudwatch_event_rule" "this" {
  name           = var.name
  description    = var.description
  event_bus_name = var.bus.name
  event_pattern  = local.pattern
  tags           = var.tags
}

resource "aws_cloudwatch_event_target" "this" {
  rule           = aws_cloudwatch_event_rule.this.name
  event_bus_name = aws_cloudwatch_event_rule.this.event_bus_name
  target_id      = "queue"
  arn            = module.queue.queue.arn

  # As long and as often as EventBridge tries at all.
  retry_policy {
    maximum_event_age_in_seconds = 86400
    maximum_retry_attempts       = 185
  }

  dead_letter_config {
    arn = module.undelivered.queue.arn
  }
}

module "queue" {
  source = "../queue"

  name                       = var.name
  visibility_timeout_seconds = coalesce(var.visibility_timeout_seconds, local.least_visibility_timeout_seconds)
  retention_seconds          = var.retention_seconds
  dead_letters               = { max_receive_count = var.max_receive_count }
  senders                    = { SendMatchedEvents = local.rule_may_send }
  key                        = var.key
  operations_topic           = var.operations_topic
  tags                       = var.tags
}

# Mostly it is the customer key that keeps an event out of the queue; so this one does without it, or the event would be gone.
module "undelivered" {
  source = "../queue"

  name             = "${var.name}-undelivered"
  dead_letters     = null
  senders          = { SendUndeliveredEvents = local.rule_may_send }
  key              = null
  operations_topic = var.operations_topic
  tags             = var.tags
}

module "function" {
  source = "../function"

  name        = var.name
  description = var.description
  package     = var.package

  # limits
  timeout_seconds      = var.timeout_seconds
  memory_megabytes     = var.memory_megabytes
  reserved_concurrency = var.reserved_concurrency

  environment = var.environment
  permissions = var.permissions
  vpc         = var.vpc

  queue_sources = {
    events = {
      queue                   = module.queue.queue
      batch_size              = var.batch_size
      batching_window_seconds = var.batching_window_seconds
      maximum_concurrency     = var.maximum_concurrency
    }
  }

  key                      = var.key
  log_retention_days       = var.log_retention_days
  permissions_boundary_arn = var.permissions_boundary_arn
  operations_topic         = var.operations_topic
  tags                     = var.tags
}

data "aws_caller_identity" "this" {}

data "aws_partition" "this" {}

data "aws_region" "this" {}
