variable "name" {
  type        = string
  description = "Name of the stream and of the table; everything else of the flow starts with it."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,35}$", var.name))
    error_message = "name must be 2-36 lower-case letters, digits or hyphens, starting with a letter; got \"${var.name}\"."
  }
}

variable "packages" {
  type = map(object({
    path         = string
    sha256       = string
    handler      = string
    runtime      = string
    architecture = string
  }))
  description = "What `make package` built, by actor; the flow takes `trip_writer` and `window_aggregator` from it."
  nullable    = false

  validation {
    condition     = length(setsubtract(["trip_writer", "window_aggregator"], keys(var.packages))) == 0
    error_message = "packages must hold trip_writer and window_aggregator; got ${jsonencode(keys(var.packages))}. Run `make package`."
  }
}

variable "settings" {
  type = object({
    stream = optional(object({
      capacity        = optional(object({ mode = string, shards = optional(number) }), { mode = "ON_DEMAND" })
      retention_hours = optional(number, 168)
    }), {})
    writer = optional(object({
      batch_size              = optional(number, 500)
      batching_window_seconds = optional(number, 1)
      parallelization_factor  = optional(number, 1)
      record_age_seconds      = optional(number, 21600)
      timeout_seconds         = optional(number, 60)
      memory_megabytes        = optional(number, 512)
      reserved_concurrency    = optional(number)
      readers = optional(map(object({     # "shared", "fan_out", or both while one takes over from the other
        from_timestamp = optional(string) # RFC 3339, where the reader began; null: at the oldest record
        enabled        = optional(bool, true)
      })), { shared = {} })
    }), {})
    window = optional(object({
      seconds                  = optional(number, 60)
      time                     = optional(string, "event") # or "arrival": what puts a trip into its bucket
      bucket_seconds           = optional(number)          # null: as long as the window
      allowed_lateness_seconds = optional(number, 86400)
      allowed_ahead_seconds    = optional(number, 300)
      total_slots              = optional(number, 1)
      part_days                = optional(number, 100)
      batch_size               = optional(number, 1000)
      batching_window_seconds  = optional(number, 1)
      record_age_seconds       = optional(number, 21600)
      timeout_seconds          = optional(number, 60)
      memory_megabytes         = optional(number, 1024)
      reserved_concurrency     = optional(number)
    }), {})
    failures_retention_days   = optional(number, 90)
    quarantine_retention_days = optional(number, 14)
  })
  description = "Sizes and limits of the flow; the defaults suit production."
  default     = {}
  nullable    = false

  validation {
    condition     = var.settings.failures_retention_days >= 7
    error_message = "settings.failures_retention_days must leave people at least 7 days to redrive a discarded batch; got ${var.settings.failures_retention_days}."
  }

  # A call to DynamoDB or SQS may take 5 s, and none begins that could not end.
  validation {
    condition     = var.settings.writer.timeout_seconds >= 20
    error_message = "settings.writer.timeout_seconds must be at least 20, or trip_writer has no time to try a failed call again; got ${var.settings.writer.timeout_seconds}."
  }

  validation {
    condition     = length(setsubtract(keys(var.settings.writer.readers), ["shared", "fan_out"])) == 0 && alltrue([for reader in var.settings.writer.readers : reader != null])
    error_message = "settings.writer.readers must be objects named shared or fan_out, {} for one with defaults; got ${jsonencode(var.settings.writer.readers)}."
  }

  # Two at once would write the records of one trip in the order of neither.
  validation {
    condition     = length([for reader in var.settings.writer.readers : reader if try(reader.enabled, false)]) == 1
    error_message = "settings.writer.readers must have exactly one that is enabled; got ${jsonencode(var.settings.writer.readers)}. To hand over, add the new one and set enabled = false on the old one."
  }

  validation {
    condition     = length(var.settings.writer.readers) < 2 || length([for reader in var.settings.writer.readers : reader if try(reader.from_timestamp, null) != null]) > 0
    error_message = "settings.writer.readers must say where the new one begins, from_timestamp before the last record that the old one has finished, or it reads all that the stream keeps; got ${jsonencode(var.settings.writer.readers)}."
  }

  validation {
    condition     = var.settings.window.seconds >= 1 && var.settings.window.seconds <= 900
    error_message = "settings.window.seconds must be 1-900, the longest that Lambda keeps a window open; got ${var.settings.window.seconds}. For longer totals, set bucket_seconds."
  }

  validation {
    condition     = contains(["event", "arrival"], var.settings.window.time)
    error_message = "settings.window.time must be \"event\", when a trip began, or \"arrival\", when the stream took it; got \"${var.settings.window.time}\"."
  }

  validation {
    condition     = coalesce(var.settings.window.bucket_seconds, 1) >= 1 && coalesce(var.settings.window.bucket_seconds, 1) <= 86400
    error_message = "settings.window.bucket_seconds must be 1-86,400, a day at most, or null for the window's length; got ${coalesce(var.settings.window.bucket_seconds, 0)}."
  }

  validation {
    condition     = var.settings.window.allowed_lateness_seconds >= 0 && var.settings.window.allowed_ahead_seconds >= 0
    error_message = "settings.window.allowed_lateness_seconds and allowed_ahead_seconds must be at least 0; got ${var.settings.window.allowed_lateness_seconds} and ${var.settings.window.allowed_ahead_seconds}."
  }

  validation {
    condition     = var.settings.window.total_slots >= 1 && var.settings.window.total_slots <= 1000
    error_message = "settings.window.total_slots must be 1-1,000; got ${var.settings.window.total_slots}. A reader adds up as many items for each total."
  }

  # An expired object can be brought back for as long as the bucket keeps its last version, and redriven.
  validation {
    condition     = var.settings.window.part_days > var.settings.failures_retention_days + local.deleted_failures_days
    error_message = "settings.window.part_days must exceed failures_retention_days by more than ${local.deleted_failures_days}, for which a deleted object can be brought back, or a redrive counts what is no longer known to be counted; got ${var.settings.window.part_days} and ${var.settings.failures_retention_days}."
  }

  validation {
    condition     = var.settings.window.part_days * 24 > var.settings.stream.retention_hours
    error_message = "settings.window.part_days must exceed what the stream keeps, or a redrive from the stream counts what is no longer known to be counted; got ${var.settings.window.part_days} days and ${var.settings.stream.retention_hours} hours."
  }

  # A closing makes several calls one after the other, each of up to 5 s, and none begins that could not end.
  validation {
    condition     = var.settings.window.timeout_seconds >= 30
    error_message = "settings.window.timeout_seconds must be at least 30, or a window that closes has no time to try a failed call again; got ${var.settings.window.timeout_seconds}."
  }

  # On an idle shard Lambda closes a window two minutes after its end.
  validation {
    condition     = var.settings.window.record_age_seconds == -1 || var.settings.window.record_age_seconds >= var.settings.window.seconds + 120 + 2 * var.settings.window.timeout_seconds
    error_message = "settings.window.record_age_seconds must be -1 or leave a window's final call time for a second attempt: its seconds, the 120 that Lambda waits on an idle shard, and two timeouts; got ${var.settings.window.record_age_seconds}, and ${var.settings.window.seconds + 120 + 2 * var.settings.window.timeout_seconds} are needed."
  }

  validation {
    condition = alltrue([
      for number in [for name, value in var.settings.window : tonumber(value) if name != "time" && value != null] : floor(number) == number
    ])
    error_message = "settings.window takes whole numbers only; got ${jsonencode({ for name, value in var.settings.window : name => value if name != "time" && value != null })}."
  }

  validation {
    condition     = var.settings.quarantine_retention_days >= 1 && var.settings.quarantine_retention_days <= 14
    error_message = "settings.quarantine_retention_days must be 1-14, the longest a queue keeps a message; got ${var.settings.quarantine_retention_days}."
  }

  # A quarantined record above 128 KiB is put into the bucket, and its message only says where.
  validation {
    condition     = var.settings.failures_retention_days > var.settings.quarantine_retention_days
    error_message = "settings.failures_retention_days must be above quarantine_retention_days, or a message outlives the record it points to; got ${var.settings.failures_retention_days} and ${var.settings.quarantine_retention_days}."
  }

  validation {
    condition     = alltrue([for days in [var.settings.failures_retention_days, var.settings.quarantine_retention_days] : floor(days) == days])
    error_message = "settings.failures_retention_days and quarantine_retention_days must be whole numbers; got ${var.settings.failures_retention_days} and ${var.settings.quarantine_retention_days}."
  }
}

