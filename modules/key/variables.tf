variable "name" {
  type        = string
  description = "Name of the key's alias, without `alias/`."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,62}$", var.name))
    error_message = "name must be 2-63 lower-case letters, digits or hyphens, starting with a letter; got \"${var.name}\"."
  }
}

variable "description" {
  type        = string
  description = "What the key protects, as the console shows it."
  default     = "Streams, tables, queues, topics, logs and buckets of one environment."
  nullable    = false
}

variable "services" {
  type        = set(string)
  description = "AWS services that use the key under their own name: `cloudwatch` (alarms to an encrypted topic), `events` (encrypted buses, and rules to an encrypted queue or topic), `logs` (log groups), `sns` (topics to an encrypted queue); one that is left out fails without a word where it meets the key."
  default     = ["cloudwatch", "events", "logs", "sns"]
  nullable    = false

  validation {
    condition     = length(setsubtract(var.services, ["cloudwatch", "events", "logs", "sns"])) == 0
    error_message = "services may be cloudwatch, events, logs and sns, every other service uses the key as the role that it runs with; got ${jsonencode(var.services)}."
  }
}

variable "cross_account_readers" {
  type        = set(string)
  description = "Account ids, or ARNs of roles, in other accounts that may decrypt what they read from this account's Kinesis streams; their own policies must allow `kms:Decrypt` too."
  default     = []
  nullable    = false

  validation {
    condition = alltrue([
      for reader in var.cross_account_readers : can(regex("^([0-9]{12}|arn:aws[a-z-]*:iam::[0-9]{12}:(root|role/.+))$", reader))
    ])
    error_message = "cross_account_readers must be 12-digit account ids or ARNs of roles or account roots; got ${jsonencode(var.cross_account_readers)}."
  }
}

variable "rotation_days" {
  type        = number
  description = "Days between two rotations of the key material, 90-2,560; what was encrypted before stays readable."
  default     = 365
  nullable    = false

  validation {
    condition     = var.rotation_days >= 90 && var.rotation_days <= 2560 && floor(var.rotation_days) == var.rotation_days
    error_message = "rotation_days must be a whole number from 90 to 2560; got ${var.rotation_days}."
  }
}

variable "deletion_window_days" {
  type        = number
  description = "Days in which a deletion can be taken back, 7-30; afterwards everything encrypted with the key is lost."
  default     = 30
  nullable    = false

  validation {
    condition     = var.deletion_window_days >= 7 && var.deletion_window_days <= 30 && floor(var.deletion_window_days) == var.deletion_window_days
    error_message = "deletion_window_days must be a whole number from 7 to 30; got ${var.deletion_window_days}."
  }
}

variable "tags" {
  type        = map(string)
  description = "Tags of the key."
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
