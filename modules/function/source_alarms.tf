# Alarms of one source each. All but the consumer's lag stand on the mapping's own event counts, the only metrics that
# tell a function's sources apart, so a source without event_count_metrics has none of them.
locals {
  counted_streams = { for name, source in local.stream_sources : name => source if source.enabled && source.event_count_metrics }
  counted_queues  = { for name, source in var.queue_sources : name => source if source.enabled && source.event_count_metrics }
}

resource "aws_cloudwatch_metric_alarm" "consumer_lag" {
  for_each = var.fan_out_sources

  alarm_name        = "${var.name}-${each.key}-consumer-lag"
  alarm_description = "Function ${var.name} is ${floor(var.lag_alarm_share * 100)} % of a record's life behind what consumer ${each.value.consumer.name} is sent. Look at its errors and throttles; without any, raise parallelization_factor or add shards."
  tags              = var.tags

  # metric
  namespace   = "AWS/Kinesis"
  metric_name = "SubscribeToShardEvent.MillisBehindLatest"
  dimensions = {
    StreamName   = each.value.consumer.stream.name
    ConsumerName = each.value.consumer.name
  }
  statistic = "Maximum"
  period    = 60

  # threshold
  comparison_operator = "GreaterThanThreshold"
  threshold           = local.lives_seconds[each.key] * 1000 * var.lag_alarm_share
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  treat_missing_data  = "notBreaching"

  # actions
  alarm_actions = [var.operations_topic.arn]
  ok_actions    = [var.operations_topic.arn]
}

resource "aws_cloudwatch_metric_alarm" "discarded" {
  for_each = local.counted_streams

  alarm_name        = "${var.name}-${each.key}-discarded"
  alarm_description = "Function ${var.name} gave up records of ${each.key}; they wait in the on-failure destination for a redrive."
  tags              = var.tags

  # metric
  namespace   = "AWS/Lambda"
  metric_name = "OnFailureDestinationDeliveredEventCount"
  dimensions  = { EventSourceMappingUUID = aws_lambda_event_source_mapping.stream[each.key].uuid }
  statistic   = "Sum"
  period      = 60

  # threshold
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"

  # actions
  alarm_actions = [var.operations_topic.arn]
  ok_actions    = [var.operations_topic.arn]
}

resource "aws_cloudwatch_metric_alarm" "dropped" {
  for_each = local.counted_streams

  alarm_name        = "${var.name}-${each.key}-dropped"
  alarm_description = "Function ${var.name} gave up records of ${each.key} and they reached no destination; fetch them while the stream still has them."
  tags              = var.tags

  # metric
  namespace   = "AWS/Lambda"
  metric_name = "DroppedEventCount"
  dimensions  = { EventSourceMappingUUID = aws_lambda_event_source_mapping.stream[each.key].uuid }
  statistic   = "Sum"
  period      = 60

  # threshold
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"

  # actions
  alarm_actions = [var.operations_topic.arn]
  ok_actions    = [var.operations_topic.arn]
}