variable "key" {
  type        = object({ arn = string, id = string })
  description = "Customer-managed key for the stream, the table, the queue, the bucket, logs and environment; null: each service's own key."
  default     = null
}

variable "operations_topic" {
  type        = object({ arn = string })
  description = "Topic that every alarm notifies, when it rings and when it is over."
  nullable    = false
}

variable "log_retention_days" {
  type        = number
  description = "Days that the functions' logs are kept."
  default     = 30
  nullable    = false
}

variable "permissions_boundary_arn" {
  type        = string
  description = "Policy that bounds every role made here; null for none."
  default     = null
}

variable "protected" {
  type        = bool
  description = "Whether the table refuses deletion and the bucket refuses to be destroyed while it holds objects."
  default     = true
  nullable    = false
}

variable "tags" {
  type        = map(string)
  description = "Tags of everything made here."
  default     = {}
  nullable    = false

  validation {
    condition     = length(var.tags) <= 50
    error_message = "tags may be at most 50, the most that AWS takes; got ${length(var.tags)}."
  }

  validation {
    condition     = alltrue([for name in keys(var.tags) : can(regex("^.{1,128}$", name)) && !startswith(lower(name), "aws:")])
    error_message = "tags must be named by 1-128 characters that do not start with aws:, which AWS keeps for itself; got ${jsonencode(keys(var.tags))}."
  }

  validation {
    condition     = alltrue([for value in var.tags : try(length(value) <= 256, false)])
    error_message = "tags must have texts of at most 256 characters; got null or more for one of ${jsonencode(keys(var.tags))}."
  }
}
