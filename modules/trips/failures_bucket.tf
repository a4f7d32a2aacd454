# Batches that ran out of retries, with their payload, and quarantined records too large for a message.

data "aws_caller_identity" "this" {}

resource "aws_s3_bucket" "failures" {
  # checkov:skip=CKV_AWS_18:Objects are written by the mapping and the functions alone; CloudTrail data events tell who read one.
  # checkov:skip=CKV_AWS_144:Failed batches are redriven in the Region whose stream they came from, within weeks.
  # checkov:skip=CKV2_AWS_62:The alarms of the mapping tell of a new object; a notification would say it a second time.

  # Bucket names are one space for all accounts.
  bucket        = "${var.name}-failures-${data.aws_caller_identity.this.account_id}"
  force_destroy = !var.protected
  tags          = var.tags
}

resource "aws_s3_bucket_server_side_encryption_configuration" "failures" {
  bucket = aws_s3_bucket.failures.id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = var.key == null ? null : var.key.arn
    }
  }
}

resource "aws_s3_bucket_versioning" "failures" {
  bucket = aws_s3_bucket.failures.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_public_access_block" "failures" {
  bucket = aws_s3_bucket.failures.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_lifecycle_configuration" "failures" {
  bucket = aws_s3_bucket.failures.id

  rule {
    id     = "forget-old-failures"
    status = "Enabled"

    filter {}

    expiration {
      days = var.settings.failures_retention_days
    }

    noncurrent_version_expiration {
      noncurrent_days = local.deleted_failures_days
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}

resource "aws_s3_bucket_policy" "failures" {
  bucket = aws_s3_bucket.failures.id
  policy = data.aws_iam_policy_document.failures.json
}

data "aws_iam_policy_document" "failures" {
  statement {
    sid       = "RefusePlainHttp"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.failures.arn, "${aws_s3_bucket.failures.arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

locals {
  deleted_failures_days = 7

  failures_bucket = {
    name = aws_s3_bucket.failures.bucket
    arn  = aws_s3_bucket.failures.arn
    key  = var.key
  }
}
