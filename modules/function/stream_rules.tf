# What a stream may not ask of Lambda, or should not: source name => the rules it breaks. No rule reads an ARN, which
# nobody knows at the first plan.
locals {
  broken_stream_rules = {
    for name, source in local.stream_sources : name => compact([
      # numbers
      source.batch_size >= 1 && source.batch_size <= 10000 ? "" :
      "batch_size must be 1-10,000; got ${source.batch_size}.",
      source.batching_window_seconds >= 0 && source.batching_window_seconds <= 300 ? "" :
      "batching_window_seconds must be 0-300; got ${source.batching_window_seconds}.",
      source.parallelization_factor >= 1 && source.parallelization_factor <= 10 ? "" :
      "parallelization_factor must be 1-10; got ${source.parallelization_factor}.",
      source.retry_attempts >= -1 && source.retry_attempts <= 10000 ? "" :
      "retry_attempts must be 0-10,000, or -1 for no limit; got ${source.retry_attempts}.",
      source.record_age_seconds == -1 || (source.record_age_seconds >= 60 && source.record_age_seconds <= 604800) ? "" :
      "record_age_seconds must be 60-604,800, or -1 for no limit; got ${source.record_age_seconds}.",

      # start
      contains(source.starting_positions, source.starting_position) ? "" :
      "starting_position on a ${source.kind} must be one of ${join(", ", source.starting_positions)}; got ${source.starting_position}.",
      (source.starting_timestamp != null) == (source.starting_position == "AT_TIMESTAMP") ? "" :
      "starting_timestamp must be given with AT_TIMESTAMP, and only then; got ${coalesce(source.starting_timestamp, "none")} with ${source.starting_position}.",
      source.starting_timestamp == null || (can(regex(local.whole_seconds, source.starting_timestamp)) && can(timeadd(source.starting_timestamp, "0s"))) ? "" :
      "starting_timestamp must be a moment of the calendar in whole seconds and UTC, such as 2026-01-31T08:00:00Z, or the mapping is replaced at every apply; got ${coalesce(source.starting_timestamp, "none")}. Write 2026-01-31T09:00:00+01:00 as 2026-01-31T08:00:00Z, and leave fractions out.",
      try(timecmp(source.starting_timestamp, plantimestamp()) <= 0, true) ? "" :
      "starting_timestamp must be a moment that has passed, for Lambda takes no other; got ${coalesce(source.starting_timestamp, "none")}, and now it is ${plantimestamp()}.",

      # failure
      source.retry_attempts != -1 || source.record_age_seconds != -1 ? "" :
      "retry_attempts or record_age_seconds must be limited, or one bad batch holds its shard until the stream forgets it; got -1 for both.",
      source.record_age_seconds <= source.retention_seconds ? "" :
      "record_age_seconds must be at most what the ${source.kind} keeps, ${source.retention_seconds}, or records vanish before they reach on_failure; got ${source.record_age_seconds}.",
      length(local.failure_kinds[name]) == 1 ? "" :
      "on_failure must be exactly one of bucket, queue or topic; got ${length(local.failure_kinds[name]) == 0 ? "none" : join(" and ", local.failure_kinds[name])}.",
      source.on_failure.queue == null || !try(source.on_failure.queue.fifo, false) ? "" :
      "on_failure.queue must be a standard queue: Lambda delivers to no FIFO one; got a FIFO queue.",
      source.on_failure.topic == null || !try(source.on_failure.topic.fifo, false) ? "" :
      "on_failure.topic must be a standard topic: Lambda delivers to no FIFO one; got a FIFO topic.",
    ])
  }

  # A window is kept where AWS documents it.
  broken_window_rules = {
    for name, source in local.stream_sources : name => compact([
      source.tumbling_window_seconds >= 1 && source.tumbling_window_seconds <= 900 ? "" :
      "tumbling_window_seconds must be 1-900, or null for none; got ${source.tumbling_window_seconds}.",
      source.parallelization_factor == 1 ? "" :
      "a tumbling window needs parallelization_factor = 1, for a shard has one state; got ${source.parallelization_factor}.",
      length(source.filter_patterns) == 0 ? "" :
      "a tumbling window takes no filter_patterns: Lambda refuses the pair; got ${length(source.filter_patterns)}.",
      !source.bisect_on_error ? "" :
      "a tumbling window needs bisect_on_error off: what state a half batch starts from is not documented; got true.",
      !source.report_item_failures ? "" :
      "a tumbling window needs report_item_failures off: which state survives a partial response is not documented; got true.",
      alltrue([for kind in local.failure_kinds[name] : kind == "bucket"]) ? "" :
      "a tumbling window needs on_failure = { bucket }: a discarded final call has no sequence numbers to find it again by, so only its payload holds the state; got a ${join(" and ", local.failure_kinds[name])}.",
    ]) if source.tumbling_window_seconds != null
  }

  failure_kinds = {
    for name, source in local.stream_sources : name => [
      for kind, given in {
        bucket = source.on_failure.bucket != null
        queue  = source.on_failure.queue != null
        topic  = source.on_failure.topic != null
      } : kind if given
    ]
  }

  # Lambda gives a moment back in this spelling, and any other would replace the mapping, and its position, at each apply.
  whole_seconds = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"
}
