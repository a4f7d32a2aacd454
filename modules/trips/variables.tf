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
  description = "What `make package` built, by actor; the flow takes `trip_writer` from it."
  nullable    = false

  validation {
    condition     = contains(keys(var.packages), "trip_writer")
    error_message = "packages must hold trip_writer; got ${jsonencode(keys(var.packages))}. Run `make package`."
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
