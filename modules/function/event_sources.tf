# Three kinds of stream in one shape: what depends on the kind is decided here, and nothing below asks for it.
locals {
  kinesis_readers = merge(
    { for name, source in var.kinesis_sources : name => merge(source, { arn = source.stream.arn }) },
    { for name, source in var.fan_out_sources : name => merge(source, { arn = source.consumer.arn, stream = source.consumer.stream }) },
  )

  # What the provisioned streams may have in flight at once. AWS chooses an on-demand stream's shards, and how many
  # shards a table's stream has nobody is told.
  parallel_batches = sum(concat([0], [
    for source in local.kinesis_readers : coalesce(source.stream.shard_count, 0) * source.parallelization_factor
    if source.enabled && source.stream.mode == "PROVISIONED"
  ]))

  stream_sources = {
    for name, source in merge(
      {
        for name, source in local.kinesis_readers : name => merge(source, {
          kind               = "Kinesis stream"
          starting_positions = ["TRIM_HORIZON", "LATEST", "AT_TIMESTAMP"]
          retention_seconds  = source.stream.retention_hours * 3600
        })
      },
      {
        for name, source in var.table_sources : name => merge(source, {
          arn                = source.table.stream.arn
          kind               = "table's stream"
          starting_positions = ["TRIM_HORIZON", "LATEST"]
          starting_timestamp = null
          retention_seconds  = 24 * 3600
        })
      },
      ) : name => merge(source, {
        bisect_on_error      = coalesce(source.bisect_on_error, source.tumbling_window_seconds == null)
        report_item_failures = coalesce(source.report_item_failures, source.tumbling_window_seconds == null)
        failure_arn = (
          source.on_failure.queue != null ? source.on_failure.queue.arn :
          source.on_failure.topic != null ? source.on_failure.topic.arn :
          source.on_failure.bucket != null ? source.on_failure.bucket.arn : null
        )
    })
  }
}

resource "aws_lambda_event_source_mapping" "stream" {
  for_each = local.stream_sources

  function_name    = aws_lambda_alias.live.arn
  event_source_arn = each.value.arn
  enabled          = each.value.enabled
  tags             = var.tags

  # start
  starting_position           = each.value.starting_position
  starting_position_timestamp = each.value.starting_timestamp

  # batching
  batch_size                         = each.value.batch_size
  maximum_batching_window_in_seconds = each.value.batching_window_seconds
  parallelization_factor             = each.value.parallelization_factor
  tumbling_window_in_seconds         = each.value.tumbling_window_seconds

  # failure
  bisect_batch_on_function_error = each.value.bisect_on_error
  maximum_retry_attempts         = each.value.retry_attempts
  maximum_record_age_in_seconds  = each.value.record_age_seconds
  function_response_types        = each.value.report_item_failures ? ["ReportBatchItemFailures"] : []

  destination_config {
    on_failure {
      destination_arn = each.value.failure_arn
    }
  }

  dynamic "filter_criteria" {
    for_each = length(each.value.filter_patterns) > 0 ? [each.value.filter_patterns] : []

    content {
      dynamic "filter" {
        for_each = filter_criteria.value

        content {
          pattern = filter.value
        }
      }
    }
  }

  dynamic "metrics_config" {
    for_each = each.value.event_count_metrics ? ["EventCount"] : []

    content {
      metrics = [metrics_config.value]
    }
  }

  # Polling starts the moment the mapping exists, and fails without the read permissions. A new policy takes seconds to
  # reach every part of IAM; the provider repeats the creation until it has.
  depends_on = [aws_iam_role_policy.this]

  lifecycle {
    precondition {
      condition     = length(local.broken_stream_rules[each.key]) == 0
      error_message = "Source ${each.key}: ${join("\n", local.broken_stream_rules[each.key])}"
    }

    precondition {
      condition     = length(lookup(local.broken_window_rules, each.key, [])) == 0
      error_message = "Source ${each.key}: ${join("\n", lookup(local.broken_window_rules, each.key, []))}"
    }

    precondition {
      condition     = length(local.broken_number_rules[each.key]) == 0
      error_message = "Source ${each.key}: ${join("\n", local.broken_number_rules[each.key])}"
    }

    precondition {
      condition     = length(local.broken_filter_rules[each.key]) == 0
      error_message = "Source ${each.key}: ${join("\n", local.broken_filter_rules[each.key])}"
    }
  }
}

resource "aws_lambda_event_source_mapping" "queue" {
  for_each = var.queue_sources

  function_name    = aws_lambda_alias.live.arn
  event_source_arn = each.value.queue.arn
  enabled          = each.value.enabled
  tags             = var.tags

  # batching
  batch_size                         = each.value.batch_size
  maximum_batching_window_in_seconds = each.value.batching_window_seconds

  # failure
  function_response_types = each.value.report_item_failures ? ["ReportBatchItemFailures"] : []

  dynamic "scaling_config" {
    for_each = each.value.maximum_concurrency == null ? [] : [each.value.maximum_concurrency]

    content {
      maximum_concurrency = scaling_config.value
    }
  }

  dynamic "provisioned_poller_config" {
    for_each = each.value.provisioned_pollers == null ? [] : [each.value.provisioned_pollers]

    content {
      minimum_pollers = provisioned_poller_config.value.minimum
      maximum_pollers = provisioned_poller_config.value.maximum
    }
  }

  dynamic "filter_criteria" {
    for_each = length(each.value.filter_patterns) > 0 ? [each.value.filter_patterns] : []

    content {
      dynamic "filter" {
        for_each = filter_criteria.value

        content {
          pattern = filter.value
        }
      }
    }
  }

  dynamic "metrics_config" {
    for_each = each.value.event_count_metrics ? ["EventCount"] : []

    content {
      metrics = [metrics_config.value]
    }
  }

  # Polling starts the moment the mapping exists, and fails without the receive permission.
  depends_on = [aws_iam_role_policy.this]

  lifecycle {
    precondition {
      condition     = length(local.broken_queue_rules[each.key]) == 0
      error_message = "Source ${each.key}: ${join("\n", local.broken_queue_rules[each.key])}"
    }

    precondition {
      condition     = length(local.broken_number_rules[each.key]) == 0
      error_message = "Source ${each.key}: ${join("\n", local.broken_number_rules[each.key])}"
    }

    precondition {
      condition     = length(local.broken_filter_rules[each.key]) == 0
      error_message = "Source ${each.key}: ${join("\n", local.broken_filter_rules[each.key])}"
    }
  }
}
