# bisect_on_error and report_item_failures have no fixed default: null means on, but off with a tumbling window, for AWS
# does not document what becomes of a window's state after either.

variable "kinesis_sources" {
  type = map(object({
    stream = object({
      name            = string
      arn             = string
      mode            = string
      shard_count     = optional(number)
      retention_hours = number
      key             = optional(object({ arn = string }))
    })
    starting_position       = optional(string, "TRIM_HORIZON")
    starting_timestamp      = optional(string) # with AT_TIMESTAMP only, such as 2026-01-31T08:00:00Z
    batch_size              = optional(number, 100)
    batching_window_seconds = optional(number, 0)
    parallelization_factor  = optional(number, 1)
    tumbling_window_seconds = optional(number)        # null: no window
    bisect_on_error         = optional(bool)          # null: on, but off with a window
    retry_attempts          = optional(number, -1)    # -1: as many as record_age_seconds allows
    record_age_seconds      = optional(number, 21600) # six hours; older records go to on_failure
    report_item_failures    = optional(bool)          # null: on, but off with a window
    filter_patterns         = optional(list(string), [])
    enabled                 = optional(bool, true)
    event_count_metrics     = optional(bool, true) # charged; the alarms of each source stand on them
    on_failure = object({
      queue  = optional(object({ arn = string, fifo = optional(bool, false), key = optional(object({ arn = string })) }))
      topic  = optional(object({ arn = string, fifo = optional(bool, false), key = optional(object({ arn = string })) }))
      bucket = optional(object({ arn = string, key = optional(object({ arn = string })) }))
    })
  }))
  description = "Kinesis streams that drive the function, by name, read with the throughput they share. `on_failure` has no default: without it a batch that failed for good would be lost in silence."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for source in var.kinesis_sources : try(alltrue([for fact in [source.stream.name, source.stream.retention_hours] : fact != null]), false)])
    error_message = "kinesis_sources must each have a stream with its name and retention_hours; got null in ${join(", ", [for name, source in var.kinesis_sources : name if !try(alltrue([for fact in [source.stream.name, source.stream.retention_hours] : fact != null]), false)])}."
  }

  validation {
    condition     = alltrue([for source in var.kinesis_sources : try(source.stream.mode == "ON_DEMAND" || (source.stream.mode == "PROVISIONED" && source.stream.shard_count != null), true)])
    error_message = "kinesis_sources must be streams in mode ON_DEMAND, or PROVISIONED with their shard_count; got ${jsonencode({ for name, source in var.kinesis_sources : name => try(source.stream.mode, null) })}."
  }

  validation {
    condition     = try(length(distinct([for source in var.kinesis_sources : source.stream.name])) == length(var.kinesis_sources), true)
    error_message = "kinesis_sources must each be another stream, for Lambda maps one to a function only once; got ${jsonencode({ for name, source in var.kinesis_sources : name => try(source.stream.name, null) })}. Make them one source, or two functions."
  }

  validation {
    condition     = alltrue([for source in var.kinesis_sources : try(source.on_failure != null, true)])
    error_message = "kinesis_sources must each say what becomes of a batch that failed for good, on_failure = { bucket | queue | topic }; got null for ${join(", ", [for name, source in var.kinesis_sources : name if try(source.on_failure, null) == null])}."
  }

  validation {
    condition     = alltrue([for name in keys(var.kinesis_sources) : can(regex("^[a-z][a-z0-9_-]*$", name))])
    error_message = "kinesis_sources must be named in lower-case letters, digits, hyphens or underscores; got ${join(", ", keys(var.kinesis_sources))}."
  }
}

