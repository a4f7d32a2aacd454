resource "aws_kms_key" "this" {
  description = var.description
  policy      = jsonencode(local.policy)

  # life
  enable_key_rotation     = true
  rotation_period_in_days = var.rotation_days
  deletion_window_in_days = var.deletion_window_days

  tags = var.tags
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.name}"
  target_key_id = aws_kms_key.this.key_id
}
