variable "operations_topic" {
  type        = object({ arn = string })
  description = "Topic that every alarm notifies, when it rings and when it is over."
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:sns:[^:]+:[0-9]{12}:[^:]+$", var.operations_topic.arn))
    error_message = "operations_topic.arn must be the ARN of an SNS topic, or no alarm is heard; got ${jsonencode(var.operations_topic.arn)}."
  }
}

variable "error_alarm_count" {
  type        = number
  description = "Failed invocations within five minutes that ring the errors alarm."
  default     = 1
  nullable    = false

  validation {
    condition     = var.error_alarm_count >= 1
    error_message = "error_alarm_count must be at least 1; got ${var.error_alarm_count}."
  }
}

variable "duration_alarm_share" {
  type        = number
  description = "Share of the timeout that the longest invocation may take before the duration alarm rings."
  default     = 0.8
  nullable    = false

  validation {
    condition     = var.duration_alarm_share > 0 && var.duration_alarm_share < 1
    error_message = "duration_alarm_share must be above 0 and below 1; got ${var.duration_alarm_share}."
  }
}

variable "lag_alarm_share" {
  type        = number
  description = "Share of a record's life (its stream's retention, or record_age_seconds if that is shorter) that it may wait before the lag alarms ring."
  default     = 0.25
  nullable    = false

  validation {
    condition     = var.lag_alarm_share > 0 && var.lag_alarm_share < 1
    error_message = "lag_alarm_share must be above 0 and below 1; got ${var.lag_alarm_share}."
  }
}
