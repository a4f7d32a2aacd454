locals {
  # Built from the name, so that the plan shows the whole policy before the stream exists.
  arn = "arn:${data.aws_partition.this.partition}:kinesis:${data.aws_region.this.name}:${data.aws_caller_identity.this.account_id}:stream/${var.name}"
}

resource "aws_kinesis_resource_policy" "readers" {
  for_each = length(var.cross_account_readers) == 0 ? {} : { this = sort(var.cross_account_readers) }

  resource_arn = aws_kinesis_stream.this.arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "ReadFromOtherAccounts"
      Effect    = "Allow"
      Principal = { AWS = each.value }
      Action = [
        "kinesis:DescribeStream",
        "kinesis:DescribeStreamSummary",
        "kinesis:GetRecords",
        "kinesis:GetShardIterator",
        "kinesis:ListShards",
      ]
      Resource = local.arn
    }]
  })
}

data "aws_caller_identity" "this" {}

data "aws_partition" "this" {}

data "aws_region" "this" {}
