variable "name" {
  type        = string
  description = "Function name, in full; the role and the log group carry it too."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,62}$", var.name))
    error_message = "name must be 2-63 lower-case letters, digits or hyphens, starting with a letter; got \"${var.name}\"."
  }
}

variable "description" {
  type        = string
  description = "What the function does, in one sentence; shown in the AWS console."
  default     = ""
  nullable    = false

  validation {
    condition     = length(var.description) <= 256
    error_message = "description must be at most 256 characters; got ${length(var.description)}."
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
  description = "The zip that `make package` built, with its entry of the manifest: path, base64 SHA-256, entry point, runtime and architecture."
  nullable    = false

  validation {
    condition     = try(fileexists(var.package.path), false)
    error_message = "package.path must be a zip that is there; got ${jsonencode(var.package.path)}. Run `make package`."
  }

  validation {
    condition     = try(contains(["arm64", "x86_64"], var.package.architecture), false)
    error_message = "package.architecture must be \"arm64\" or \"x86_64\"; got ${jsonencode(var.package.architecture)}."
  }

  validation {
    condition     = can(regex("^[A-Za-z0-9+/]{43}=$", var.package.sha256))
    error_message = "package.sha256 must be a SHA-256 in base64 (44 characters), not in hexadecimal; got ${jsonencode(var.package.sha256)}."
  }
}

variable "timeout_seconds" {
  type        = number
  description = "Longest one invocation may run, in seconds. A queue's visibility timeout must be at least six times this."
  default     = 30
  nullable    = false

  validation {
    condition     = var.timeout_seconds >= 1 && var.timeout_seconds <= 900 && floor(var.timeout_seconds) == var.timeout_seconds
    error_message = "timeout_seconds must be a whole number from 1 to 900; got ${var.timeout_seconds}."
  }
}

variable "memory_megabytes" {
  type        = number
  description = "Memory of one instance, in MB; the share of a CPU grows with it (one whole CPU at 1,769)."
  default     = 512
  nullable    = false

  validation {
    condition     = var.memory_megabytes >= 128 && var.memory_megabytes <= 10240 && floor(var.memory_megabytes) == var.memory_megabytes
    error_message = "memory_megabytes must be a whole number from 128 to 10240; got ${var.memory_megabytes}."
  }
}

variable "environment" {
  type        = map(string)
  description = "Environment variables, 4 KB in all; encrypted with `key` where one is given."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.environment) : can(regex("^[A-Za-z][A-Za-z0-9_]+$", name))])
    error_message = "environment must be named by two or more letters, digits or underscores, a letter first; got ${jsonencode(keys(var.environment))}."
  }

  validation {
    condition = length(setintersection(keys(var.environment), [
      "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_DEFAULT_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
      "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME",
      "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_LAMBDA_RUNTIME_API", "AWS_REGION", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
      "LAMBDA_RUNTIME_DIR", "LAMBDA_TASK_ROOT",
    ])) == 0
    error_message = "environment must not hold what Lambda sets itself, such as AWS_REGION; got ${jsonencode(keys(var.environment))}. Remove it, the function finds it set, or choose another name."
  }

  validation {
    condition     = alltrue([for value in var.environment : value != null])
    error_message = "environment must have a text for every name; got null for one of ${jsonencode(keys(var.environment))}. Leave the name out instead."
  }

  # AWS measures the JSON of all names and values. Four characters of base64 are three bytes, less one for each = at the end.
  validation {
    condition = (
      length(base64encode(jsonencode(var.environment))) / 4 * 3 - length(regex("=*$", base64encode(jsonencode(var.environment)))) <= 4096
    )
    error_message = "environment must be at most 4,096 bytes in all, as JSON; got about ${length(base64encode(jsonencode(var.environment))) / 4 * 3}. Keep long values in Parameter Store or beside the code."
  }
}

variable "tracing" {
  type        = bool
  description = "Whether invocations are traced by X-Ray; false only passes on what the caller has sampled."
  default     = true
  nullable    = false
}

variable "reserved_concurrency" {
  type        = number
  description = "Concurrent invocations set aside for the function, and its ceiling; null shares the account's. Must hold every batch its provisioned streams may have in flight (an on-demand stream's shards are AWS's to choose and are not counted)."
  default     = null

  validation {
    condition     = var.reserved_concurrency == null ? true : var.reserved_concurrency >= 1 && floor(var.reserved_concurrency) == var.reserved_concurrency
    error_message = "reserved_concurrency must be a whole number of at least 1, or null; got ${coalesce(var.reserved_concurrency, 0)}. To stop a function, set enabled = false on its sources."
  }

  validation {
    condition     = var.reserved_concurrency == null ? true : var.reserved_concurrency >= local.parallel_batches
    error_message = "reserved_concurrency must be at least shards x parallelization_factor summed over the provisioned streams, ${local.parallel_batches}, or some shards are throttled for ever; got ${coalesce(var.reserved_concurrency, 0)}."
  }

  validation {
    condition = var.reserved_concurrency == null ? true : alltrue([
      for source in var.queue_sources : source.maximum_concurrency == null ? true : source.maximum_concurrency <= var.reserved_concurrency
    ])
    error_message = "reserved_concurrency must be at least each queue's maximum_concurrency, or messages are throttled into their dead-letter queue; got ${coalesce(var.reserved_concurrency, 0)}."
  }
}

