module "stream" {
  source = "../stream"

  name             = var.name
  capacity         = var.settings.stream.capacity
  retention_hours  = var.settings.stream.retention_hours
  key              = var.key
  operations_topic = var.operations_topic
  tags             = var.tags
}
