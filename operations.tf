# Where every alarm goes.

resource "aws_sns_topic" "operations" {
  name              = "${local.name}-operations"
  kms_master_key_id = module.key.key.id
}

resource "aws_sns_topic_subscription" "operations" {
  for_each = var.operations_emails

  topic_arn = aws_sns_topic.operations.arn
  protocol  = "email"
  endpoint  = each.value
}

resource "aws_sns_topic_policy" "operations" {
  arn    = aws_sns_topic.operations.arn
  policy = data.aws_iam_policy_document.operations.json
}

data "aws_caller_identity" "this" {}

data "aws_iam_policy_document" "operations" {
  statement {
    sid       = "NotifyFromAlarms"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.operations.arn]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.this.account_id]
    }
  }
}

locals {
  operations_topic = { arn = aws_sns_topic.operations.arn }
}
