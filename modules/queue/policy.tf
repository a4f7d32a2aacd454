# Roles reach the queue by their own policies. These add what only the queue can say: who may send as an AWS service,
# and that nobody talks to it in the clear.

locals {
  # What never leaves a machine needs no TLS: an AWS on the loopback address speaks plain HTTP. No request comes to the
  # real one from there, and a request that shows no address (through a VPC endpoint) meets NotIpAddress too.
  unencrypted_transport = {
    Bool         = { "aws:SecureTransport" = "false" }
    NotIpAddress = { "aws:SourceIp" = ["127.0.0.0/8", "::1/128"] }
  }

  policy = {
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid       = "DenyUnencryptedTransport"
          Effect    = "Deny"
          Principal = "*"
          Action    = "sqs:*"
          Resource  = local.arn
          Condition = local.unencrypted_transport
        },
      ],
      [
        for name, sender in var.senders : {
          Sid       = name
          Effect    = "Allow"
          Principal = { Service = sender.service }
          Action    = "sqs:SendMessage"
          Resource  = local.arn
          Condition = { ArnEquals = { "aws:SourceArn" = sender.source_arn } }
        }
      ],
    )
  }

  dead_letters_policy = {
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "DenyUnencryptedTransport"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = local.dead_letters_arn
        Condition = local.unencrypted_transport
      },
    ]
  }
}
