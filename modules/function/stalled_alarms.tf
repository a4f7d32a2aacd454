# A stalled mapping: something arrives at the source, and nothing of it is handed to the function.
locals {
  # What came in, where nothing was handed on; nothing where something was. A period without arrivals has no value, so
  # a stalled mapping does not look healed when its producers stop: the alarm keeps its state (treat_missing_data).
  stalled = "IF(FILL(invoked, 0) + FILL(filtered, 0) > 0, 0, arrived)"
}

resource "aws_cloudwatch_metric_alarm" "stalled_stream" {
  for_each = { for name, source in local.kinesis_readers : name => source if contains(keys(local.counted_streams), name) }

  alarm_name        = "${var.name}-${each.key}-stalled"
  alarm_description = "Records come into stream ${each.value.stream.name}, and for fifteen minutes ${var.name} was handed none of them. Look at the mapping's state and last processing result, and at the role's permissions."
  tags              = var.tags

  metric_query {
    id          = "stalled"
    expression  = local.stalled
    label       = "Arrived, none handed on"
    return_data = true
  }

  metric_query {
    id = "arrived"

    metric {
      namespace   = "AWS/Kinesis"
      metric_name = "IncomingRecords"
      dimensions  = { StreamName = each.value.stream.name }
      stat        = "Sum"
      period      = 300
    }
  }

  metric_query {
    id = "invoked"

    metric {
      namespace   = "AWS/Lambda"
      metric_name = "InvokedEventCount"
      dimensions  = { EventSourceMappingUUID = aws_lambda_event_source_mapping.stream[each.key].uuid }
      stat        = "Sum"
      period      = 300
    }
  }

  metric_query {
    id = "filtered"

    metric {
      namespace   = "AWS/Lambda"
      metric_name = "FilteredOutEventCount"
      dimensions  = { EventSourceMappingUUID = aws_lambda_event_source_mapping.stream[each.key].uuid }
      stat        = "Sum"
      period      = 300
    }
  }

  # threshold
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  evaluation_periods  = 3
  treat_missing_data  = "ignore"

  # actions
  alarm_actions = [var.operations_topic.arn]
  ok_actions    = [var.operations_topic.arn]
}

resource "aws_cloudwatch_metric_alarm" "stalled_table" {
  for_each = { for name, source in var.table_sources : name => source if contains(keys(local.counted_streams), name) }

  alarm_name        = "${var.name}-${each.key}-stalled"
  alarm_description = "Table ${each.value.table.name} is written to, and for fifteen minutes ${var.name} was handed no change of it. Look at the mapping's state and last processing result, and at the role's permissions."
  tags              = var.tags

  metric_query {
    id          = "stalled"
    expression  = local.stalled
    label       = "Arrived, none handed on"
    return_data = true
  }

  # No metric counts what enters a table's stream. Writes come nearest; writes that change nothing, or whose condition
  # fails, consume capacity too, so fifteen minutes of nothing else would ring as well.
  metric_query {
    id = "arrived"

    metric {
      namespace   = "AWS/DynamoDB"
      metric_name = "ConsumedWriteCapacityUnits"
      dimensions  = { TableName = each.value.table.name }
      stat        = "Sum"
      period      = 300
    }
  }

  metric_query {
    id = "invoked"

    metric {
      namespace   = "AWS/Lambda"
      metric_name = "InvokedEventCount"
      dimensions  = { EventSourceMappingUUID = aws_lambda_event_source_mapping.stream[each.key].uuid }
      stat        = "Sum"
      period      = 300
    }
  }

  metric_query {
    id = "filtered"

    metric {
      namespace   = "AWS/Lambda"
      metric_name = "FilteredOutEventCount"
      dimensions  = { EventSourceMappingUUID = aws_lambda_event_source_mapping.stream[each.key].uuid }
      stat        = "Sum"
      period      = 300
    }
  }

  # threshold
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  evaluation_periods  = 3
  treat_missing_data  = "ignore"

  # actions
  alarm_actions = [var.operations_topic.arn]
  ok_actions    = [var.operations_topic.arn]
}

resource "aws_cloudwatch_metric_alarm" "stalled_queue" {
  for_each = local.counted_queues

  alarm_name        = "${var.name}-${each.key}-stalled"
  alarm_description = "Messages wait in queue ${each.value.queue.name}, and for fifteen minutes ${var.name} was handed none of them. Look at the mapping's state and last processing result, and at the role's permissions."
  tags              = var.tags

  metric_query {
    id          = "stalled"
    expression  = local.stalled
    label       = "Arrived, none handed on"
    return_data = true
  }

  metric_query {
    id = "arrived"

    metric {
      namespace   = "AWS/SQS"
      metric_name = "ApproximateNumberOfMessagesVisible"
      dimensions  = { QueueName = each.value.queue.name }
      stat        = "Minimum"
      period      = 300
    }
  }

  metric_query {
    id = "invoked"

    metric {
      namespace   = "AWS/Lambda"
      metric_name = "InvokedEventCount"
      dimensions  = { EventSourceMappingUUID = aws_lambda_event_source_mapping.queue[each.key].uuid }
      stat        = "Sum"
      period      = 300
    }
  }

  metric_query {
    id = "filtered"

    metric {
      namespace   = "AWS/Lambda"
      metric_name = "FilteredOutEventCount"
      dimensions  = { EventSourceMappingUUID = aws_lambda_event_source_mapping.queue[each.key].uuid }
      stat        = "Sum"
      period      = 300
    }
  }

  # threshold
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  evaluation_periods  = 3
  treat_missing_data  = "ignore"

  # actions
  alarm_actions = [var.operations_topic.arn]
  ok_actions    = [var.operations_topic.arn]
}
