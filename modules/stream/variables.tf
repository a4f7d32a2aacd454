variable "name" {
  type        = string
  description = "Name of the stream; its alarms' names start with it."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,127}$", var.name))
    error_message = "name must be 2-128 lower-case letters, digits or hyphens, starting with a letter; got \"${var.name}\"."
  }
}

variable "capacity" {
  type = object({
    mode   = optional(string, "ON_DEMAND") # or PROVISIONED
    shards = optional(number)              # how many a provisioned stream starts with
  })
  description = "Who decides how many shards there are: AWS (`ON_DEMAND`), or you and whatever reshards the stream later (`PROVISIONED`); Terraform sets both once, see above for changing the mode."
  default     = {}
  nullable    = false

  validation {
    condition     = contains(["ON_DEMAND", "PROVISIONED"], var.capacity.mode)
    error_message = "capacity.mode must be ON_DEMAND or PROVISIONED; got \"${var.capacity.mode}\"."
  }

  validation {
    condition     = var.capacity.mode != "PROVISIONED" || try(var.capacity.shards >= 1 && floor(var.capacity.shards) == var.capacity.shards, false)
    error_message = "capacity.shards must be a whole number of at least 1 for a PROVISIONED stream; got ${jsonencode(var.capacity.shards)}."
  }

  validation {
    condition     = var.capacity.mode != "ON_DEMAND" || var.capacity.shards == null
    error_message = "capacity.shards must be left out for an ON_DEMAND stream, AWS decides it; got ${jsonencode(var.capacity.shards)}."
  }
}

variable "retention_hours" {
  type        = number
  description = "Hours that a record stays readable, 24-8,760; a consumer that falls behind further loses records. AWS charges extra above 24."
  default     = 168
  nullable    = false

  validation {
    condition     = var.retention_hours >= 24 && var.retention_hours <= 8760 && floor(var.retention_hours) == var.retention_hours
    error_message = "retention_hours must be a whole number from 24 to 8760; got ${var.retention_hours}."
  }
}

variable "key" {
  type        = object({ arn = string, id = string })
  description = "Customer-managed key that encrypts the records; null: the key AWS manages for Kinesis, which admits no reader in another account."
  default     = null
}

variable "shard_level_metrics" {
  type        = set(string)
  description = "Metrics that CloudWatch keeps for each shard, to find a hot one; each is charged per shard."
  default     = []
  nullable    = false

  validation {
    condition = length(setsubtract(var.shard_level_metrics, [
      "IncomingBytes",
      "IncomingRecords",
      "IteratorAgeMilliseconds",
      "OutgoingBytes",
      "OutgoingRecords",
      "ReadProvisionedThroughputExceeded",
      "WriteProvisionedThroughputExceeded",
    ])) == 0
    error_message = "shard_level_metrics may be IncomingBytes, IncomingRecords, IteratorAgeMilliseconds, OutgoingBytes, OutgoingRecords, ReadProvisionedThroughputExceeded and WriteProvisionedThroughputExceeded (ALL would show a change in every plan); got ${jsonencode(var.shard_level_metrics)}."
  }
}

variable "consumers" {
  type        = set(string)
  description = "Names of the readers with 2 MB/s per shard of their own (enhanced fan-out); everyone else shares 2 MB/s per shard."
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for name in var.consumers : can(regex("^[a-zA-Z0-9_.-]{1,128}$", name))])
    error_message = "consumers must be names of 1-128 letters, digits, dots, hyphens or underscores; got ${jsonencode(var.consumers)}."
  }

  validation {
    condition     = length(var.consumers) <= 20
    error_message = "consumers may be at most 20, the most that a stream takes; got ${length(var.consumers)}."
  }
}

variable "cross_account_readers" {
  type        = set(string)
  description = "Account ids, or ARNs of roles, in other accounts that may read the stream with shared throughput; name them in `modules/key` too."
  default     = []
  nullable    = false

  validation {
    condition = alltrue([
      for reader in var.cross_account_readers : can(regex("^([0-9]{12}|arn:aws[a-z-]*:iam::[0-9]{12}:(root|role/.+))$", reader))
    ])
    error_message = "cross_account_readers must be 12-digit account ids or ARNs of roles or account roots; got ${jsonencode(var.cross_account_readers)}."
  }

  validation {
    condition     = length(var.cross_account_readers) == 0 || var.key != null
    error_message = "cross_account_readers need a customer-managed key: alias/aws/kinesis decrypts for no other account; got ${jsonencode(var.cross_account_readers)} and no key."
  }
}

variable "operations_topic" {
  type        = object({ arn = string })
  description = "Topic that every alarm notifies, when it rings and when it is over."
  nullable    = false
}

variable "thresholds" {
  type = object({
    utilization_share            = optional(number, 0.8)     # of what the shards take in, or of the two lines below
    on_demand_records_per_second = optional(number, 4000)    # what AWS promises a new on-demand stream;
    on_demand_bytes_per_second   = optional(number, 4000000) # it takes twice the highest rate of the last 30 days
    throttled_writes_per_minute  = optional(number, 0)
    throttled_reads_per_minute   = optional(number, 0)
    failed_records               = optional(number, 0) # in five minutes
  })
  description = "What is still normal; above it the alarms ring."
  default     = {}
  nullable    = false

  validation {
    condition     = var.thresholds.utilization_share > 0 && var.thresholds.utilization_share <= 1
    error_message = "thresholds.utilization_share must be above 0 and at most 1; got ${var.thresholds.utilization_share}."
  }

  validation {
    condition     = var.thresholds.on_demand_records_per_second > 0 && var.thresholds.on_demand_bytes_per_second > 0
    error_message = "thresholds.on_demand_records_per_second and on_demand_bytes_per_second must be above 0; got ${var.thresholds.on_demand_records_per_second} and ${var.thresholds.on_demand_bytes_per_second}."
  }

  validation {
    condition = alltrue([
      for count in [var.thresholds.throttled_writes_per_minute, var.thresholds.throttled_reads_per_minute, var.thresholds.failed_records] : count >= 0
    ])
    error_message = "thresholds.throttled_writes_per_minute, throttled_reads_per_minute and failed_records must be at least 0; got ${jsonencode(var.thresholds)}."
  }
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
