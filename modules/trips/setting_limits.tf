# What the numbers of settings.writer and settings.window may be. The modules that take them know a source or a function,
# not who set it; refused here, a number is told by its path. A number may be null where its default is.
locals {
  setting_limits = {
    writer = {
      batch_size              = { least = 1, most = 10000 }
      batching_window_seconds = { least = 0, most = 300 }
      parallelization_factor  = { least = 1, most = 10 }
      record_age_seconds      = { least = 60, most = local.a_week, because = ", for nothing else bounds the retries of a batch" }
      # A call to DynamoDB or SQS may take 5 s, and none begins that could not end.
      timeout_seconds      = { least = 20, most = 900, because = ", or trip_writer has no time to try a failed call again" }
      memory_megabytes     = { least = 128, most = 10240 }
      reserved_concurrency = { least = 1, most = local.any_number, because = ", or null to share the account's" }
    }

    window = {
      seconds                  = { least = 1, most = 900, because = ", the longest that Lambda keeps a window open; for longer totals, set bucket_seconds" }
      bucket_seconds           = { least = 1, most = 86400, because = ", a day at most, or null for the window's length" }
      allowed_lateness_seconds = { least = 0, most = local.any_number }
      allowed_ahead_seconds    = { least = 0, most = local.any_number }
      total_slots              = { least = 1, most = 1000, because = ", for a reader adds up as many items for each total" }
      part_days                = { least = 1, most = local.any_number }
      batch_size               = { least = 1, most = 10000 }
      batching_window_seconds  = { least = 0, most = 300 }
      record_age_seconds       = { least = 60, most = local.a_week, because = ", for nothing else bounds the retries of a batch" }
      # A closing makes several such calls one after the other.
      timeout_seconds      = { least = 30, most = 900, because = ", or a window that closes has no time to try a failed call again" }
      memory_megabytes     = { least = 128, most = 10240 }
      reserved_concurrency = { least = 1, most = local.any_number, because = ", or null to share the account's" }
    }
  }

  a_week     = 604800
  any_number = 1000000000 # a thousand million, above which no count or number of seconds means anything here
}
