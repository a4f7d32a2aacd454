variable "name" {
  type        = string
  description = "Bucket name, in full; one space for all AWS accounts, so give it your account id."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.name))
    error_message = "name must be 3-63 lower-case letters, digits or hyphens, no hyphen first or last; got \"${var.name}\"."
  }

  validation {
    condition     = !can(regex("^(xn--|sthree-|amzn-s3-demo-)|(-s3alias|--ol-s3|--x-s3|--table-s3)$", var.name))
    error_message = "name must not begin with xn--, sthree- or amzn-s3-demo-, nor end with -s3alias, --ol-s3, --x-s3 or --table-s3, which S3 keeps for itself; got \"${var.name}\"."
  }
}

variable "retention_days" {
  type        = number
  description = "Days that an object is kept; null keeps it."
  default     = null

  validation {
    condition     = var.retention_days == null ? true : var.retention_days >= 1 && floor(var.retention_days) == var.retention_days
    error_message = "retention_days must be a whole number of at least 1, or null for ever; got ${coalesce(var.retention_days, 0)}."
  }

  validation {
    condition     = var.retention_days == null || var.object_lock == null ? true : var.retention_days >= var.object_lock.days
    error_message = "retention_days must be at least object_lock.days, or an object expires in name while its version stays locked and paid for; got ${coalesce(var.retention_days, 0)} and ${try(var.object_lock.days, 0)}."
  }
}

variable "replaced_retention_days" {
  type        = number
  description = "Days that a version is kept after it was overwritten or deleted."
  default     = 7
  nullable    = false

  validation {
    condition     = var.replaced_retention_days >= 1 && floor(var.replaced_retention_days) == var.replaced_retention_days
    error_message = "replaced_retention_days must be a whole number of at least 1; got ${var.replaced_retention_days}."
  }
}

variable "object_lock" {
  type        = object({ mode = string, days = number })
  description = "Days in which no version can be deleted: `GOVERNANCE` (but by roles with s3:BypassGovernanceRetention) or `COMPLIANCE` (by nobody, the account's root included). Null for none; only a new bucket takes it, so another choice replaces the bucket."
  default     = null

  validation {
    condition     = var.object_lock == null ? true : try(contains(["GOVERNANCE", "COMPLIANCE"], var.object_lock.mode), false)
    error_message = "object_lock.mode must be GOVERNANCE or COMPLIANCE; got ${jsonencode(try(var.object_lock.mode, null))}."
  }

  validation {
    condition     = var.object_lock == null ? true : try(var.object_lock.days >= 1 && var.object_lock.days <= 36500 && floor(var.object_lock.days) == var.object_lock.days, false)
    error_message = "object_lock.days must be a whole number from 1 to 36500; got ${jsonencode(try(var.object_lock.days, null))}."
  }
}

variable "protected" {
  type        = bool
  description = "Whether the bucket refuses to be destroyed while it holds objects."
  default     = true
  nullable    = false
}

variable "key" {
  type        = object({ arn = string, id = string })
  description = "Customer-managed key that encrypts the objects; null for the account's `aws/s3` key."
  default     = null
}

variable "tags" {
  type        = map(string)
  description = "Tags of the bucket."
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
