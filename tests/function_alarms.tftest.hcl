# Made-up values are known at plan, so that what depends on them can be looked at there.
mock_provider "aws" {
  source          = "./tests/mocks/function"
  override_during = plan
}

variables {
  name             = "sluice-test-trip-writer"
  operations_topic = { arn = "arn:aws:sns:eu-west-1:123456789012:operations" }

  package = {
    path         = "tests/fixtures/kinesis_events.json"
    sha256       = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    handler      = "trip_writer.handler.handle"
    runtime      = "python3.13"
    architecture = "arm64"
  }

  trips = {
    stream = {
      name            = "trips"
      arn             = "arn:aws:kinesis:eu-west-1:123456789012:stream/trips"
      mode            = "PROVISIONED"
      shard_count     = 4
      retention_hours = 24
      key             = null
    }
    on_failure = { bucket = { arn = "arn:aws:s3:::failures", key = null } }
  }

  orders = {
    table = {
      name   = "orders"
      arn    = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders"
      key    = null
      stream = { arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000" }
    }
    on_failure = { bucket = { arn = "arn:aws:s3:::failures", key = null } }
  }

  fan_out = {
    consumer = {
      name   = "trip-writer"
      arn    = "arn:aws:kinesis:eu-west-1:123456789012:stream/trips/consumer/trip-writer:1700000000"
      stream = { name = "trips", arn = "arn:aws:kinesis:eu-west-1:123456789012:stream/trips", mode = "PROVISIONED", shard_count = 4, retention_hours = 24, key = null }
    }
    on_failure = { bucket = { arn = "arn:aws:s3:::failures", key = null } }
  }

  mail = {
    queue = {
      name                       = "mail"
      arn                        = "arn:aws:sqs:eu-west-1:123456789012:mail"
      fifo                       = false
      visibility_timeout_seconds = 180
      key                        = null
    }
  }
}

run "a_function_without_sources_has_three_alarms" {
  command = plan

  module {
    source = "./modules/function"
  }

  assert {
    condition     = output.alarm_names == ["sluice-test-trip-writer-errors", "sluice-test-trip-writer-throttles", "sluice-test-trip-writer-duration"]
    error_message = "Errors, throttles and duration must be watched on every function."
  }

  assert {
    condition     = alltrue([for alarm in [aws_cloudwatch_metric_alarm.errors, aws_cloudwatch_metric_alarm.throttles, aws_cloudwatch_metric_alarm.duration] : alarm.namespace == "AWS/Lambda" && alarm.dimensions == tomap({ FunctionName = "sluice-test-trip-writer" })])
    error_message = "All versions and aliases of the function must be counted."
  }

  assert {
    condition     = alltrue([for alarm in [aws_cloudwatch_metric_alarm.errors, aws_cloudwatch_metric_alarm.throttles, aws_cloudwatch_metric_alarm.duration] : alarm.alarm_actions == toset([var.operations_topic.arn]) && alarm.ok_actions == toset([var.operations_topic.arn]) && alarm.treat_missing_data == "notBreaching"])
    error_message = "Every alarm must be told, and silence is no failure."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.errors.metric_name == "Errors" && aws_cloudwatch_metric_alarm.errors.threshold == 1 && aws_cloudwatch_metric_alarm.errors.comparison_operator == "GreaterThanOrEqualToThreshold"
    error_message = "One error must ring."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.throttles.metric_name == "Throttles" && aws_cloudwatch_metric_alarm.throttles.threshold == 0 && aws_cloudwatch_metric_alarm.throttles.datapoints_to_alarm == 2 && aws_cloudwatch_metric_alarm.throttles.evaluation_periods == 3
    error_message = "Throttles must ring when they stay."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.duration.metric_name == "Duration" && aws_cloudwatch_metric_alarm.duration.threshold == 24000 && aws_cloudwatch_metric_alarm.duration.statistic == "Maximum"
    error_message = "Four fifths of the default 30 s must ring."
  }
}

run "the_errors_and_duration_alarms_follow_their_settings" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    timeout_seconds      = 60
    duration_alarm_share = 0.5
    error_alarm_count    = 10
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.duration.threshold == 30000 && aws_cloudwatch_metric_alarm.errors.threshold == 10
    error_message = "Half of 60 s, and ten errors."
  }
}

