variable "name" {
  type        = string
  description = "Table name, in full; alarm and scaling names begin with it."
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_.-]{3,128}$", var.name))
    error_message = "name must be 3-128 letters, digits, hyphens, dots or underscores (AWS takes 255, the names of its alarms need the rest); got \"${var.name}\"."
  }
}

variable "partition_key" {
  type        = object({ name = string, type = string })
  description = "Attribute that spreads the items, and its type: `S`, `N` or `B`. Another one replaces the table."
  nullable    = false

  validation {
    condition     = try(contains(["S", "N", "B"], var.partition_key.type), false)
    error_message = "partition_key.type must be S (string), N (number) or B (binary); got ${jsonencode(var.partition_key.type)}."
  }

  validation {
    condition     = can(regex("^.{1,255}$", var.partition_key.name))
    error_message = "partition_key.name must be 1-255 characters; got ${jsonencode(var.partition_key.name)}."
  }
}

variable "sort_key" {
  type        = object({ name = string, type = string })
  description = "Attribute that orders the items of one partition, and its type; null for a table of single items. Another one replaces the table."
  default     = null

  validation {
    condition     = var.sort_key == null ? true : try(contains(["S", "N", "B"], var.sort_key.type), false)
    error_message = "sort_key.type must be S (string), N (number) or B (binary); got ${jsonencode(try(var.sort_key.type, null))}."
  }

  validation {
    condition     = var.sort_key == null ? true : can(regex("^.{1,255}$", var.sort_key.name))
    error_message = "sort_key.name must be 1-255 characters; got ${jsonencode(try(var.sort_key.name, null))}."
  }

  validation {
    condition     = var.sort_key == null ? true : var.sort_key.name != var.partition_key.name
    error_message = "sort_key must be another attribute than partition_key; got \"${var.partition_key.name}\" for both."
  }
}

variable "indexes" {
  type = map(object({
    partition_key = object({ name = string, type = string })
    sort_key      = optional(object({ name = string, type = string }))
    projection    = optional(string, "ALL")
    attributes    = optional(set(string), [])
  }))
  description = "Global secondary indexes by name. `projection` is `ALL`, `KEYS_ONLY` or `INCLUDE` (the keys and `attributes`)."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for index in var.indexes : try(index.partition_key, null) != null])
    error_message = "indexes must each have a partition_key; got null for ${join(", ", [for name, index in var.indexes : name if try(index.partition_key, null) == null])}."
  }

  validation {
    condition     = alltrue([for name, index in var.indexes : can(regex("^[a-zA-Z0-9_.-]{3,100}$", name))])
    error_message = "indexes must be named by 3-100 letters, digits, hyphens, dots or underscores; got ${join(", ", keys(var.indexes))}."
  }

  validation {
    condition     = length(var.indexes) <= 20
    error_message = "indexes must be at most 20, the most that a table takes; got ${length(var.indexes)}."
  }

  validation {
    condition = alltrue([
      for key in flatten([for index in var.indexes : [try(index.partition_key, null), try(index.sort_key, null)]]) :
      key == null ? true : try(contains(["S", "N", "B"], key.type), false)
    ])
    error_message = "indexes must have keys of type S (string), N (number) or B (binary); got ${jsonencode(var.indexes)}."
  }

  validation {
    condition     = alltrue([for index in var.indexes : try(contains(["ALL", "KEYS_ONLY", "INCLUDE"], index.projection), true)])
    error_message = "indexes must have the projection ALL, KEYS_ONLY or INCLUDE; got ${jsonencode({ for name, index in var.indexes : name => try(index.projection, null) })}."
  }

  validation {
    condition     = alltrue([for index in var.indexes : try((index.projection == "INCLUDE") == (length(index.attributes) > 0), true)])
    error_message = "indexes must name attributes with projection INCLUDE, and only then; got ${jsonencode(var.indexes)}."
  }

  validation {
    condition = alltrue([
      for key in flatten([for index in var.indexes : [try(index.partition_key, null), try(index.sort_key, null)]]) :
      key == null ? true : can(regex("^.{1,255}$", key.name))
    ])
    error_message = "indexes must have keys named by 1-255 characters; got ${jsonencode(var.indexes)}."
  }

  validation {
    condition     = alltrue([for index in var.indexes : try(index.partition_key.name != index.sort_key.name, true)])
    error_message = "indexes must have another attribute as sort_key than as partition_key; got one for both in ${join(", ", [for name, index in var.indexes : name if try(index.partition_key.name == index.sort_key.name, false)])}."
  }

  validation {
    condition     = alltrue(flatten([for index in var.indexes : [for attribute in try(index.attributes, []) : can(regex("^.{1,255}$", attribute))]]))
    error_message = "indexes must name their attributes by 1-255 characters; got ${jsonencode(var.indexes)}."
  }
}

