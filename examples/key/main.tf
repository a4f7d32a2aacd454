# One key for a topic that alarms notify and for a stream that another account reads.

locals {
  readers = ["arn:aws:iam::210987654321:root"]
}

module "key" {
  source = "../../modules/key"

  name                  = "sluice-example"
  cross_account_readers = local.readers
  deletion_window_days  = 7
}

module "stream" {
  source = "../../modules/stream"

  name                  = "sluice-example-shared-trips"
  key                   = module.key.key
  cross_account_readers = local.readers
  operations_topic      = { arn = aws_sns_topic.operations.arn }
}

resource "aws_sns_topic" "operations" {
  name              = "sluice-example-encrypted-operations"
  kms_master_key_id = module.key.key.arn
}

output "key" {
  value = module.key.key
}
