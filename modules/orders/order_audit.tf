# Keeps every version of every order, one object each, which nothing here can overwrite or delete.

locals {
  audit = {
    description  = "Writes every version of an order to the audit trail, once."
    package      = "order_audit"
    vpc          = null
    subscription = {}
    scale        = local.built_in_scale

    environment = {
      AUDIT_BUCKET = module.audit_trail.bucket.name
    }

    permissions = merge(
      {
        AppendToTrail = { actions = ["s3:PutObject"], resources = ["${module.audit_trail.bucket.arn}/orders/*"] }
        # To tell a repeat from another change under the same version.
        CompareWithTrail = { actions = ["s3:GetObject"], resources = ["${module.audit_trail.bucket.arn}/orders/*"] }
      },
      local.use_of_key.encrypt,
    )
  }
}

module "audit_trail" {
  source = "../bucket"

  name           = "${var.name}-audit-${local.account_id}"
  retention_days = var.settings.audit.retention_days
  object_lock    = var.settings.audit.object_lock
  protected      = var.protected
  key            = var.key
  tags           = var.tags
}
