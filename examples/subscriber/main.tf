# The packaged order_audit on a bus of its own: every change that comes by is kept in a bucket, once. `make package` first.

variable "packages_dir" {
  type        = string
  description = "Folder of the built zips and their manifest."
  default     = "../../dist/lambda"
}

locals {
  built = jsondecode(file("${var.packages_dir}/manifest.json")).order_audit
}

module "audit" {
  source = "../../modules/subscriber"

  name         = "sluice-example-audit"
  description  = "Writes every version of an order to the audit trail, once."
  bus          = { name = aws_cloudwatch_event_bus.orders.name, arn = aws_cloudwatch_event_bus.orders.arn }
  subscription = { changes = ["INSERT", "MODIFY"] }

  package = {
    path         = "${var.packages_dir}/${local.built.zip}"
    sha256       = local.built.sha256
    handler      = local.built.handler
    runtime      = local.built.runtime
    architecture = local.built.architecture
  }

  environment = {
    AUDIT_BUCKET            = module.trail.bucket.name
    POWERTOOLS_SERVICE_NAME = "sluice-example-audit"
  }

  permissions = {
    AppendToTrail    = { actions = ["s3:PutObject"], resources = ["${module.trail.bucket.arn}/orders/*"] }
    CompareWithTrail = { actions = ["s3:GetObject"], resources = ["${module.trail.bucket.arn}/orders/*"] }
  }

  maximum_concurrency = 2
  operations_topic    = { arn = aws_sns_topic.operations.arn }
}

module "trail" {
  source = "../../modules/bucket"

  name      = "sluice-example-trail-${data.aws_caller_identity.this.account_id}"
  protected = false
}

resource "aws_cloudwatch_event_bus" "orders" {
  name = "sluice-example-orders"
}

resource "aws_sns_topic" "operations" {
  name = "sluice-example-subscriber-operations"
}

data "aws_caller_identity" "this" {}

output "queue" {
  value = module.audit.queue
}

output "rule" {
  value = module.audit.rule
}
