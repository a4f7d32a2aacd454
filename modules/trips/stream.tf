module "stream" {
  source = "../stream"

  name             = var.name
  capacity         = var.settings.stream.capacity
  retention_hours  = var.settings.stream.retention_hours
  consumers        = [for reader in keys(var.settings.writer.readers) : local.writer_consumer if reader == "fan_out"]
  key              = var.key
  operations_topic = var.operations_topic
  tags             = var.tags
}