variable "fan_out_sources" {
  type = map(object({
    consumer = object({
      name = string
      arn  = string
      stream = object({
        name            = string
        arn             = string
        mode            = string
        shard_count     = optional(number)
        retention_hours = number
        key             = optional(object({ arn = string }))
      })
    })
    starting_position       = optional(string, "TRIM_HORIZON")
    starting_timestamp      = optional(string)
    batch_size              = optional(number, 100)
    batching_window_seconds = optional(number, 0)
    parallelization_factor  = optional(number, 1)
    tumbling_window_seconds = optional(number)
    bisect_on_error         = optional(bool)
    retry_attempts          = optional(number, -1)
    record_age_seconds      = optional(number, 21600)
    report_item_failures    = optional(bool)
    filter_patterns         = optional(list(string), [])
    enabled                 = optional(bool, true)
    event_count_metrics     = optional(bool, true)
    on_failure = object({
      queue  = optional(object({ arn = string, fifo = optional(bool, false), key = optional(object({ arn = string })) }))
      topic  = optional(object({ arn = string, fifo = optional(bool, false), key = optional(object({ arn = string })) }))
      bucket = optional(object({ arn = string, key = optional(object({ arn = string })) }))
    })
  }))
  description = "Registered consumers (enhanced fan-out) that drive the function, by name; each has 2 MB/s of every shard to itself. Settings as for kinesis_sources."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for source in var.fan_out_sources : try(alltrue([for fact in [source.consumer.stream.name, source.consumer.stream.retention_hours, source.consumer.name] : fact != null]), false)])
    error_message = "fan_out_sources must each have a consumer with its name and retention_hours; got null in ${join(", ", [for name, source in var.fan_out_sources : name if !try(alltrue([for fact in [source.consumer.stream.name, source.consumer.stream.retention_hours, source.consumer.name] : fact != null]), false)])}."
  }

  validation {
    condition     = alltrue([for source in var.fan_out_sources : try(source.consumer.stream.mode == "ON_DEMAND" || (source.consumer.stream.mode == "PROVISIONED" && source.consumer.stream.shard_count != null), true)])
    error_message = "fan_out_sources must be streams in mode ON_DEMAND, or PROVISIONED with their shard_count; got ${jsonencode({ for name, source in var.fan_out_sources : name => try(source.consumer.stream.mode, null) })}."
  }

  validation {
    condition     = try(length(distinct([for source in var.fan_out_sources : "${source.consumer.stream.name}/${source.consumer.name}"])) == length(var.fan_out_sources), true)
    error_message = "fan_out_sources must each be another consumer, for Lambda maps one to a function only once; got ${jsonencode({ for name, source in var.fan_out_sources : name => try("${source.consumer.stream.name}/${source.consumer.name}", null) })}. Make them one source, or two functions."
  }

  validation {
    condition     = alltrue([for source in var.fan_out_sources : try(source.on_failure != null, true)])
    error_message = "fan_out_sources must each say what becomes of a batch that failed for good, on_failure = { bucket | queue | topic }; got null for ${join(", ", [for name, source in var.fan_out_sources : name if try(source.on_failure, null) == null])}."
  }

  validation {
    condition     = alltrue([for name in keys(var.fan_out_sources) : can(regex("^[a-z][a-z0-9_-]*$", name))])
    error_message = "fan_out_sources must be named in lower-case letters, digits, hyphens or underscores; got ${join(", ", keys(var.fan_out_sources))}."
  }

  validation {
    condition     = length(setintersection(keys(var.fan_out_sources), keys(var.kinesis_sources))) == 0
    error_message = "fan_out_sources must not share a name with a source of another kind; got ${join(", ", keys(var.fan_out_sources))}."
  }
}

