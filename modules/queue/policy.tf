# Roles reach the queue by their own policies. These add what only the queue can say: who may send as an AWS service,
# and that nobody talks to it in the clear.

locals {
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
          Condition = { Bool = { "aws:SecureTransport" = "false" } }
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
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  }
}
