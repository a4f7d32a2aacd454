variable "name" {
  type        = string
  description = "Name of the stream and of the table; everything else of the flow starts with it."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,35}$", var.name))
    error_message = "name must be 3-36 lower-case letters, digits or hyphens, starting with a letter; got \"${var.name}\"."
  }

  validation {
    condition     = !can(regex("^(xn--|sthree-|amzn-s3-demo-)", var.name))
    error_message = "name must not start with xn--, sthree- or amzn-s3-demo-, for a bucket is named by it and S3 keeps these for itself; got \"${var.name}\"."
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
        from_timestamp = optional(string) # such as 2026-01-31T08:00:00Z, where it began; null or "TRIM_HORIZON": at the oldest record
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
  description = "Sizes and limits of the flow; the defaults suit production. `window.time` and the length of a bucket (`window.bucket_seconds`, or else `window.seconds`) must not change in the life of the totals table: others would be added to totals that begin at the same moment."
  default     = {}
  nullable    = false

  validation {
    condition = alltrue(flatten([
      for group, limits in local.setting_limits : [
        for name, limit in limits : var.settings[group][name] == null ? true :
        var.settings[group][name] >= limit.least && var.settings[group][name] <= limit.most && floor(var.settings[group][name]) == var.settings[group][name]
      ]
    ]))
    error_message = join("\n", flatten([
      for group, limits in local.setting_limits : [
        for name, limit in limits :
        "settings.${group}.${name} must be a whole number ${limit.most == local.any_number ? "of at least ${limit.least}" : "from ${limit.least} to ${limit.most}"}${lookup(limit, "because", "")}; got ${var.settings[group][name]}."
        if var.settings[group][name] == null ? false :
        var.settings[group][name] < limit.least || var.settings[group][name] > limit.most || floor(var.settings[group][name]) != var.settings[group][name]
      ]
    ]))
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

  # Only the caller knows which of the two is new: an old one goes on where it stood, a new one begins.
  validation {
    condition     = length(var.settings.writer.readers) < 2 || alltrue([for reader in var.settings.writer.readers : try(!reader.enabled || reader.from_timestamp != null, true)])
    error_message = "settings.writer.readers, when there are two, must say from_timestamp of the one that is enabled; got ${jsonencode(var.settings.writer.readers)}. If it is new, give it a moment before the last record that the other one has finished, or it reads all that the stream keeps. If it is the old one, which began without a moment, say from_timestamp = \"TRIM_HORIZON\": it stays as it is and goes on where it stood."
  }

  # Lambda gives a moment back in this spelling, and any other would replace the mapping, and its position, at each apply.
  validation {
    condition     = alltrue([for reader in var.settings.writer.readers : try(coalesce(reader.from_timestamp, "TRIM_HORIZON"), "TRIM_HORIZON") == "TRIM_HORIZON" ? true : can(regex("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$", reader.from_timestamp)) && can(timeadd(reader.from_timestamp, "0s"))])
    error_message = "settings.writer.readers must begin at TRIM_HORIZON or at a moment of the calendar in whole seconds and UTC, such as 2026-01-31T08:00:00Z, or the mapping is replaced at every apply; got ${join(" and ", [for reader in var.settings.writer.readers : try(reader.from_timestamp, null) if try(reader.from_timestamp, null) != null])}. Write 2026-01-31T09:00:00+01:00 as 2026-01-31T08:00:00Z, and leave fractions out."
  }

  validation {
    condition     = alltrue([for reader in var.settings.writer.readers : try(timecmp(reader.from_timestamp, plantimestamp()) <= 0, true)])
    error_message = "settings.writer.readers must begin at a moment that has passed, for Lambda takes no other; got ${join(" and ", [for reader in var.settings.writer.readers : try(reader.from_timestamp, null) if try(reader.from_timestamp, null) != null])}, and now it is ${plantimestamp()}."
  }

  validation {
    condition     = var.settings.writer.reserved_concurrency == null ? true : var.settings.writer.reserved_concurrency >= try(var.settings.stream.capacity.shards * var.settings.writer.parallelization_factor, 1)
    error_message = "settings.writer.reserved_concurrency must be at least shards x parallelization_factor, ${try(var.settings.stream.capacity.shards * var.settings.writer.parallelization_factor, 1)}, or some shards are throttled for ever; got ${coalesce(var.settings.writer.reserved_concurrency, 0)}."
  }

  validation {
    condition     = var.settings.window.reserved_concurrency == null ? true : var.settings.window.reserved_concurrency >= coalesce(var.settings.stream.capacity.shards, 1)
    error_message = "settings.window.reserved_concurrency must be at least the stream's shards, ${coalesce(var.settings.stream.capacity.shards, 1)}, or some shards are throttled for ever; got ${coalesce(var.settings.window.reserved_concurrency, 0)}."
  }

  # A record that the stream has forgotten reaches no bucket.
  validation {
    condition     = max(var.settings.writer.record_age_seconds, var.settings.window.record_age_seconds) <= var.settings.stream.retention_hours * 3600
    error_message = "settings.writer.record_age_seconds and settings.window.record_age_seconds must be at most what the stream keeps, ${var.settings.stream.retention_hours * 3600}, or records vanish before they reach the failures bucket; got ${var.settings.writer.record_age_seconds} and ${var.settings.window.record_age_seconds}."
  }

  validation {
    condition     = contains(["event", "arrival"], var.settings.window.time)
    error_message = "settings.window.time must be \"event\", when a trip began, or \"arrival\", when the stream took it; got \"${var.settings.window.time}\"."
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

  # On an idle shard Lambda closes a window two minutes after its end.
  validation {
    condition     = var.settings.window.record_age_seconds >= var.settings.window.seconds + 120 + 2 * var.settings.window.timeout_seconds
    error_message = "settings.window.record_age_seconds must leave a window's final call time for a second attempt: its seconds, the 120 that Lambda waits on an idle shard, and two timeouts; got ${var.settings.window.record_age_seconds}, and ${var.settings.window.seconds + 120 + 2 * var.settings.window.timeout_seconds} are needed."
  }

  validation {
    condition     = var.settings.failures_retention_days >= 7
    error_message = "settings.failures_retention_days must leave people at least 7 days to redrive a discarded batch; got ${var.settings.failures_retention_days}."
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
    error_message = "settings.failures_retention_days and settings.quarantine_retention_days must be whole numbers; got ${var.settings.failures_retention_days} and ${var.settings.quarantine_retention_days}."
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

  validation {
    condition     = can(regex("^arn:[^:]+:sns:[^:]+:[0-9]{12}:[^:]+$", var.operations_topic.arn))
    error_message = "operations_topic.arn must be the ARN of an SNS topic, or no alarm is heard; got ${jsonencode(var.operations_topic.arn)}."
  }
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

  validation {
    condition     = alltrue([for name, value in var.tags : can(regex("^[\\p{L}\\p{N}\\p{Z}+=._:/@-]*$", "${name}${value}"))])
    error_message = "tags may hold letters, digits, spaces and + - = . _ : / @, for S3 and Lambda refuse the rest; got ${join(", ", [for name, value in var.tags : value == null ? name : "${name} = ${value}" if !can(regex("^[\\p{L}\\p{N}\\p{Z}+=._:/@-]*$", "${name}${value}"))])}."
  }
}