run "iterator_age_rings_at_a_share_of_the_streams_retention" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { retry_attempts = 3, record_age_seconds = -1, stream = merge(var.trips.stream, { retention_hours = 168 }) }) }
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.iterator_age["this"].metric_name == "IteratorAge" && aws_cloudwatch_metric_alarm.iterator_age["this"].dimensions == tomap({ FunctionName = "sluice-test-trip-writer" })
    error_message = "Lambda tells the age by function, not by source."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.iterator_age["this"].threshold == 168 * 3600 * 1000 / 4
    error_message = "A quarter of seven days, in milliseconds."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.iterator_age["this"].alarm_actions == toset([var.operations_topic.arn]) && aws_cloudwatch_metric_alarm.iterator_age["this"].ok_actions == toset([var.operations_topic.arn]) && aws_cloudwatch_metric_alarm.iterator_age["this"].treat_missing_data == "notBreaching"
    error_message = "The alarm must be told, and silence is no lag."
  }
}

run "iterator_age_rings_before_a_shorter_record_age_discards" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = var.trips }
    lag_alarm_share = 0.5
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.iterator_age["this"].threshold == 3 * 3600 * 1000
    error_message = "Records are discarded after six hours, whatever the stream keeps."
  }
}

run "iterator_age_follows_the_source_whose_records_die_first" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { retry_attempts = 3, record_age_seconds = -1, stream = merge(var.trips.stream, { retention_hours = 168 }) }) }
    table_sources   = { orders = merge(var.orders, { retry_attempts = 3, record_age_seconds = -1 }) }
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.iterator_age["this"].threshold == 6 * 3600 * 1000
    error_message = "A table's stream keeps 24 hours, a quarter of it is six."
  }
}

run "a_destination_that_cannot_be_reached_rings" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = var.trips }
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.undelivered_failures["this"].metric_name == "DestinationDeliveryFailures" && aws_cloudwatch_metric_alarm.undelivered_failures["this"].threshold == 0 && aws_cloudwatch_metric_alarm.undelivered_failures["this"].dimensions == tomap({ FunctionName = "sluice-test-trip-writer" })
    error_message = "One undelivered failure must ring."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.undelivered_failures["this"].alarm_actions == toset([var.operations_topic.arn]) && aws_cloudwatch_metric_alarm.undelivered_failures["this"].ok_actions == toset([var.operations_topic.arn]) && aws_cloudwatch_metric_alarm.undelivered_failures["this"].treat_missing_data == "notBreaching"
    error_message = "The alarm must be told."
  }
}

run "a_consumer_that_lags_rings_at_a_share_of_its_records_life" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    fan_out_sources = { fast = var.fan_out }
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.consumer_lag["fast"].namespace == "AWS/Kinesis" && aws_cloudwatch_metric_alarm.consumer_lag["fast"].metric_name == "SubscribeToShardEvent.MillisBehindLatest"
    error_message = "A consumer's lag is what Kinesis tells of its subscription."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.consumer_lag["fast"].dimensions == tomap({ StreamName = "trips", ConsumerName = "trip-writer" })
    error_message = "The lag must be this consumer's."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.consumer_lag["fast"].threshold == 6 * 3600 * 1000 / 4
    error_message = "A quarter of six hours, in milliseconds."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.consumer_lag["fast"].alarm_actions == toset([var.operations_topic.arn]) && aws_cloudwatch_metric_alarm.consumer_lag["fast"].ok_actions == toset([var.operations_topic.arn]) && aws_cloudwatch_metric_alarm.consumer_lag["fast"].treat_missing_data == "notBreaching"
    error_message = "The alarm must be told."
  }
}

run "discarded_and_dropped_records_ring_by_mapping" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = var.trips }
    fan_out_sources = { fast = var.fan_out }
    table_sources   = { orders = var.orders }
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.discarded["trips"].metric_name == "OnFailureDestinationDeliveredEventCount" && aws_cloudwatch_metric_alarm.dropped["trips"].metric_name == "DroppedEventCount"
    error_message = "What was kept and what was lost must ring apart."
  }

  assert {
    condition     = keys(aws_cloudwatch_metric_alarm.discarded) == ["fast", "orders", "trips"] && keys(aws_cloudwatch_metric_alarm.dropped) == ["fast", "orders", "trips"]
    error_message = "Every stream source must have both."
  }

  assert {
    condition     = keys(aws_cloudwatch_metric_alarm.discarded["trips"].dimensions) == tolist(["EventSourceMappingUUID"]) && aws_cloudwatch_metric_alarm.discarded["trips"].dimensions["EventSourceMappingUUID"] == aws_lambda_event_source_mapping.stream["trips"].uuid
    error_message = "The count must be this mapping's."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.discarded : alarm.alarm_actions == toset([var.operations_topic.arn]) && alarm.ok_actions == toset([var.operations_topic.arn]) && alarm.treat_missing_data == "notBreaching"])
    error_message = "The alarm must be told."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.dropped : alarm.alarm_actions == toset([var.operations_topic.arn]) && alarm.ok_actions == toset([var.operations_topic.arn]) && alarm.treat_missing_data == "notBreaching"])
    error_message = "The alarm must be told."
  }

  assert {
    condition     = alltrue([for alarm in concat(values(aws_cloudwatch_metric_alarm.discarded), values(aws_cloudwatch_metric_alarm.dropped)) : alarm.threshold == 0 && alarm.comparison_operator == "GreaterThanThreshold"])
    error_message = "One record must ring."
  }
}

