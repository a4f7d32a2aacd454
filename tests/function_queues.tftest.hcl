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

  mail = {
    queue = {
      name                       = "mail"
      arn                        = "arn:aws:sqs:eu-west-1:123456789012:mail"
      fifo                       = false
      visibility_timeout_seconds = 180
      key                        = null
    }
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
}

run "a_queue_source_deletes_only_what_succeeded" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    queue_sources = { mail = var.mail }
  }

  assert {
    condition     = aws_lambda_event_source_mapping.queue["mail"].function_response_types == toset(["ReportBatchItemFailures"])
    error_message = "Only the failed messages may come back."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.queue["mail"].batch_size == 10 && aws_lambda_event_source_mapping.queue["mail"].maximum_batching_window_in_seconds == 0
    error_message = "Batching must be what Lambda does by itself."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.queue["mail"].metrics_config[0].metrics == toset(["EventCount"]) && aws_lambda_event_source_mapping.queue["mail"].enabled
    error_message = "A mapping must run and be counted by default."
  }

  assert {
    condition     = length(aws_lambda_event_source_mapping.queue["mail"].scaling_config) == 0 && length(aws_lambda_event_source_mapping.queue["mail"].provisioned_poller_config) == 0 && length(aws_lambda_event_source_mapping.queue["mail"].filter_criteria) == 0
    error_message = "Nothing must be limited that was not asked for."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.queue["mail"].event_source_arn == var.mail.queue.arn && aws_lambda_event_source_mapping.queue["mail"].function_name == aws_lambda_alias.live.arn
    error_message = "The queue must be the mapping's source, and the alias what it invokes."
  }
}

run "every_setting_of_a_queue_source_arrives" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    queue_sources = {
      mail = merge(var.mail, {
        queue                   = merge(var.mail.queue, { visibility_timeout_seconds = 480 })
        batch_size              = 10000
        batching_window_seconds = 300
        maximum_concurrency     = 2
        report_item_failures    = false
        filter_patterns         = ["{\"body\":{\"kind\":[\"mail\"]}}"]
        enabled                 = false
        event_count_metrics     = false
      })
    }
  }

  assert {
    condition     = aws_lambda_event_source_mapping.queue["mail"].batch_size == 10000 && aws_lambda_event_source_mapping.queue["mail"].maximum_batching_window_in_seconds == 300
    error_message = "The batching must arrive as given."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.queue["mail"].scaling_config[0].maximum_concurrency == 2 && length(aws_lambda_event_source_mapping.queue["mail"].function_response_types) == 0
    error_message = "Scale and response must arrive as given."
  }

  assert {
    condition     = one(aws_lambda_event_source_mapping.queue["mail"].filter_criteria[0].filter).pattern == "{\"body\":{\"kind\":[\"mail\"]}}" && !aws_lambda_event_source_mapping.queue["mail"].enabled && length(aws_lambda_event_source_mapping.queue["mail"].metrics_config) == 0
    error_message = "Filter and switches must arrive as given."
  }
}

run "provisioned_pollers_have_lambdas_own_bounds_by_default" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    queue_sources = { mail = merge(var.mail, { provisioned_pollers = {} }) }
  }

  assert {
    condition     = aws_lambda_event_source_mapping.queue["mail"].provisioned_poller_config[0].minimum_pollers == 2 && aws_lambda_event_source_mapping.queue["mail"].provisioned_poller_config[0].maximum_pollers == 200
    error_message = "Lambda's defaults are 2 and 200."
  }
}

run "a_fifo_queue_takes_ten_at_once" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    queue_sources = { mail = merge(var.mail, { queue = merge(var.mail.queue, { fifo = true }) }) }
  }

  assert {
    condition     = aws_lambda_event_source_mapping.queue["mail"].batch_size == 10
    error_message = "Ten is what a FIFO queue gives at once."
  }
}

run "an_empty_batch_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    queue_sources = { mail = merge(var.mail, { batch_size = 0 }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.queue]
}

