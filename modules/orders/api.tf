# The HTTP API before order_api. It bounds who may call and how often; what a body may be is the function's to say.

locals {
  apis = var.settings.api == null ? {} : { this = var.settings.api }

  # Route by its name, with the path as a permission matches it.
  routes = {
    PlaceOrder = { key = "POST /api/orders", method = "POST", path = "/api/orders" }
    ReadOrder  = { key = "GET /api/orders/{id}", method = "GET", path = "/api/orders/*" }
  }

  api_routes     = { for name, route in local.routes : name => route if length(local.apis) > 0 }
  authorizers    = { for name, api in local.apis : name => api.jwt if api.jwt != null }
  authorizer_ids = { for name, authorizer in aws_apigatewayv2_authorizer.jwt : name => authorizer.id }
}

resource "aws_apigatewayv2_api" "this" {
  for_each = local.apis

  name          = var.name
  description   = "Places orders and tells how they stand."
  protocol_type = "HTTP"
  tags          = var.tags

  dynamic "cors_configuration" {
    for_each = length(each.value.cors.origins) == 0 ? [] : [each.value.cors]

    content {
      allow_origins  = cors_configuration.value.origins
      allow_methods  = ["GET", "POST"]
      allow_headers  = ["authorization", "content-type", "idempotency-key", "x-correlation-id"]
      expose_headers = ["location", "retry-after", "x-correlation-id"]
      max_age        = cors_configuration.value.max_age_seconds
    }
  }
}

resource "aws_apigatewayv2_integration" "this" {
  for_each = local.apis

  api_id                 = aws_apigatewayv2_api.this[each.key].id
  integration_type       = "AWS_PROXY"
  integration_uri        = module.order_api[each.key].function.alias_arn
  payload_format_version = "2.0"
  timeout_milliseconds   = 30000
}

resource "aws_apigatewayv2_authorizer" "jwt" {
  for_each = local.authorizers

  api_id           = aws_apigatewayv2_api.this[each.key].id
  name             = "jwt"
  authorizer_type  = "JWT"
  identity_sources = ["$request.header.Authorization"]

  jwt_configuration {
    issuer   = each.value.issuer
    audience = each.value.audience
  }
}

resource "aws_apigatewayv2_route" "this" {
  # checkov:skip=CKV_AWS_309:A shop without accounts takes orders from anybody; settings.api.jwt asks for a token.
  for_each = local.api_routes

  api_id             = aws_apigatewayv2_api.this["this"].id
  route_key          = each.value.key
  target             = "integrations/${aws_apigatewayv2_integration.this["this"].id}"
  authorization_type = length(local.authorizers) == 0 ? "NONE" : "JWT"
  authorizer_id      = one(values(local.authorizer_ids))
}

resource "aws_apigatewayv2_stage" "this" {
  for_each = local.apis

  api_id      = aws_apigatewayv2_api.this[each.key].id
  name        = "$default"
  auto_deploy = true
  tags        = var.tags

  default_route_settings {
    throttling_rate_limit    = each.value.throttling.requests_per_second
    throttling_burst_limit   = each.value.throttling.burst_requests
    detailed_metrics_enabled = true
  }

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.api[each.key].arn
    format          = jsonencode(local.access_log)
  }
}

locals {
  access_log = {
    requestId        = "$context.requestId"
    at               = "$context.requestTime"
    route            = "$context.routeKey"
    status           = "$context.status"
    sourceIp         = "$context.identity.sourceIp"
    responseBytes    = "$context.responseLength"
    milliseconds     = "$context.responseLatency"
    integrationError = "$context.integrationErrorMessage"
    authorizerError  = "$context.authorizer.error"
  }
}

resource "aws_cloudwatch_log_group" "api" {
  # checkov:skip=CKV_AWS_338:How long access logs are worth keeping is the caller's to say.
  for_each = local.apis

  # Under this prefix the account's one resource policy for deliveries need not name each group, which it has no room for.
  name              = "/aws/vendedlogs/${var.name}-api"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.key == null ? null : var.key.arn
  tags              = var.tags
}

# This API may invoke the alias, by its two routes and by no other.
resource "aws_lambda_permission" "api" {
  for_each = local.api_routes

  statement_id  = each.key
  action        = "lambda:InvokeFunction"
  function_name = module.order_api["this"].function.name
  qualifier     = module.order_api["this"].function.alias_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.this["this"].execution_arn}/*/${each.value.method}${each.value.path}"
}