run "a_stalled_mapping_rings_when_something_arrives_and_nothing_is_handed_on" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = var.trips }
    fan_out_sources = { fast = var.fan_out }
    table_sources   = { orders = var.orders }
    queue_sources   = { mail = var.mail }
  }

  assert {
    condition     = keys(aws_cloudwatch_metric_alarm.stalled_stream) == ["fast", "trips"] && keys(aws_cloudwatch_metric_alarm.stalled_table) == ["orders"] && keys(aws_cloudwatch_metric_alarm.stalled_queue) == ["mail"]
    error_message = "Every source must be watched."
  }

  assert {
    condition     = [for query in aws_cloudwatch_metric_alarm.stalled_stream["trips"].metric_query : query.metric[0].metric_name if query.id == "arrived"] == ["IncomingRecords"]
    error_message = "Records arrive at a stream."
  }

  assert {
    condition     = [for query in aws_cloudwatch_metric_alarm.stalled_table["orders"].metric_query : query.metric[0].metric_name if query.id == "arrived"] == ["ConsumedWriteCapacityUnits"]
    error_message = "Writes arrive at a table."
  }

  assert {
    condition     = [for query in aws_cloudwatch_metric_alarm.stalled_queue["mail"].metric_query : query.metric[0].metric_name if query.id == "arrived"] == ["ApproximateNumberOfMessagesVisible"]
    error_message = "Messages wait in a queue."
  }

  assert {
    condition     = alltrue([for alarm in concat(values(aws_cloudwatch_metric_alarm.stalled_stream), values(aws_cloudwatch_metric_alarm.stalled_table), values(aws_cloudwatch_metric_alarm.stalled_queue)) : [for query in alarm.metric_query : query.expression if query.id == "stalled"] == ["IF(FILL(invoked, 0) + FILL(filtered, 0) > 0, 0, arrived)"]])
    error_message = "A missing count of what was handed on is none handed on."
  }

  assert {
    condition     = alltrue([for alarm in concat(values(aws_cloudwatch_metric_alarm.stalled_stream), values(aws_cloudwatch_metric_alarm.stalled_table), values(aws_cloudwatch_metric_alarm.stalled_queue)) : alarm.treat_missing_data == "ignore" && alarm.threshold == 0 && alarm.evaluation_periods == 3])
    error_message = "A stalled mapping must not look healed when its producers stop."
  }

  assert {
    condition     = alltrue([for alarm in concat(values(aws_cloudwatch_metric_alarm.stalled_stream), values(aws_cloudwatch_metric_alarm.stalled_table), values(aws_cloudwatch_metric_alarm.stalled_queue)) : alarm.alarm_actions == toset([var.operations_topic.arn]) && alarm.ok_actions == toset([var.operations_topic.arn])])
    error_message = "The alarm must be told."
  }
}

run "a_source_that_is_off_or_uncounted_is_not_taken_for_stalled" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { enabled = false }) }
    queue_sources   = { mail = merge(var.mail, { event_count_metrics = false }) }
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.stalled_stream) + length(aws_cloudwatch_metric_alarm.stalled_queue) + length(aws_cloudwatch_metric_alarm.discarded) == 0
    error_message = "Nothing is counted there, so nothing can be told."
  }
}

run "every_alarm_is_among_the_outputs" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = var.trips }
    fan_out_sources = { fast = var.fan_out }
    table_sources   = { orders = var.orders }
    queue_sources   = { mail = var.mail }
  }

  assert {
    condition     = length(output.alarm_names) == 16 && length(distinct(output.alarm_names)) == 16
    error_message = "3 of the function, 2 of its streams, 1 of the consumer, 6 of failures, 4 of stalled mappings."
  }

  assert {
    condition     = alltrue([for name in output.alarm_names : startswith(name, "sluice-test-trip-writer-")])
    error_message = "An alarm must be named after its function."
  }

  assert {
    condition     = keys(output.mappings) == ["fast", "mail", "orders", "trips"]
    error_message = "Every source must have its mapping."
  }
}
