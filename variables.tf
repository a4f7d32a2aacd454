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
  description = "Sizes and limits of the trips flow; see modules/trips."
  default     = {}
}

variable "orders" {
  type = object({
    # The HTTP API: {} for one with these defaults; left out, orders come into the table in another way.
    api = optional(object({
      throttling = optional(object({
        requests_per_second = optional(number, 100)
        burst_requests      = optional(number, 200)
      }), {})
      cors = optional(object({
        origins         = optional(set(string), []) # e.g. https://shop.example.com; none: no browser of another site
        max_age_seconds = optional(number, 600)
      }), {})
      jwt                  = optional(object({ issuer = string, audience = set(string) })) # left out: anybody may call
      anybody_may_order    = optional(bool, false)                                         # says so where the flow is protected
      slow_milliseconds    = optional(number, 1000)                                        # above it the latency alarm rings
      timeout_seconds      = optional(number, 10)
      memory_megabytes     = optional(number, 1024)
      reserved_concurrency = optional(number)
    }))

    pipeline = optional(object({
      payment_gateway_url  = optional(string)      # left out: every payment is approved
      approve_all_payments = optional(bool, false) # says so where the flow is protected
      carrier_url          = optional(string)      # left out: every order is shipped
      partner_seconds      = optional(number, 5)
      breaker = optional(object({
        failures             = optional(number, 5) # within the window, to open
        window_seconds       = optional(number, 60)
        rest_seconds         = optional(number, 15) # before one call tries again; doubled each time, up to
        longest_rest_seconds = optional(number, 300)
      }), {})
      order_days              = optional(number) # finished orders are removed so much later; left out: never
      batch_size              = optional(number, 25)
      batching_window_seconds = optional(number, 0)
      parallelization_factor  = optional(number, 1)
      record_age_seconds      = optional(number, 21600)
      retry_concurrency       = optional(number, 5)
      timeout_seconds         = optional(number, 60)
      memory_megabytes        = optional(number, 512)
      reserved_concurrency    = optional(number)
    }), {})

    publisher = optional(object({
      batch_size              = optional(number, 100)
      batching_window_seconds = optional(number, 0)
      parallelization_factor  = optional(number, 1)
      record_age_seconds      = optional(number, 21600)
      timeout_seconds         = optional(number, 60)
      memory_megabytes        = optional(number, 512)
    }), {})

    notifications = optional(object({
      emails = optional(set(string), []) # each gets a confirmation request first
      phones = optional(set(string), []) # in E.164, e.g. +15551234567
    }), {})

    audit = optional(object({
      object_lock    = optional(object({ mode = string, days = number })) # GOVERNANCE or COMPLIANCE; only when the bucket is made
      retention_days = optional(number)                                   # left out: for ever
    }), {})

    # These attach where they are given.
    cache = optional(object({
      url = string # redis:// or rediss://
      vpc = optional(object({ subnet_ids = list(string), security_group_ids = list(string) }))
    }))
    search = optional(object({
      url        = string
      domain_arn = optional(string) # of an OpenSearch domain on AWS, to sign requests for
      vpc        = optional(object({ subnet_ids = list(string), security_group_ids = list(string) }))
    }))
    workflow = optional(object({
      pick_seconds = optional(number, 60)
      pack_seconds = optional(number, 60)
    }))

    # Subscribers of your own, by name.
    subscribers = optional(map(object({
      package     = string # the actor, as `make package` names it
      description = optional(string, "")
      statuses    = optional(set(string), []) # what the order came to; beside changes, what it has after one; empty: every one
      changes     = optional(set(string), []) # INSERT, MODIFY, REMOVE; empty: every one, beside statuses the first two
      changed     = optional(set(string), []) # attributes, one of which must have changed; empty: whichever
      pattern     = optional(string)          # an event pattern in JSON, in place of these three
      environment = optional(map(string), {})
      permissions = optional(map(object({
        actions    = list(string)
        resources  = list(string)
        conditions = optional(list(object({ test = string, variable = string, values = list(string) })), [])
      })), {})
      vpc                     = optional(object({ subnet_ids = list(string), security_group_ids = list(string) }))
      timeout_seconds         = optional(number, 30)
      memory_megabytes        = optional(number, 512)
      batch_size              = optional(number, 10)
      batching_window_seconds = optional(number, 0)
      maximum_concurrency     = optional(number, 10)
      reserved_concurrency    = optional(number)
    })), {})

    status_index            = optional(bool, true) # finds orders by status; see the README for what it bears
    subscriber_concurrency  = optional(number, 10) # of each of the flow's own subscribers
    failures_retention_days = optional(number, 90)
  })
  description = "What the orders flow has beside its pipeline, and its sizes and limits; see modules/orders."
  default     = { api = {} }
}
