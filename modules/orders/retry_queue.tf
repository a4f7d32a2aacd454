# Orders whose next step waits for a service that rests; each message names one order, and the pipeline looks at it anew.

module "retries" {
  source = "../queue"

  name                       = "${var.name}-retries"
  visibility_timeout_seconds = 6 * var.settings.pipeline.timeout_seconds
  retention_seconds          = 7 * 86400
  key                        = var.key
  operations_topic           = var.operations_topic
  tags                       = var.tags
}
