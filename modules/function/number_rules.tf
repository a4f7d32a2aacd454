# What AWS takes in whole numbers only, on every kind of source: source name => the rules its numbers break.
locals {
  source_numbers = merge(
    {
      for name, source in local.stream_sources : name => {
        batch_size              = source.batch_size
        batching_window_seconds = source.batching_window_seconds
        parallelization_factor  = source.parallelization_factor
        retry_attempts          = source.retry_attempts
        record_age_seconds      = source.record_age_seconds
        tumbling_window_seconds = source.tumbling_window_seconds
      }
    },
    {
      for name, source in var.queue_sources : name => {
        batch_size                    = source.batch_size
        batching_window_seconds       = source.batching_window_seconds
        maximum_concurrency           = source.maximum_concurrency
        "provisioned_pollers.minimum" = try(source.provisioned_pollers.minimum, null)
        "provisioned_pollers.maximum" = try(source.provisioned_pollers.maximum, null)
      }
    },
  )

  broken_number_rules = {
    for name, numbers in local.source_numbers : name => [
      for setting, number in numbers : "${setting} must be a whole number; got ${number}." if try(floor(number) != number, false)
    ]
  }
}
