resource "aws_s3_bucket" "this" {
  # checkov:skip=CKV_AWS_18:Roles of this account write and read it alone; CloudTrail data events tell who read an object.
  # checkov:skip=CKV_AWS_144:What it holds belongs to one Region's flow, whose other stores are there too.
  # checkov:skip=CKV2_AWS_62:Whoever must act on an object hears of it from the alarms of what wrote it.
  bucket              = var.name
  object_lock_enabled = var.object_lock != null
  force_destroy       = !var.protected
  tags                = var.tags
}

resource "aws_s3_bucket_versioning" "this" {
  bucket = aws_s3_bucket.this.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_object_lock_configuration" "this" {
  for_each = var.object_lock == null ? {} : { this = var.object_lock }

  bucket = aws_s3_bucket.this.id

  rule {
    default_retention {
      mode = each.value.mode
      days = each.value.days
    }
  }

  # S3 locks versions, so there must be versions first.
  depends_on = [aws_s3_bucket_versioning.this]
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = var.key == null ? null : var.key.arn
    }
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket = aws_s3_bucket.this.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    id     = "forget"
    status = "Enabled"

    filter {}

    dynamic "expiration" {
      for_each = var.retention_days[*]

      content {
        days = expiration.value
      }
    }

    noncurrent_version_expiration {
      noncurrent_days = var.replaced_retention_days
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}

resource "aws_s3_bucket_policy" "this" {
  bucket = aws_s3_bucket.this.id
  policy = jsonencode(local.policy)
}

locals {
  arn = "arn:${data.aws_partition.this.partition}:s3:::${var.name}"

  policy = {
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "RefusePlainHttp"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [local.arn, "${local.arn}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  }
}

data "aws_partition" "this" {}
