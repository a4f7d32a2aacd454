variable "settings" {
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
  description = "What the flow has beside its pipeline, and sizes and limits; the defaults suit production, and `{ api = {} }` is the flow with its API. A protected flow must say who takes the money and who may order."
  default     = { api = {} }
  nullable    = false

  # api
  validation {
    condition     = try(var.settings.api.throttling.requests_per_second >= 1 && var.settings.api.throttling.burst_requests >= 1, true)
    error_message = "settings.api.throttling must let one request through at least, or nobody can order; got ${jsonencode(try(var.settings.api.throttling, null))}."
  }

  validation {
    condition     = try(alltrue([for origin in var.settings.api.cors.origins : can(regex("^([*]|https?://[^/*]+)$", origin))]), true)
    error_message = "settings.api.cors.origins must be origins such as https://shop.example.com, without a path, or \"*\"; got ${jsonencode(try(var.settings.api.cors.origins, null))}."
  }

  validation {
    condition     = var.settings.api == null ? true : var.settings.api.jwt == null ? true : can(regex("^https?://", var.settings.api.jwt.issuer)) && try(length(var.settings.api.jwt.audience) > 0, false)
    error_message = "settings.api.jwt must have an issuer's URL and at least one audience; got ${jsonencode(try(var.settings.api.jwt, null))}."
  }

  validation {
    condition     = var.settings.api == null ? true : var.settings.api.jwt != null ? !var.settings.api.anybody_may_order : var.settings.api.anybody_may_order || !var.protected
    error_message = "settings.api must name in jwt who issues tokens, or say anybody_may_order = true, where the flow is protected, and not both; got jwt ${jsonencode(try(var.settings.api.jwt, null))} and anybody_may_order ${try(var.settings.api.anybody_may_order, false)}."
  }

  validation {
    condition     = try(var.settings.api.timeout_seconds <= 29, true)
    error_message = "settings.api.timeout_seconds may be at most 29: after 30 seconds API Gateway answers 503 for a function that still works; got ${try(var.settings.api.timeout_seconds, 0)}."
  }

  # pipeline
  # URLs may hold a token. Neither the messages nor what Terraform shows of a condition's values may hold it too: hence the loops.
  validation {
    condition = alltrue([
      for pipeline in var.settings.pipeline[*] : alltrue([
        for url in [pipeline.payment_gateway_url, pipeline.carrier_url] :
        url == null ? true : can(regex("^(https://|http://127[.]0[.]0[.]1[:/])", url))
      ])
    ])
    error_message = "settings.pipeline.payment_gateway_url and carrier_url must be https://, for they carry money and addresses (http:// to 127.0.0.1 only). What they are is not shown, lest it hold a token."
  }

  validation {
    condition = alltrue([
      for pipeline in var.settings.pipeline[*] :
      pipeline.payment_gateway_url != null ? !pipeline.approve_all_payments : pipeline.approve_all_payments || !var.protected
    ])
    error_message = "settings.pipeline must name a payment_gateway_url, or say approve_all_payments = true, where the flow is protected, and not both: without a gateway goods go out and no money comes in; got ${var.settings.pipeline.payment_gateway_url == null ? "none" : "a payment_gateway_url"} and approve_all_payments ${var.settings.pipeline.approve_all_payments}."
  }

  validation {
    condition     = var.settings.pipeline.partner_seconds >= 1 && var.settings.pipeline.partner_seconds <= 20
    error_message = "settings.pipeline.partner_seconds must be 1-20; got ${var.settings.pipeline.partner_seconds}."
  }

  # A step that is begun must come to its end: one call, and the write that follows it.
  validation {
    condition     = var.settings.pipeline.timeout_seconds >= 2 * var.settings.pipeline.partner_seconds + 10
    error_message = "settings.pipeline.timeout_seconds must be at least 2 x partner_seconds + 10 = ${2 * var.settings.pipeline.partner_seconds + 10}, or a slow partner takes the whole invocation; got ${var.settings.pipeline.timeout_seconds}."
  }

  validation {
    condition     = var.settings.pipeline.breaker.failures >= 1 && var.settings.pipeline.breaker.failures <= 20 && floor(var.settings.pipeline.breaker.failures) == var.settings.pipeline.breaker.failures
    error_message = "settings.pipeline.breaker.failures must be a whole number of 1-20, for each is a call that waited for a broken partner while orders stood behind it; got ${var.settings.pipeline.breaker.failures}."
  }

  validation {
    condition     = var.settings.pipeline.breaker.window_seconds > 0
    error_message = "settings.pipeline.breaker.window_seconds must be above 0, or no two failures meet in it; got ${var.settings.pipeline.breaker.window_seconds}."
  }

  # An order waits out a rest as one message, which SQS delays.
  validation {
    condition     = var.settings.pipeline.breaker.rest_seconds >= 1 && var.settings.pipeline.breaker.rest_seconds <= var.settings.pipeline.breaker.longest_rest_seconds && var.settings.pipeline.breaker.longest_rest_seconds <= 900
    error_message = "settings.pipeline.breaker must have 1 <= rest_seconds <= longest_rest_seconds <= 900, the longest that SQS delays a message; got rest_seconds ${var.settings.pipeline.breaker.rest_seconds} and longest_rest_seconds ${var.settings.pipeline.breaker.longest_rest_seconds}."
  }

  validation {
    condition     = var.settings.pipeline.order_days == null ? true : var.settings.pipeline.order_days >= 1 && floor(var.settings.pipeline.order_days) == var.settings.pipeline.order_days
    error_message = "settings.pipeline.order_days must be a whole number of at least 1, or left out to keep orders; got ${coalesce(var.settings.pipeline.order_days, 0)}."
  }

  # notifications
  validation {
    condition     = alltrue([for phone in var.settings.notifications.phones : can(regex("^[+][1-9][0-9]{6,14}$", phone))])
    error_message = "settings.notifications.phones must be in E.164, such as +15551234567; got ${jsonencode(var.settings.notifications.phones)}."
  }

  validation {
    condition     = alltrue([for email in var.settings.notifications.emails : can(regex("^[^@ ]+@[^@ ]+$", email))])
    error_message = "settings.notifications.emails must be addresses; got ${jsonencode(var.settings.notifications.emails)}."
  }

  # cache, search, workflow
  validation {
    condition     = alltrue([for cache in var.settings.cache[*] : can(regex("^rediss?://", cache.url))])
    error_message = "settings.cache.url must begin with rediss:// (encrypted) or redis://. What it is is not shown, lest it hold a token."
  }

  validation {
    condition     = alltrue([for search in var.settings.search[*] : can(regex("^(https://|http://127[.]0[.]0[.]1[:/])", search.url))])
    error_message = "settings.search.url must be https:// (http:// to 127.0.0.1 only). What it is is not shown, lest it hold a token."
  }

  validation {
    condition     = try(alltrue([for seconds in var.settings.workflow : seconds >= 1 && floor(seconds) == seconds]), true)
    error_message = "settings.workflow must have whole seconds of at least 1; got ${jsonencode(var.settings.workflow)}."
  }

  # subscribers
  validation {
    condition     = alltrue([for name in keys(var.settings.subscribers) : can(regex("^[a-z][a-z0-9-]{1,17}$", name))])
    error_message = "settings.subscribers must be named by 2-18 lower-case letters, digits or hyphens, a letter first; got ${jsonencode(keys(var.settings.subscribers))}."
  }

  validation {
    condition     = length(setintersection(keys(var.settings.subscribers), ["analytics", "api", "audit", "cache", "notifications", "pipeline", "publisher", "retries", "search", "workflow"])) == 0
    error_message = "settings.subscribers must not take the name of an actor of the flow; got ${jsonencode(keys(var.settings.subscribers))}. Choose another."
  }

  validation {
    condition = alltrue([
      for subscriber in var.settings.subscribers :
      length(setsubtract(subscriber.statuses, ["PLACED", "VALIDATED", "PAID", "RESERVED", "SHIPPED", "REJECTED"])) == 0
    ])
    error_message = "settings.subscribers' statuses may be PLACED, VALIDATED, PAID, RESERVED, SHIPPED and REJECTED; got ${jsonencode({ for name, subscriber in var.settings.subscribers : name => subscriber.statuses })}."
  }

  # failures
  validation {
    condition     = var.settings.failures_retention_days >= 7 && floor(var.settings.failures_retention_days) == var.settings.failures_retention_days
    error_message = "settings.failures_retention_days must leave people at least 7 whole days to redrive a discarded batch; got ${var.settings.failures_retention_days}."
  }
}
