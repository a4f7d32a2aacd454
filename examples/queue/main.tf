# A queue that EventBridge fills, with its dead letters, and a queue where people look after what no program could use.

module "notifications" {
  source = "../../modules/queue"

  name             = "sluice-example-notifications"
  operations_topic = { arn = aws_sns_topic.operations.arn }

  senders = {
    SendOrderChanges = {
      service    = "events.amazonaws.com"
      source_arn = aws_cloudwatch_event_rule.order_changes.arn
    }
  }
}

module "quarantine" {
  source = "../../modules/queue"

  name             = "sluice-example-quarantine"
  dead_letters     = null
  operations_topic = { arn = aws_sns_topic.operations.arn }
}

resource "aws_cloudwatch_event_rule" "order_changes" {
  name          = "sluice-example-order-changes"
  event_pattern = jsonencode({ source = ["sluice.orders"] })
}

resource "aws_cloudwatch_event_target" "notifications" {
  rule = aws_cloudwatch_event_rule.order_changes.name
  arn  = module.notifications.queue.arn
}

resource "aws_sns_topic" "operations" {
  name = "sluice-example-queue-operations"
}

output "queue" {
  value = module.notifications.queue
}

output "quarantine" {
  value = module.quarantine.queue
}
