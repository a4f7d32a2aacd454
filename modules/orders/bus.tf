# Where changes of orders meet whoever wants to know of them.

locals {
  # Built from names: policies need not wait for the bus.
  bus_arn = "arn:${local.partition}:events:${local.region}:${local.account_id}:event-bus/${var.name}"

  bus_may_send = { service = "events.amazonaws.com", source_arn = local.bus_arn }
}

resource "aws_cloudwatch_event_bus" "this" {
  name               = var.name
  description        = "Changes of orders, one event each."
  kms_key_identifier = var.key == null ? null : var.key.arn
  tags               = var.tags

  dynamic "dead_letter_config" {
    for_each = module.undelivered

    content {
      arn = dead_letter_config.value.queue.arn
    }
  }
}

# Events that the bus could not encrypt or decrypt, which happens with a customer key only; so this queue does without it.
module "undelivered" {
  source   = "../queue"
  for_each = var.key == null ? {} : { this = var.key }

  name             = "${var.name}-bus-undelivered"
  dead_letters     = null
  senders          = { SendUndeliveredEvents = local.bus_may_send }
  key              = null
  operations_topic = var.operations_topic
  tags             = var.tags
}

locals {
  bus = {
    name = aws_cloudwatch_event_bus.this.name
    arn  = local.bus_arn
  }
}
