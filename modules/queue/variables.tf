variable "name" {
  type        = string
  description = "Name of the queue, without `.fifo`; its dead-letter queue is `<name>-dead-letters`, and its alarms' names start with it."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,61}$", var.name))
    error_message = "name must be 2-62 lower-case letters, digits or hyphens, starting with a letter and without .fifo, which is added; got \"${var.name}\"."
  }
}

variable "fifo" {
  type = object({
    content_based_deduplication = optional(bool, false) # identical bodies within five minutes are one message
    high_throughput             = optional(bool, true)  # order, limits and deduplication per message group
  })
  description = "Makes the queue first-in-first-out; null: a standard queue."
  default     = null
}

variable "visibility_timeout_seconds" {
  type        = number
  description = "Seconds that a received message is hidden from other receivers, 0-43,200; for a Lambda source at least six times the function's timeout plus the batching window."
  default     = 180
  nullable    = false

  validation {
    condition     = var.visibility_timeout_seconds >= 0 && var.visibility_timeout_seconds <= 43200 && floor(var.visibility_timeout_seconds) == var.visibility_timeout_seconds
    error_message = "visibility_timeout_seconds must be a whole number from 0 to 43200; got ${var.visibility_timeout_seconds}."
  }
}

variable "retention_seconds" {
  type        = number
  description = "Seconds that an unread message is kept, 60-1,209,600; then it is gone. Null: 4 days with dead letters, 14 days without."
  default     = null

  validation {
    condition     = var.retention_seconds == null ? true : var.retention_seconds >= 60 && var.retention_seconds <= 1209600 && floor(var.retention_seconds) == var.retention_seconds
    error_message = "retention_seconds must be a whole number from 60 to 1209600 (14 days); got ${jsonencode(var.retention_seconds)}."
  }
}

variable "receive_wait_seconds" {
  type        = number
  description = "Seconds that a receive waits for a message, 0-20; 0 polls empty and costs a request each time."
  default     = 20
  nullable    = false

  validation {
    condition     = var.receive_wait_seconds >= 0 && var.receive_wait_seconds <= 20 && floor(var.receive_wait_seconds) == var.receive_wait_seconds
    error_message = "receive_wait_seconds must be a whole number from 0 to 20; got ${var.receive_wait_seconds}."
  }
}

variable "max_message_bytes" {
  type        = number
  description = "Bytes of the largest message taken, 1,024-262,144; a larger one is refused to its sender."
  default     = 262144
  nullable    = false

  # SQS itself takes 1 MiB by now; provider 5.100 refuses to ask for it.
  validation {
    condition     = var.max_message_bytes >= 1024 && var.max_message_bytes <= 262144 && floor(var.max_message_bytes) == var.max_message_bytes
    error_message = "max_message_bytes must be a whole number from 1024 to 262144; got ${var.max_message_bytes}."
  }
}

variable "dead_letters" {
  type = object({
    max_receive_count = optional(number, 5)       # receives without a delete before a message is set aside
    retention_seconds = optional(number, 1209600) # 14 days, the longest there is
  })
  description = "When and for how long messages that nobody could process are set aside in a queue of their own; null: a parking queue, which no function drives and whose messages wait for people."
  default     = {}

  validation {
    condition     = var.dead_letters == null ? true : var.dead_letters.max_receive_count >= 5 && var.dead_letters.max_receive_count <= 1000
    error_message = "dead_letters.max_receive_count must be 5-1000: a throttled Lambda function costs receives too, so fewer sets healthy messages aside; got ${jsonencode(var.dead_letters)}."
  }

  validation {
    condition     = alltrue([for number in try(values(var.dead_letters), []) : floor(number) == number])
    error_message = "dead_letters must have whole numbers; got ${jsonencode(var.dead_letters)}."
  }

  validation {
    condition     = var.dead_letters == null ? true : var.dead_letters.retention_seconds <= 1209600
    error_message = "dead_letters.retention_seconds may be at most 1209600 (14 days); got ${jsonencode(var.dead_letters)}."
  }

  validation {
    condition     = var.dead_letters == null ? true : var.dead_letters.retention_seconds > coalesce(var.retention_seconds, 345600)
    error_message = "dead_letters.retention_seconds must be above retention_seconds, for a dead letter's age counts from when it was first sent; got ${jsonencode(var.dead_letters)} against ${coalesce(var.retention_seconds, 345600)}."
  }
}

variable "senders" {
  type = map(object({
    service    = string # e.g. events.amazonaws.com
    source_arn = string # e.g. the rule's
  }))
  description = "AWS services that may send to the queue for one resource each, by statement name, e.g. `{ SendOrderChanges = { service = \"events.amazonaws.com\", source_arn = ... } }`; roles need no entry, their own policies decide."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.senders) : can(regex("^[A-Za-z0-9]+$", name))])
    error_message = "senders must be named by letters and digits, as policy statements are; got ${jsonencode(keys(var.senders))}."
  }

  validation {
    condition     = alltrue([for sender in var.senders : can(regex("^[a-z0-9.-]+[.]amazonaws[.]com$", sender.service))])
    error_message = "senders' service must be a service principal such as events.amazonaws.com; got ${jsonencode({ for name, sender in var.senders : name => try(sender.service, null) })}."
  }

  validation {
    condition     = length(var.senders) <= 19
    error_message = "senders may be at most 19: a queue's policy takes 20 statements, and one is ours; got ${length(var.senders)}. Let roles send instead."
  }

  validation {
    condition     = !contains(keys(var.senders), "DenyUnencryptedTransport")
    error_message = "senders must not take the name of the statement that the queue has itself; got DenyUnencryptedTransport."
  }
}

variable "key" {
  type        = object({ arn = string, id = string })
  description = "Customer-managed key that encrypts the messages; null: keys that SQS manages itself, which every permitted sender may use."
  default     = null
}

variable "operations_topic" {
  type        = object({ arn = string })
  description = "Topic that every alarm notifies, when it rings and when it is over."
  nullable    = false
}

variable "thresholds" {
  type = object({
    oldest_message_seconds     = optional(number)         # null: 15 minutes, or half the retention of a parking queue
    dead_letters               = optional(number, 0)      # messages set aside or parked
    oldest_dead_letter_seconds = optional(number, 345600) # 4 days
  })
  description = "What is still normal; above it the alarms ring."
  default     = {}
  nullable    = false

  validation {
    condition     = var.thresholds.oldest_message_seconds == null ? true : var.thresholds.oldest_message_seconds > 0 && var.thresholds.oldest_message_seconds < coalesce(var.retention_seconds, var.dead_letters == null ? 1209600 : 345600)
    error_message = "thresholds.oldest_message_seconds must be above 0 and below the retention, or messages are gone before the alarm rings; got ${jsonencode(var.thresholds.oldest_message_seconds)}."
  }

  validation {
    condition     = var.thresholds.dead_letters >= 0
    error_message = "thresholds.dead_letters must be at least 0; got ${var.thresholds.dead_letters}."
  }

  validation {
    condition     = var.thresholds.oldest_dead_letter_seconds > 0 && (var.dead_letters == null ? true : var.thresholds.oldest_dead_letter_seconds < var.dead_letters.retention_seconds)
    error_message = "thresholds.oldest_dead_letter_seconds must be above 0 and below dead_letters.retention_seconds, or dead letters are gone before the alarm rings; got ${var.thresholds.oldest_dead_letter_seconds}."
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
