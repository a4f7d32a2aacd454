# Batches of changes that ran out of retries, and changes that can be no event, with their payload. A bucket of the flow's
# own: its life follows the orders'.

module "failures" {
  source = "../bucket"

  # Bucket names are one space for all accounts.
  name           = "${var.name}-failures-${local.account_id}"
  retention_days = var.settings.failures_retention_days
  protected      = var.protected
  key            = var.key
  tags           = var.tags
}
