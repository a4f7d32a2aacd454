# What a fulfilment may do.

locals {
  fulfilment_permissions = merge(
    {
      ReadOrders      = { actions = ["dynamodb:GetItem"], resources = [module.table.table.arn] }
      NoteFulfilments = { actions = ["dynamodb:UpdateItem"], resources = values(module.fulfilments)[*].table.arn }
      # Neither deliveries of logs nor X-Ray's actions can be held to a resource.
      DeliverLogs = {
        actions = [
          "logs:CreateLogDelivery",
          "logs:DeleteLogDelivery",
          "logs:DescribeLogGroups",
          "logs:DescribeResourcePolicies",
          "logs:GetLogDelivery",
          "logs:ListLogDeliveries",
          "logs:PutResourcePolicy",
          "logs:UpdateLogDelivery",
        ]
        resources = ["*"]
      }
      SendTraces = {
        actions   = ["xray:GetSamplingRules", "xray:GetSamplingTargets", "xray:PutTelemetryRecords", "xray:PutTraceSegments"]
        resources = ["*"]
      }
    },
    local.use_of_key.decrypt,
  )
}

resource "aws_iam_role" "fulfilment" {
  for_each = local.fulfilments

  name                 = local.fulfilment
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Action    = "sts:AssumeRole"
        Principal = { Service = "states.amazonaws.com" }
        Condition = {
          StringEquals = { "aws:SourceAccount" = local.account_id }
          ArnEquals    = { "aws:SourceArn" = local.fulfilment_arn }
        }
      },
    ]
  })
}

resource "aws_iam_role_policy" "fulfilment" {
  for_each = local.fulfilments

  name = local.fulfilment
  role = aws_iam_role.fulfilment[each.key].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      for sid, grant in local.fulfilment_permissions : {
        Sid      = sid
        Effect   = "Allow"
        Action   = grant.actions
        Resource = grant.resources
      }
    ]
  })
}
