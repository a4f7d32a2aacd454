data "aws_caller_identity" "this" {}

data "aws_partition" "this" {}

data "aws_region" "this" {}

locals {
  account_id = data.aws_caller_identity.this.account_id
  partition  = data.aws_partition.this.partition
  region     = data.aws_region.this.name

  # What a role needs of the customer key, if there is one: to read and write what tables keep, and beyond that to put
  # objects, messages and notifications.
  use_of_key = {
    decrypt = { for key in var.key[*] : "DecryptWithKey" => { actions = ["kms:Decrypt"], resources = [key.arn] } }
    encrypt = { for key in var.key[*] : "EncryptWithKey" => { actions = ["kms:Decrypt", "kms:GenerateDataKey"], resources = [key.arn] } }
  }
}
