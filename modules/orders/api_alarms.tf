resource "aws_cloudwatch_metric_alarm" "api_errors" {
  for_each = local.apis

  alarm_name        = "${var.name}-api-5xx"
  alarm_description = "API ${var.name} answers with 5xx: customers cannot place orders or see them. Look at the log of ${var.name}-api, then at integrationError in the access log."
  tags              = var.tags

  # metric
  namespace   = "AWS/ApiGateway"
  metric_name = "5xx"
  dimensions  = { ApiId = aws_apigatewayv2_api.this[each.key].id }
  statistic   = "Sum"
  period      = 60

  # threshold
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  evaluation_periods  = 5
  datapoints_to_alarm = 2
  treat_missing_data  = "notBreaching"

  # actions
  alarm_actions = [var.operations_topic.arn]
  ok_actions    = [var.operations_topic.arn]
}

resource "aws_cloudwatch_metric_alarm" "api_latency" {
  for_each = local.apis

  alarm_name        = "${var.name}-api-latency"
  alarm_description = "One request in a hundred to API ${var.name} takes longer than ${each.value.slow_milliseconds} ms. Look at the duration and cold starts of ${var.name}-api and at throttles of table ${var.name}."
  tags              = var.tags

  # metric
  namespace          = "AWS/ApiGateway"
  metric_name        = "Latency"
  dimensions         = { ApiId = aws_apigatewayv2_api.this[each.key].id }
  extended_statistic = "p99"
  period             = 60

  # threshold
  comparison_operator                   = "GreaterThanThreshold"
  threshold                             = each.value.slow_milliseconds
  evaluation_periods                    = 5
  datapoints_to_alarm                   = 3
  evaluate_low_sample_count_percentiles = "ignore"
  treat_missing_data                    = "notBreaching"

  # actions
  alarm_actions = [var.operations_topic.arn]
  ok_actions    = [var.operations_topic.arn]
}