variable "gradual_shift" {
  type = object({
    stable_version    = string
    new_version_share = number
  })
  description = "While a new version is tried: the version that keeps the rest of the traffic, and the share (0 to below 1) that the latest one gets. A share of 0 sends everything back to the stable version; null sends everything to the latest."
  default     = null

  validation {
    condition     = var.gradual_shift == null ? true : can(regex("^[1-9][0-9]*$", var.gradual_shift.stable_version))
    error_message = "gradual_shift.stable_version must be a published version's number, as output function.version gave it; got ${jsonencode(try(var.gradual_shift.stable_version, null))}."
  }

  validation {
    condition     = var.gradual_shift == null ? true : try(var.gradual_shift.new_version_share >= 0 && var.gradual_shift.new_version_share < 1, false)
    error_message = "gradual_shift.new_version_share must be at least 0 and below 1; got ${jsonencode(try(var.gradual_shift.new_version_share, null))}. To finish a shift, remove gradual_shift."
  }
}

variable "log_retention_days" {
  type        = number
  description = "Days that the function's logs are kept."
  default     = 30
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be one of CloudWatch's periods (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, ...); got ${var.log_retention_days}."
  }
}

variable "key" {
  type        = object({ arn = string })
  description = "Customer-managed key for the environment and the logs; null encrypts both with keys that the services own."
  default     = null
}

variable "vpc" {
  type = object({
    subnet_ids         = list(string)
    security_group_ids = list(string)
  })
  description = "Subnets and security groups to run in; null runs outside any VPC. Inside one, AWS endpoints need a route."
  default     = null

  validation {
    condition     = var.vpc == null ? true : try(length(var.vpc.subnet_ids) >= 1 && length(var.vpc.subnet_ids) <= 16, false)
    error_message = "vpc.subnet_ids must be 1-16, the most that Lambda takes; got ${jsonencode(try(length(var.vpc.subnet_ids), null))}."
  }

  validation {
    condition     = var.vpc == null ? true : try(length(var.vpc.security_group_ids) >= 1 && length(var.vpc.security_group_ids) <= 5, false)
    error_message = "vpc.security_group_ids must be 1-5, the most that Lambda takes; got ${jsonencode(try(length(var.vpc.security_group_ids), null))}."
  }

  validation {
    condition     = alltrue([for id in try(concat(var.vpc.subnet_ids, var.vpc.security_group_ids), []) : id != null])
    error_message = "vpc must name every subnet and security group; got null for one of them."
  }
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
  description = "What the function's own code may do, by statement name, e.g. `{ WriteTrips = { actions = [...], resources = [...] } }`. Reading its sources and sending failures needs none."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.permissions) : can(regex("^[A-Z][A-Za-z0-9]*$", name))])
    error_message = "permissions must be named verb first, in letters and digits, such as WriteTrips; got ${join(", ", keys(var.permissions))}."
  }

  validation {
    condition     = length(setintersection(keys(var.permissions), keys(local.wired_permissions))) == 0
    error_message = "permissions must not take the name of a statement that the wiring makes; got ${join(", ", keys(var.permissions))}."
  }

  validation {
    condition     = alltrue(flatten([for grant in var.permissions : [for action in try(grant.actions, []) : can(regex("^[a-z0-9-]+:[A-Za-z]", action))]]))
    error_message = "permissions must name their actions, not all of a service's; got ${jsonencode({ for name, grant in var.permissions : name => try(grant.actions, null) })}."
  }

  validation {
    condition     = alltrue([for grant in var.permissions : try(length(grant.actions) > 0 && length(grant.resources) > 0, false)])
    error_message = "permissions must each have at least one action and one resource; got null or an empty list in one of ${join(", ", keys(var.permissions))}."
  }
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

  validation {
    condition     = alltrue([for name, value in var.tags : can(regex("^[\\p{L}\\p{N}\\p{Z}+=._:/@-]*$", "${name}${value}"))])
    error_message = "tags may hold letters, digits, spaces and + - = . _ : / @, for S3 and Lambda refuse the rest; got ${join(", ", [for name, value in var.tags : value == null ? name : "${name} = ${value}" if !can(regex("^[\\p{L}\\p{N}\\p{Z}+=._:/@-]*$", "${name}${value}"))])}."
  }
}
