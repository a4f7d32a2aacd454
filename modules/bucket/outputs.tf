output "bucket" {
  description = "The bucket as other modules take it: `name`, `arn`, `key`, `protected`."
  value = {
    name      = aws_s3_bucket.this.bucket
    arn       = local.arn
    key       = var.key
    protected = var.protected
  }

  # Whoever puts an object must find it encrypted and versioned.
  depends_on = [
    aws_s3_bucket_object_lock_configuration.this,
    aws_s3_bucket_server_side_encryption_configuration.this,
    aws_s3_bucket_versioning.this,
  ]
}