variable "stream_view_type" {
  type        = string
  description = "What each record of the change stream carries: `KEYS_ONLY`, `NEW_IMAGE`, `OLD_IMAGE` or `NEW_AND_OLD_IMAGES`; null for no stream. A stream bears two readers, one if the table has replicas: a further one is throttled."
  default     = null

  validation {
    condition = var.stream_view_type == null ? true : contains(
      ["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"], var.stream_view_type
    )
    error_message = "stream_view_type must be null, KEYS_ONLY, NEW_IMAGE, OLD_IMAGE or NEW_AND_OLD_IMAGES; got \"${coalesce(var.stream_view_type, "null")}\"."
  }
}

variable "stream_readers" {
  type        = set(string)
  description = "Names of the functions that read the change stream: two at most, one if the table has replicas, for AWS throttles a further reader. `modules/function` refuses any that is not named. Null: nobody keeps count."
  default     = null

  validation {
    condition     = length(coalesce(var.stream_readers, [])) <= (length(var.replicas) > 0 ? 1 : 2)
    error_message = "stream_readers may be at most ${length(var.replicas) > 0 ? "one, for the table has replicas" : "two"}; got ${jsonencode(var.stream_readers)}. Have one of them feed the others, through a bus for example."
  }

  validation {
    condition     = length(coalesce(var.stream_readers, [])) == 0 || var.stream_view_type != null
    error_message = "stream_readers need a stream; got ${jsonencode(var.stream_readers)} and no stream_view_type. Set it, NEW_AND_OLD_IMAGES for example."
  }
}

variable "ttl_attribute" {
  type        = string
  description = "Number attribute with the epoch second after which DynamoDB deletes the item; null if items stay. Once set, switch expiry off by `ttl_enabled`."
  default     = null

  validation {
    condition     = var.ttl_attribute == null ? true : length(var.ttl_attribute) >= 1 && length(var.ttl_attribute) <= 255
    error_message = "ttl_attribute must be null or 1-255 characters; got ${length(coalesce(var.ttl_attribute, " "))}."
  }
}

variable "ttl_enabled" {
  type        = bool
  description = "Whether items expire by `ttl_attribute`. AWS needs the attribute's name to switch expiry off, so keep it and set this to false."
  default     = true
  nullable    = false
}

variable "point_in_time_recovery" {
  type        = bool
  description = "Whether the table can be restored to any second of the last 35 days, in every Region."
  default     = true
  nullable    = false
}

variable "deletion_protection" {
  type        = bool
  description = "Whether AWS refuses to delete the table, also to `terraform destroy`, until an apply has set this to false."
  default     = true
  nullable    = false
}

variable "table_class" {
  type        = string
  description = "`STANDARD`, or `STANDARD_INFREQUENT_ACCESS` where storage is most of the cost."
  default     = "STANDARD"
  nullable    = false

  validation {
    condition     = contains(["STANDARD", "STANDARD_INFREQUENT_ACCESS"], var.table_class)
    error_message = "table_class must be STANDARD or STANDARD_INFREQUENT_ACCESS; got \"${var.table_class}\"."
  }
}

variable "key" {
  type        = object({ arn = string, id = string })
  description = "Customer-managed key that encrypts the table, its indexes, stream and backups; null for the account's `aws/dynamodb` key, whose every use CloudTrail shows too."
  default     = null
}