run "a_batch_above_ten_thousand_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    queue_sources = { mail = merge(var.mail, { queue = merge(var.mail.queue, { visibility_timeout_seconds = 43200 }), batch_size = 10001, batching_window_seconds = 1 }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.queue]
}

run "a_fifo_batch_above_ten_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    queue_sources = { mail = merge(var.mail, { queue = merge(var.mail.queue, { fifo = true, visibility_timeout_seconds = 43200 }), batch_size = 11 }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.queue]
}

run "a_batch_above_ten_needs_a_batching_window" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    queue_sources = { mail = merge(var.mail, { batch_size = 11 }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.queue]
}

run "a_batching_window_below_nothing_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    queue_sources = { mail = merge(var.mail, { batching_window_seconds = -1 }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.queue]
}

run "a_batching_window_above_five_minutes_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    queue_sources = { mail = merge(var.mail, { queue = merge(var.mail.queue, { visibility_timeout_seconds = 43200 }), batching_window_seconds = 301 }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.queue]
}

run "a_batching_window_on_a_fifo_queue_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    queue_sources = { mail = merge(var.mail, { queue = merge(var.mail.queue, { fifo = true, visibility_timeout_seconds = 43200 }), batching_window_seconds = 1 }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.queue]
}

run "a_visibility_timeout_below_six_timeouts_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    queue_sources = { mail = merge(var.mail, { queue = merge(var.mail.queue, { visibility_timeout_seconds = 179 }) }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.queue]
}

run "a_visibility_timeout_that_forgets_the_batching_window_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    queue_sources = { mail = merge(var.mail, { batching_window_seconds = 1 }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.queue]
}

run "a_maximum_concurrency_of_one_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    queue_sources = { mail = merge(var.mail, { maximum_concurrency = 1 }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.queue]
}

run "a_maximum_concurrency_above_a_thousand_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    queue_sources = { mail = merge(var.mail, { maximum_concurrency = 1001 }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.queue]
}

run "maximum_concurrency_with_provisioned_pollers_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    queue_sources = { mail = merge(var.mail, { maximum_concurrency = 10, provisioned_pollers = {} }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.queue]
}

run "a_single_provisioned_poller_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    queue_sources = { mail = merge(var.mail, { provisioned_pollers = { minimum = 1 } }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.queue]
}

run "a_minimum_above_two_hundred_pollers_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    queue_sources = { mail = merge(var.mail, { provisioned_pollers = { minimum = 201, maximum = 300 } }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.queue]
}

run "a_maximum_of_pollers_below_the_minimum_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    queue_sources = { mail = merge(var.mail, { provisioned_pollers = { minimum = 10, maximum = 9 } }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.queue]
}

run "a_maximum_above_two_thousand_pollers_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    queue_sources = { mail = merge(var.mail, { provisioned_pollers = { maximum = 2001 } }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.queue]
}

run "a_queue_has_no_tumbling_window" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    queue_sources = { mail = merge(var.mail, { tumbling_window_seconds = 60 }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.queue]
}

run "a_queue_has_no_destination_of_its_own" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    queue_sources = { mail = merge(var.mail, { on_failure = { bucket = { arn = "arn:aws:s3:::failures" } } }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.queue]
}

run "a_filter_that_is_no_json_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    queue_sources = { mail = merge(var.mail, { filter_patterns = ["kind = mail"] }) }
  }

  expect_failures = [aws_lambda_event_source_mapping.queue]
}

run "a_queue_source_with_a_bad_name_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    queue_sources = { Mail = var.mail }
  }

  expect_failures = [var.queue_sources]
}

run "a_queue_and_a_stream_may_not_share_a_name" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { mail = var.trips }
    queue_sources   = { mail = var.mail }
  }

  expect_failures = [var.queue_sources]
}

run "a_maximum_concurrency_beyond_the_reserved_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    reserved_concurrency = 9
    queue_sources        = { mail = merge(var.mail, { maximum_concurrency = 10 }) }
  }

  expect_failures = [var.reserved_concurrency]
}
