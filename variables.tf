variable "environment" {
  type        = string
  description = "Name of the environment; every AWS name starts with `sluice-<environment>`."

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,11}$", var.environment))
    error_message = "environment must be 2-12 lower-case letters or digits, starting with a letter; got \"${var.environment}\"."
  }
}

variable "region" {
  type        = string
  description = "AWS Region of everything here."
}

variable "packages_dir" {
  type        = string
  description = "Folder of the zips and the manifest that `make package` built, as seen from where Terraform runs."
  default     = "dist/lambda"

  validation {
    condition     = fileexists("${var.packages_dir}/manifest.json")
    error_message = "packages_dir must hold the manifest.json that `make package` writes; there is none in \"${var.packages_dir}\". Run `make package`."
  }
}

variable "operations_emails" {
  type        = set(string)
  description = "Addresses that every alarm is mailed to; each gets a confirmation request first."
  default     = []
}

variable "log_retention_days" {
  type        = number
  description = "Days that function logs are kept."
  default     = 30
}

variable "protected" {
  type        = bool
  description = "Whether tables refuse deletion and buckets with objects refuse to be destroyed."
  default     = true
}

variable "permissions_boundary_arn" {
  type        = string
  description = "Policy that bounds every role made here; null for none."
  default     = null
}

variable "trips" {
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
  description = "Sizes and limits of the trips flow; see modules/trips."
  default     = {}
}
