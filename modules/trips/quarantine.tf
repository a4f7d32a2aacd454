# Records that no consumer could use, each with its reason; people and redrive read it, no function does.

module "quarantine" {
  source = "../queue"

  name              = "${var.name}-quarantine"
  dead_letters      = null
  retention_seconds = var.settings.quarantine_retention_days * 86400
  key               = var.key
  operations_topic  = var.operations_topic
  tags              = var.tags
}
