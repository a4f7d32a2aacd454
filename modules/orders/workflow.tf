# Fulfilment: what people do with a shipped order's goods, written down as they get there.
#
#   ReadOrder ─> IsStillWanted ─> Pick ─> NotePicked ─> Pack ─> NoteHandedOver
#                      └─> NothingToDo
#
# The two waits stand for the warehouse; a real one would hold a task token until somebody scans the parcel.

locals {
  fulfilments    = var.settings.workflow == null ? {} : { this = var.settings.workflow }
  fulfilment_arn = "arn:${local.partition}:states:${local.region}:${local.account_id}:stateMachine:${local.fulfilment}"
  fulfilment     = "${var.name}-fulfilment"

  # DynamoDB's throttles and a moment's trouble; anything else would fail again.
  task_retry = [
    {
      ErrorEquals     = ["States.ALL"]
      IntervalSeconds = 2
      BackoffRate     = 2
      MaxAttempts     = 6
      JitterStrategy  = "FULL"
    },
  ]

  fulfilment_definitions = {
    for name, workflow in local.fulfilments : name => {
      Comment        = "Pick, pack and hand over the goods of one order."
      StartAt        = "ReadOrder"
      TimeoutSeconds = workflow.pick_seconds + workflow.pack_seconds + 3600

      States = {
        ReadOrder = {
          Type     = "Task"
          Resource = "arn:${local.partition}:states:::dynamodb:getItem"
          Parameters = {
            TableName      = module.table.table.name
            Key            = { id = { "S.$" = "$.orderId" } }
            ConsistentRead = true

            # A fulfilment's own copy of the order would only grow old.
            ProjectionExpression     = "#status"
            ExpressionAttributeNames = { "#status" = "status" }
          }
          ResultPath = "$.order"
          Retry      = local.task_retry
          Next       = "IsStillWanted"
        }

        IsStillWanted = {
          Type = "Choice"
          Choices = [
            {
              And = [
                { Variable = "$.order.Item.status.S", IsPresent = true },
                { Not = { Variable = "$.order.Item.status.S", StringEquals = "REJECTED" } },
              ]
              Next = "Pick"
            },
          ]
          Default = "NothingToDo"
        }

        Pick = {
          Type    = "Wait"
          Seconds = workflow.pick_seconds
          Next    = "NotePicked"
        }

        NotePicked = {
          Type       = "Task"
          Resource   = "arn:${local.partition}:states:::dynamodb:updateItem"
          Parameters = merge(local.noting, { ExpressionAttributeNames = { "#at" = "pickedAt" } })
          ResultPath = null
          Retry      = local.task_retry
          Next       = "Pack"
        }

        Pack = {
          Type    = "Wait"
          Seconds = workflow.pack_seconds
          Next    = "NoteHandedOver"
        }

        NoteHandedOver = {
          Type       = "Task"
          Resource   = "arn:${local.partition}:states:::dynamodb:updateItem"
          Parameters = merge(local.noting, { ExpressionAttributeNames = { "#at" = "handedOverAt" } })
          ResultPath = null
          Retry      = local.task_retry
          End        = true
        }

        NothingToDo = { Type = "Succeed" }
      }
    }
  }

  # A retry must not move the time that was noted first.
  noting = {
    TableName                 = local.fulfilment
    Key                       = { orderId = { "S.$" = "$.orderId" } }
    UpdateExpression          = "SET #at = if_not_exists(#at, :now)"
    ExpressionAttributeValues = { ":now" = { "S.$" = "$$.State.EnteredTime" } }
  }
}

resource "aws_sfn_state_machine" "fulfilment" {
  # checkov:skip=CKV_AWS_285:Every state's coming and going is logged; what an execution holds of an order is the table's to show.
  for_each = local.fulfilment_definitions

  name       = local.fulfilment
  role_arn   = aws_iam_role.fulfilment[each.key].arn
  definition = jsonencode(each.value)
  tags       = var.tags

  logging_configuration {
    level                  = "ALL"
    include_execution_data = false
    log_destination        = "${aws_cloudwatch_log_group.fulfilment[each.key].arn}:*"
  }

  tracing_configuration {
    enabled = true
  }

  # Step Functions tries the role when the machine is made.
  depends_on = [aws_iam_role_policy.fulfilment]
}

module "fulfilments" {
  source   = "../table"
  for_each = local.fulfilments

  name                = local.fulfilment
  partition_key       = { name = "orderId", type = "S" }
  key                 = var.key
  deletion_protection = var.protected
  operations_topic    = var.operations_topic
  tags                = var.tags
}

resource "aws_cloudwatch_log_group" "fulfilment" {
  # checkov:skip=CKV_AWS_338:How long logs are worth keeping is the caller's to say.
  for_each = local.fulfilments

  name              = "/aws/vendedlogs/${local.fulfilment}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.key == null ? null : var.key.arn
  tags              = var.tags
}
