# Tells people when an order comes to another status, once each time: a topic, and what has been told already.

locals {
  notifications = {
    description = "Tells people of an order's new status, once."
    package     = "order_notifications"
    vpc         = null

    # What was removed has no new status to tell of.
    subscription = { changes = ["INSERT", "MODIFY"] }
    scale        = local.built_in_scale

    environment = {
      TOPIC_ARN     = local.notifications_topic_arn
      NOTICES_TABLE = module.notices.table.name
      ORDERS_TABLE  = module.table.table.name
    }

    permissions = merge(
      {
        PublishNotices  = { actions = ["sns:Publish"], resources = [local.notifications_topic_arn] }
        RememberNotices = { actions = ["dynamodb:UpdateItem"], resources = [module.notices.table.arn] }
      },
      local.reading_of_trimmed,
      local.use_of_key.encrypt,
    )
  }

  # Built from its name, so that what depends on it is known at plan.
  notifications_topic_arn = "arn:${local.partition}:sns:${local.region}:${local.account_id}:${var.name}-notifications"

  # Roles publish by their own policies; this adds that nobody does so in the clear.
  notifications_policy = {
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "RefusePlainHttp"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sns:Publish"
        Resource  = local.notifications_topic_arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  }
}

resource "aws_sns_topic" "notifications" {
  name              = "${var.name}-notifications"
  policy            = jsonencode(local.notifications_policy)
  kms_master_key_id = var.key == null ? "alias/aws/sns" : var.key.arn
  tags              = var.tags
}

resource "aws_sns_topic_subscription" "email" {
  for_each = var.settings.notifications.emails

  topic_arn = aws_sns_topic.notifications.arn
  protocol  = "email"
  endpoint  = each.value
}

resource "aws_sns_topic_subscription" "sms" {
  for_each = var.settings.notifications.phones

  topic_arn = aws_sns_topic.notifications.arn
  protocol  = "sms"
  endpoint  = each.value
}

module "notices" {
  source = "../table"

  name                = "${var.name}-notices"
  partition_key       = { name = "orderId", type = "S" }
  sort_key            = { name = "version", type = "N" }
  ttl_attribute       = "expiresAt"
  key                 = var.key
  deletion_protection = var.protected
  operations_topic    = var.operations_topic
  tags                = var.tags
}

resource "aws_cloudwatch_metric_alarm" "undelivered_notifications" {
  alarm_name        = "${var.name}-notifications-undelivered"
  alarm_description = "Topic ${var.name}-notifications could not deliver to some of its addresses. Look at the topic's subscriptions and their delivery status; SMS may have met the account's spending limit."
  tags              = var.tags

  # metric
  namespace   = "AWS/SNS"
  metric_name = "NumberOfNotificationsFailed"
  dimensions  = { TopicName = aws_sns_topic.notifications.name }
  statistic   = "Sum"
  period      = 300

  # threshold
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"

  # actions
  alarm_actions = [var.operations_topic.arn]
  ok_actions    = [var.operations_topic.arn]
}
