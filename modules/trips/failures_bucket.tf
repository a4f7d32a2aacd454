# Batches that ran out of retries, with their payload, and quarantined records too large for a message.

module "failures" {
  source = "../bucket"

  # Bucket names are one space for all accounts.
  name                    = "${var.name}-failures-${data.aws_caller_identity.this.account_id}"
  retention_days          = var.settings.failures_retention_days
  replaced_retention_days = local.deleted_failures_days
  protected               = var.protected
  key                     = var.key
  tags                    = var.tags
}

data "aws_caller_identity" "this" {}

locals {
  deleted_failures_days = 7

  failures_bucket = module.failures.bucket
}

# It stood here in the open before it was a module.

moved {
  from = aws_s3_bucket.failures
  to   = module.failures.aws_s3_bucket.this
}

moved {
  from = aws_s3_bucket_server_side_encryption_configuration.failures
  to   = module.failures.aws_s3_bucket_server_side_encryption_configuration.this
}

moved {
  from = aws_s3_bucket_versioning.failures
  to   = module.failures.aws_s3_bucket_versioning.this
}

moved {
  from = aws_s3_bucket_public_access_block.failures
  to   = module.failures.aws_s3_bucket_public_access_block.this
}

moved {
  from = aws_s3_bucket_lifecycle_configuration.failures
  to   = module.failures.aws_s3_bucket_lifecycle_configuration.this
}

moved {
  from = aws_s3_bucket_policy.failures
  to   = module.failures.aws_s3_bucket_policy.this
}
