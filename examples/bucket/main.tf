# A trail that nobody can shorten: every version stays for a day, whatever its reader's role may do.

module "audit" {
  source = "../../modules/bucket"

  name        = "sluice-example-audit-${data.aws_caller_identity.this.account_id}"
  object_lock = { mode = "GOVERNANCE", days = 1 }
  protected   = false
}

data "aws_caller_identity" "this" {}

output "bucket" {
  value = module.audit.bucket
}