variable "table_sources" {
  type = map(object({
    table = object({
      name   = string
      arn    = string
      key    = optional(object({ arn = string }))
      stream = optional(object({ arn = string, readers = optional(set(string)) })) # readers: null if nobody keeps count
    })
    starting_position       = optional(string, "TRIM_HORIZON")
    starting_timestamp      = optional(string)
    batch_size              = optional(number, 100)
    batching_window_seconds = optional(number, 0)
    parallelization_factor  = optional(number, 1)
    tumbling_window_seconds = optional(number)
    bisect_on_error         = optional(bool)
    retry_attempts          = optional(number, -1)
    record_age_seconds      = optional(number, 21600)
    report_item_failures    = optional(bool)
    filter_patterns         = optional(list(string), [])
    enabled                 = optional(bool, true)
    event_count_metrics     = optional(bool, true)
    on_failure = object({
      queue  = optional(object({ arn = string, fifo = optional(bool, false), key = optional(object({ arn = string })) }))
      topic  = optional(object({ arn = string, fifo = optional(bool, false), key = optional(object({ arn = string })) }))
      bucket = optional(object({ arn = string, key = optional(object({ arn = string })) }))
    })
  }))
  description = "Tables whose change streams drive the function, by name. Settings as for kinesis_sources, but a table's stream has no AT_TIMESTAMP and keeps 24 hours. Where the table names its `readers`, at most two of them, the function must be one: a further reader is throttled."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for source in var.table_sources : try(source.table.name, null) != null])
    error_message = "table_sources must each have a table with its name; got null in ${join(", ", [for name, source in var.table_sources : name if try(source.table.name, null) == null])}."
  }

  validation {
    condition     = alltrue([for source in var.table_sources : try(source.table.stream != null, true)])
    error_message = "table_sources must be tables that have a stream; got none for ${join(", ", [for name, source in var.table_sources : name if try(source.table.stream, null) == null])}. Give the table a stream view."
  }

  validation {
    condition     = alltrue([for source in var.table_sources : try(source.table.stream.readers, null) == null ? true : contains(source.table.stream.readers, var.name)])
    error_message = "table_sources must be tables that name this function in stream_readers, for a table's stream bears two readers, one with replicas, and throttles a further one; got ${var.name} for ${jsonencode({ for name, source in var.table_sources : name => try(source.table.stream.readers, null) })}. Give it the place of one of them, or have it fed by one."
  }

  validation {
    condition     = try(length(distinct([for source in var.table_sources : source.table.name])) == length(var.table_sources), true)
    error_message = "table_sources must each be another table, for Lambda maps a stream to a function only once; got ${jsonencode({ for name, source in var.table_sources : name => try(source.table.name, null) })}. Make them one source, or two functions."
  }

  validation {
    condition     = alltrue([for source in var.table_sources : try(source.on_failure != null, true)])
    error_message = "table_sources must each say what becomes of a batch that failed for good, on_failure = { bucket | queue | topic }; got null for ${join(", ", [for name, source in var.table_sources : name if try(source.on_failure, null) == null])}."
  }

  validation {
    condition     = alltrue([for name in keys(var.table_sources) : can(regex("^[a-z][a-z0-9_-]*$", name))])
    error_message = "table_sources must be named in lower-case letters, digits, hyphens or underscores; got ${join(", ", keys(var.table_sources))}."
  }

  validation {
    condition     = length(setintersection(keys(var.table_sources), concat(keys(var.kinesis_sources), keys(var.fan_out_sources)))) == 0
    error_message = "table_sources must not share a name with a source of another kind; got ${join(", ", keys(var.table_sources))}."
  }
}

variable "queue_sources" {
  type = map(object({
    queue = object({
      name                       = string
      arn                        = string
      fifo                       = optional(bool, false)
      visibility_timeout_seconds = number
      parking                    = optional(bool, false) # a queue without dead letters, for people
      key                        = optional(object({ arn = string }))
    })
    batch_size              = optional(number, 10)
    batching_window_seconds = optional(number, 0)
    maximum_concurrency     = optional(number)
    provisioned_pollers     = optional(object({ minimum = optional(number, 2), maximum = optional(number, 200) }))
    report_item_failures    = optional(bool, true)
    filter_patterns         = optional(list(string), [])
    enabled                 = optional(bool, true)
    event_count_metrics     = optional(bool, true)

    # Refused with a reason: Terraform drops attributes that a type does not name, and would drop these in silence.
    tumbling_window_seconds = optional(number)
    on_failure              = optional(object({}))
  }))
  description = "Queues that drive the function, by name. What fails for good goes where the queue's own redrive policy says; a filter deletes what does not match."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for source in var.queue_sources : try(source.queue.name != null && source.queue.visibility_timeout_seconds != null, false)])
    error_message = "queue_sources must each have a queue with its name and visibility_timeout_seconds; got null in ${join(", ", [for name, source in var.queue_sources : name if !try(source.queue.name != null && source.queue.visibility_timeout_seconds != null, false)])}."
  }

  validation {
    condition     = try(length(distinct([for source in var.queue_sources : source.queue.name])) == length(var.queue_sources), true)
    error_message = "queue_sources must each be another queue, for Lambda maps one to a function only once; got ${jsonencode({ for name, source in var.queue_sources : name => try(source.queue.name, null) })}. Make them one source, or two functions."
  }

  validation {
    condition     = alltrue([for name in keys(var.queue_sources) : can(regex("^[a-z][a-z0-9_-]*$", name))])
    error_message = "queue_sources must be named in lower-case letters, digits, hyphens or underscores; got ${join(", ", keys(var.queue_sources))}."
  }

  validation {
    condition     = length(setintersection(keys(var.queue_sources), concat(keys(var.kinesis_sources), keys(var.fan_out_sources), keys(var.table_sources)))) == 0
    error_message = "queue_sources must not share a name with a source of another kind; got ${join(", ", keys(var.queue_sources))}."
  }
}
