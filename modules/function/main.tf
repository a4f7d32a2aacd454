resource "aws_lambda_function" "this" {
  #checkov:skip=CKV_AWS_116:Event sources invoke synchronously; what fails goes to the source's own on_failure.
  #checkov:skip=CKV_AWS_272:Code signing needs a signing profile of the account; the zip's hash ties what runs to what was built.
  function_name = var.name
  description   = var.description
  role          = aws_iam_role.this.arn
  tags          = var.tags

  # code
  filename         = var.package.path
  source_code_hash = var.package.sha256
  handler          = var.package.handler
  runtime          = var.package.runtime
  architectures    = [var.package.architecture]
  publish          = true

  # limits
  timeout                        = var.timeout_seconds
  memory_size                    = var.memory_megabytes
  reserved_concurrent_executions = coalesce(var.reserved_concurrency, -1)

  # AWS drops the key of an empty environment, which would then differ at every plan.
  kms_key_arn = var.key != null && length(var.environment) > 0 ? var.key.arn : null

  dynamic "environment" {
    for_each = length(var.environment) > 0 ? [var.environment] : []

    content {
      variables = environment.value
    }
  }

  tracing_config {
    mode = var.tracing ? "Active" : "PassThrough"
  }

  dynamic "vpc_config" {
    for_each = var.vpc == null ? [] : [var.vpc]

    content {
      subnet_ids         = vpc_config.value.subnet_ids
      security_group_ids = vpc_config.value.security_group_ids
    }
  }

  depends_on = [
    # Lambda creates a missing log group itself, without retention; ours must come first.
    aws_cloudwatch_log_group.this,
    # A function in a VPC is refused until its role may make network interfaces, and needs it again to remove them.
    aws_iam_role_policy.this,
  ]
}

# Every event source invokes the alias, so what runs changes by moving it, never by touching a mapping.
resource "aws_lambda_alias" "live" {
  name             = "live"
  description      = "What every event source invokes."
  function_name    = aws_lambda_function.this.function_name
  function_version = var.gradual_shift == null ? aws_lambda_function.this.version : var.gradual_shift.stable_version

  dynamic "routing_config" {
    for_each = local.new_version_share > 0 ? [local.new_version_share] : []

    content {
      additional_version_weights = { (aws_lambda_function.this.version) = routing_config.value }
    }
  }

  lifecycle {
    precondition {
      condition     = local.new_version_share == 0 ? true : var.gradual_shift.stable_version != aws_lambda_function.this.version
      error_message = "gradual_shift needs a newer version than stable_version to shift to, and ${aws_lambda_function.this.version} is the latest; change the package or its settings in the same apply."
    }
  }
}

locals {
  new_version_share = var.gradual_shift == null ? 0 : var.gradual_shift.new_version_share
}

resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_338:How long logs are worth keeping is the caller's to say.
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.key == null ? null : var.key.arn
  tags              = var.tags
}
