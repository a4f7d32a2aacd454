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
}

run "a_stream_source_loses_nothing_unless_told_otherwise" {
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
    condition     = alltrue([for mapping in aws_lambda_event_source_mapping.stream : mapping.maximum_retry_attempts == -1 && mapping.maximum_record_age_in_seconds == 21600])
    error_message = "Retries must be bounded by age, not by count: an outage of a minute must not throw batches away."
  }

  assert {
    condition     = alltrue([for mapping in aws_lambda_event_source_mapping.stream : mapping.bisect_batch_on_function_error])
    error_message = "A poison record must not hold its shard."
  }

  assert {
    condition     = alltrue([for mapping in aws_lambda_event_source_mapping.stream : mapping.function_response_types == toset(["ReportBatchItemFailures"])])
    error_message = "Only the failed records may be retried."
  }

  assert {
    condition     = alltrue([for mapping in aws_lambda_event_source_mapping.stream : mapping.starting_position == "TRIM_HORIZON"])
    error_message = "A new mapping must start with the oldest record."
  }

  assert {
    condition     = alltrue([for mapping in aws_lambda_event_source_mapping.stream : mapping.destination_config[0].on_failure[0].destination_arn == "arn:aws:s3:::failures"])
    error_message = "What failed for good must go where the caller says."
  }

  assert {
    condition     = alltrue([for mapping in aws_lambda_event_source_mapping.stream : mapping.metrics_config[0].metrics == toset(["EventCount"]) && mapping.enabled])
    error_message = "A mapping must run and be counted by default."
  }

  assert {
    condition     = alltrue([for mapping in aws_lambda_event_source_mapping.stream : mapping.batch_size == 100 && mapping.maximum_batching_window_in_seconds == 0 && mapping.parallelization_factor == 1 && length(mapping.filter_criteria) == 0 && mapping.tumbling_window_in_seconds == null])
    error_message = "Batching must be what Lambda does by itself."
  }
}

run "each_kind_of_source_is_read_by_its_own_address" {
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
    condition     = aws_lambda_event_source_mapping.stream["trips"].event_source_arn == var.trips.stream.arn && aws_lambda_event_source_mapping.stream["fast"].event_source_arn == var.fan_out.consumer.arn && aws_lambda_event_source_mapping.stream["orders"].event_source_arn == var.orders.table.stream.arn
    error_message = "A stream, a consumer and a table's stream must each be the mapping's source."
  }

  assert {
    condition     = alltrue([for mapping in aws_lambda_event_source_mapping.stream : mapping.function_name == aws_lambda_alias.live.arn])
    error_message = "What a mapping invokes must be the alias."
  }
}

run "every_setting_of_a_stream_source_arrives" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = {
      trips = merge(var.trips, {
        starting_position       = "AT_TIMESTAMP"
        starting_timestamp      = "2024-01-31T08:00:00Z"
        batch_size              = 10000
        batching_window_seconds = 300
        parallelization_factor  = 10
        bisect_on_error         = false
        retry_attempts          = 10000
        record_age_seconds      = -1
        report_item_failures    = false
        filter_patterns         = ["{\"data\":{\"vendorId\":[1]}}"]
        enabled                 = false
        event_count_metrics     = false
      })
    }
  }

  assert {
    condition     = aws_lambda_event_source_mapping.stream["trips"].starting_position == "AT_TIMESTAMP" && aws_lambda_event_source_mapping.stream["trips"].starting_position_timestamp == "2024-01-31T08:00:00Z"
    error_message = "The start must arrive as given."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.stream["trips"].batch_size == 10000 && aws_lambda_event_source_mapping.stream["trips"].maximum_batching_window_in_seconds == 300 && aws_lambda_event_source_mapping.stream["trips"].parallelization_factor == 10
    error_message = "The batching must arrive as given."
  }

  assert {
    condition     = !aws_lambda_event_source_mapping.stream["trips"].bisect_batch_on_function_error && aws_lambda_event_source_mapping.stream["trips"].maximum_retry_attempts == 10000 && aws_lambda_event_source_mapping.stream["trips"].maximum_record_age_in_seconds == -1 && length(aws_lambda_event_source_mapping.stream["trips"].function_response_types) == 0
    error_message = "What happens after a failure must arrive as given."
  }

  assert {
    condition     = one(aws_lambda_event_source_mapping.stream["trips"].filter_criteria[0].filter).pattern == "{\"data\":{\"vendorId\":[1]}}"
    error_message = "The filter must arrive as given."
  }

  assert {
    condition     = !aws_lambda_event_source_mapping.stream["trips"].enabled && length(aws_lambda_event_source_mapping.stream["trips"].metrics_config) == 0
    error_message = "The switches must arrive as given."
  }
}

run "failures_may_go_to_a_queue" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { on_failure = { queue = { arn = "arn:aws:sqs:eu-west-1:123456789012:failures", fifo = false, key = null } } }) }
  }

  assert {
    condition     = aws_lambda_event_source_mapping.stream["trips"].destination_config[0].on_failure[0].destination_arn == "arn:aws:sqs:eu-west-1:123456789012:failures"
    error_message = "The queue must be the destination."
  }
}

run "failures_may_go_to_a_topic" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = merge(var.trips, { on_failure = { topic = { arn = "arn:aws:sns:eu-west-1:123456789012:failures", fifo = false, key = null } } }) }
  }

  assert {
    condition     = aws_lambda_event_source_mapping.stream["trips"].destination_config[0].on_failure[0].destination_arn == "arn:aws:sns:eu-west-1:123456789012:failures"
    error_message = "The topic must be the destination."
  }
}

run "reserved_concurrency_holds_every_parallel_batch" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    reserved_concurrency = 16
    kinesis_sources      = { trips = merge(var.trips, { parallelization_factor = 3 }) }
    fan_out_sources      = { fast = var.fan_out }
  }

  assert {
    condition     = aws_lambda_function.this.reserved_concurrent_executions == 16
    error_message = "4 shards x 3 and 4 shards x 1 need 16."
  }
}

run "an_on_demand_stream_has_no_shards_to_count" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    reserved_concurrency = 1
    kinesis_sources      = { trips = merge(var.trips, { stream = merge(var.trips.stream, { mode = "ON_DEMAND", shard_count = null }) }) }
  }

  assert {
    condition     = aws_lambda_function.this.reserved_concurrent_executions == 1
    error_message = "AWS chooses an on-demand stream's shards; nothing can be checked."
  }
}
