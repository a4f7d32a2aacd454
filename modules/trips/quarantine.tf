# Records that no consumer could use, each with its reason; people and redrive read it, no function does.

module "quarantine" {
  source = "../queue"

  name             = "${var.name}-quarantine"
  dead_letters     = null
  key              = var.key
  operations_topic = var.operations_topic
  tags             = var.tags
}
