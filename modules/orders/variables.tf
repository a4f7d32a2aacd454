variable "name" {
  type        = string
  description = "Name of the orders table, the bus and the API; everything else of the flow starts with it."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,29}$", var.name))
    error_message = "name must be 2-30 lower-case letters, digits or hyphens, starting with a letter; got \"${var.name}\"."
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
  description = "What `make package` built, by actor; the flow takes what its settings switch on."
  nullable    = false

  validation {
    condition     = length(setsubtract(local.wanted_packages, keys(var.packages))) == 0
    error_message = "packages must hold every actor that the settings switch on; ${join(", ", setsubtract(local.wanted_packages, keys(var.packages)))} is missing from ${jsonencode(keys(var.packages))}. Write its function and run `make package`."
  }
}

variable "key" {
  type        = object({ arn = string, id = string })
  description = "Customer-managed key for tables, queues, buckets, topic, bus, logs and environment, which must admit `events` and `logs`; null: each service's own key. What a fulfilment is doing is encrypted with Step Functions' own key."
  default     = null
}

variable "operations_topic" {
  type        = object({ arn = string })
  description = "Topic that every alarm notifies, when it rings and when it is over."
  nullable    = false
}

variable "log_retention_days" {
  type        = number
  description = "Days that logs of functions, API and fulfilments are kept."
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
  description = "Whether tables refuse deletion and buckets refuse to be destroyed while they hold objects."
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

locals {
  # By what is switched on alone: what a package is for must not wait for what it is given.
  wanted_packages = toset(concat(
    ["order_pipeline", "order_publisher", "order_notifications", "order_analytics", "order_audit"],
    var.settings.api == null ? [] : ["order_api"],
    var.settings.cache == null ? [] : ["order_cache"],
    var.settings.search == null ? [] : ["order_search"],
    var.settings.workflow == null ? [] : ["order_workflow"],
    values(var.settings.subscribers)[*].package,
  ))
}
