# A provisioned stream with a reader of its own bandwidth, and the topic that hears its alarms.

module "stream" {
  source = "../../modules/stream"

  name                = "sluice-example-trips"
  capacity            = { mode = "PROVISIONED", shards = 2 }
  consumers           = ["live-map"]
  shard_level_metrics = ["IncomingRecords", "WriteProvisionedThroughputExceeded"]
  operations_topic    = { arn = aws_sns_topic.operations.arn }
}

resource "aws_sns_topic" "operations" {
  name = "sluice-example-operations"
}

output "stream" {
  value = module.stream.stream
}

output "consumers" {
  value = module.stream.consumers
}