variable "replicas" {
  type = map(object({
    key = optional(object({ arn = string, id = string }))
  }))
  description = "Replicas (global table) by Region, each with that Region's own customer-managed key if the table has one. The last writer wins across Regions: never ADD to one item from two."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for replica in var.replicas : replica != null])
    error_message = "replicas must each be an object, {} for one without a key of its own; got null for ${join(", ", [for region, replica in var.replicas : region if replica == null])}."
  }

  validation {
    condition     = alltrue([for region, replica in var.replicas : can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", region))])
    error_message = "replicas are keyed by Region, e.g. { \"eu-central-1\" = {} }; got ${join(", ", keys(var.replicas))}."
  }

  validation {
    condition     = length(var.replicas) == 0 ? true : var.stream_view_type == "NEW_AND_OLD_IMAGES"
    error_message = "A table with replicas needs stream_view_type = \"NEW_AND_OLD_IMAGES\"; got \"${coalesce(var.stream_view_type, "null")}\"."
  }

  validation {
    condition     = alltrue([for replica in var.replicas : (replica.key == null) == (var.key == null) if replica != null])
    error_message = "replicas must each have their Region's own customer-managed key if the table has one, and none if it has none; got ${var.key == null ? "none" : "one"} for the table, and keys for ${jsonencode([for region, replica in var.replicas : region if try(replica.key, null) != null])}."
  }
}

variable "autoscaling" {
  type = object({
    read = object({
      minimum_units              = number
      maximum_units              = number
      utilization_target_percent = optional(number, 70)
    })
    write = object({
      minimum_units              = number
      maximum_units              = number
      utilization_target_percent = optional(number, 70)
    })
  })
  description = "Provisioned capacity units that follow the load between two bounds, kept at a percentage of use; null for on-demand, which needs no forecast. Either can become the other later without recreating the table."
  default     = null

  validation {
    condition = var.autoscaling == null ? true : alltrue([
      for capacity in [var.autoscaling.read, var.autoscaling.write] :
      try(
        capacity.minimum_units >= 1 && capacity.maximum_units >= capacity.minimum_units
        && floor(capacity.minimum_units) == capacity.minimum_units && floor(capacity.maximum_units) == capacity.maximum_units,
        false,
      )
    ])
    error_message = "autoscaling must have whole units, 1 <= minimum_units <= maximum_units, for read and for write; got ${jsonencode(var.autoscaling)}."
  }

  validation {
    condition = var.autoscaling == null ? true : alltrue([
      for capacity in [var.autoscaling.read, var.autoscaling.write] :
      try(capacity.utilization_target_percent >= 20 && capacity.utilization_target_percent <= 90, true)
    ])
    error_message = "autoscaling.*.utilization_target_percent must be 20-90, DynamoDB accepts no other; got ${jsonencode(var.autoscaling)}."
  }

  validation {
    condition     = var.autoscaling == null || length(var.indexes) == 0
    error_message = "A table with indexes is on-demand only: Terraform cannot leave the capacity of an index alone, so an apply would reset what autoscaling had set."
  }

  validation {
    condition     = var.autoscaling == null || length(var.replicas) == 0
    error_message = "A table with replicas is on-demand only: AWS refuses a replica until the table scales, and it cannot scale before it exists."
  }
}

variable "operations" {
  type        = set(string)
  description = "DynamoDB operations whose system errors are watched; CloudWatch counts them per operation, and one alarm adds up at most ten."
  default     = ["BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "TransactWriteItems", "UpdateItem"]
  nullable    = false

  validation {
    condition = length(setsubtract(var.operations, [
      "BatchExecuteStatement", "BatchGetItem", "BatchWriteItem", "DeleteItem", "ExecuteStatement", "ExecuteTransaction", "GetItem",
      "GetRecords", "PutItem", "Query", "Scan", "TransactGetItems", "TransactWriteItems", "UpdateItem"
    ])) == 0
    error_message = "operations must be DynamoDB operations as CloudWatch names them, e.g. PutItem or GetRecords; got ${jsonencode(var.operations)}."
  }

  validation {
    condition     = length(var.operations) >= 1 && length(var.operations) <= 10
    error_message = "operations must be 1-10: an alarm adds up at most ten metrics; got ${length(var.operations)}."
  }
}

variable "thresholds" {
  type = object({
    throttled_events_per_minute      = optional(number, 0)
    system_errors_per_minute         = optional(number, 0)
    replication_latency_milliseconds = optional(number, 60000)
  })
  description = "What three of five minutes must exceed to raise an alarm."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for threshold in values(var.thresholds) : threshold >= 0])
    error_message = "thresholds must be at least 0, for the metrics never fall below; got ${jsonencode(var.thresholds)}."
  }
}

variable "operations_topic" {
  type        = object({ arn = string })
  description = "Topic that every alarm notifies, when it rings and when it is over."
  nullable    = false
}

variable "tags" {
  type        = map(string)
  description = "Tags of the table, its replicas, scaling targets and alarms."
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
