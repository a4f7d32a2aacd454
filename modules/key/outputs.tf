output "key" {
  description = "The key as other modules take it: `arn`, `id`."
  value = {
    arn = aws_kms_key.this.arn
    id  = aws_kms_key.this.key_id
  }
}

output "alias" {
  description = "The key's alias: `name`, `arn`."
  value = {
    name = aws_kms_alias.this.name
    arn  = aws_kms_alias.this.arn
  }
}
