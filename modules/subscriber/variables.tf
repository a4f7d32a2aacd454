variable "name" {
  type        = string
  description = "Name of the rule, the queue and the function; their companions' names start with it."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,49}$", var.name))
    error_message = "name must be 2-50 lower-case letters, digits or hyphens, starting with a letter; got \"${var.name}\"."
  }
}

variable "description" {
  type        = string
  description = "What the subscriber does with the events, in one sentence; shown in the AWS console."
  default     = ""
  nullable    = false

  validation {
    condition     = length(var.description) <= 256
    error_message = "description must be at most 256 characters; got ${length(var.description)}."
  }
}

variable "bus" {
  type        = object({ name = string, arn = string })
  description = "EventBridge bus to subscribe to; not the account's default bus, which is AWS's own."
  nullable    = false

  validation {
    condition     = try(var.bus.name != null && var.bus.name != "default", false)
    error_message = "bus must be a bus of yours; got ${jsonencode(try(var.bus.name, null))}. Rules of the default bus are named and counted in another way."
  }
}

variable "subscription" {
  type = object({
    source       = optional(string, "sluice.orders")
    detail_types = optional(set(string), ["OrderChanged"])
    statuses     = optional(set(string), []) # what the order came to; beside changes, what it has after one; empty: every one
    changes      = optional(set(string), []) # INSERT, MODIFY, REMOVE; empty: every one, beside statuses the first two
    changed      = optional(set(string), []) # attributes, one of which must have changed; empty: whichever
    pattern      = optional(string)          # an event pattern of your own, in place of all of these
  })
  description = "Which events to take; by default every change of an order. `pattern` is a JSON event pattern, for what the typed fields cannot say."
  default     = {}
  nullable    = false

  validation {
    condition     = length(setsubtract(var.subscription.changes, ["INSERT", "MODIFY", "REMOVE"])) == 0
    error_message = "subscription.changes may be INSERT, MODIFY and REMOVE; got ${jsonencode(var.subscription.changes)}."
  }

  validation {
    condition     = length(var.subscription.detail_types) > 0
    error_message = "subscription.detail_types must name at least one; got none. EventBridge refuses an empty list."
  }

  validation {
    condition     = var.subscription.pattern == null ? true : try(length(keys(jsondecode(var.subscription.pattern))) > 0, false)
    error_message = "subscription.pattern must be a JSON object with a field at least, such as {\"source\": [\"sluice.orders\"]}; got ${coalesce(var.subscription.pattern, "null")}."
  }

  validation {
    condition     = length(coalesce(var.subscription.pattern, "-")) <= 2048
    error_message = "subscription.pattern may be at most 2,048 characters, the most that a rule takes; got ${length(coalesce(var.subscription.pattern, "-"))}."
  }

  validation {
    condition     = var.subscription.pattern == null ? true : alltrue([for wanted in [var.subscription.statuses, var.subscription.changes, var.subscription.changed] : length(wanted) == 0])
    error_message = "subscription.pattern stands in place of statuses, changes and changed; got ${coalesce(var.subscription.pattern, "null")} beside them. Write them into the pattern, as detail.status, detail.change and detail.changed."
  }
}

variable "package" {
  type = object({
    path         = string
    sha256       = string
    handler      = string
    runtime      = string
    architecture = string
  })
  description = "The function's zip that `make package` built, with its entry of the manifest."
  nullable    = false
}

variable "environment" {
  type        = map(string)
  description = "The function's environment variables."
  default     = {}
  nullable    = false
}

variable "permissions" {
  type = map(object({
    actions   = list(string)
    resources = list(string)
    conditions = optional(list(object({
      test     = string
      variable = string
      values   = list(string)
    })), [])
  }))
  description = "What the function's own code may do, by statement name; reading its queue needs none."
  default     = {}
  nullable    = false
}

variable "timeout_seconds" {
  type        = number
  description = "Longest one invocation may run, in seconds; the queue hides a message for six times as long."
  default     = 30
  nullable    = false
}

variable "memory_megabytes" {
  type        = number
  description = "Memory of one instance, in MB."
  default     = 512
  nullable    = false
}

variable "reserved_concurrency" {
  type        = number
  description = "Concurrent invocations set aside for the function, and its ceiling; null shares the account's."
  default     = null
}

variable "batch_size" {
  type        = number
  description = "Most messages of one invocation, 1-10,000; above 10 needs batching_window_seconds."
  default     = 10
  nullable    = false
}

variable "batching_window_seconds" {
  type        = number
  description = "Seconds to wait for a batch to fill, 0-300."
  default     = 0
  nullable    = false
}

variable "maximum_concurrency" {
  type        = number
  description = "Most invocations at once, 2-1,000, so that a burst of events leaves the account's concurrency and what the function calls alone; null for no limit."
  default     = null
}

variable "visibility_timeout_seconds" {
  type        = number
  description = "Seconds that a received message is hidden; null: 6 x timeout_seconds + batching_window_seconds, the least that is safe."
  default     = null

  validation {
    condition     = var.visibility_timeout_seconds == null ? true : var.visibility_timeout_seconds >= 6 * var.timeout_seconds + var.batching_window_seconds
    error_message = "visibility_timeout_seconds must be at least 6 x timeout_seconds + batching_window_seconds = ${6 * var.timeout_seconds + var.batching_window_seconds}, or messages come back while they are worked on; got ${coalesce(var.visibility_timeout_seconds, 0)}. Leave it out for just that."
  }
}

variable "max_receive_count" {
  type        = number
  description = "Receives of a message before it is set aside as a dead letter, 5-1,000."
  default     = 5
  nullable    = false
}

variable "retention_seconds" {
  type        = number
  description = "Seconds that an unread event is kept in the queue; null for 4 days."
  default     = null
}

variable "vpc" {
  type = object({
    subnet_ids         = list(string)
    security_group_ids = list(string)
  })
  description = "Subnets and security groups that the function runs in; null runs outside any VPC."
  default     = null
}

variable "key" {
  type        = object({ arn = string, id = string })
  description = "Customer-managed key for the queue and its dead letters, the logs and the environment, which must admit `events`; null: each service's own key, as undelivered events have it always."
  default     = null
}

variable "operations_topic" {
  type        = object({ arn = string })
  description = "Topic that every alarm notifies, when it rings and when it is over."
  nullable    = false
}

variable "log_retention_days" {
  type        = number
  description = "Days that the function's logs are kept."
  default     = 30
  nullable    = false
}

variable "permissions_boundary_arn" {
  type        = string
  description = "Policy that bounds what the role can ever be allowed; null for none."
  default     = null
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
