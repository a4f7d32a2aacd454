resource "aws_kinesis_stream" "this" {
  name             = var.name
  retention_period = var.retention_hours

  # capacity
  shard_count = var.capacity.shards

  stream_mode_details {
    stream_mode = var.capacity.mode
  }

  # encryption
  encryption_type = "KMS"
  kms_key_id      = var.key == null ? "alias/aws/kinesis" : var.key.arn

  # metrics
  shard_level_metrics = var.shard_level_metrics

  tags = var.tags

  lifecycle {
    # Whatever reshards the stream owns the count. Ignoring the count alone would leave the mode stuck for ever: the
    # provider refuses to plan ON_DEMAND with the count it remembers, and PROVISIONED with the one it does not have.
    ignore_changes = [shard_count, stream_mode_details]

    postcondition {
      condition     = self.stream_mode_details[0].stream_mode == var.capacity.mode
      error_message = "capacity.mode is ${var.capacity.mode} but the stream is ${self.stream_mode_details[0].stream_mode}, and Terraform does not switch it. To switch without losing a record: aws kinesis update-stream-mode --stream-arn ${self.arn} --stream-mode-details StreamMode=${var.capacity.mode}"
    }
  }
}

resource "aws_kinesis_stream_consumer" "this" {
  for_each = var.consumers

  name       = each.key
  stream_arn = aws_kinesis_stream.this.arn
}
