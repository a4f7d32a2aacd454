# Who may do what in the orders flow: every role's own statements, every policy of a thing that a service uses.

# Made-up values are known at plan, so that what depends on them can be looked at there.
mock_provider "aws" {
  source          = "./tests/mocks/orders"
  override_during = plan
}

# One ARN each, so that a statement about the wrong table shows.
override_module {
  target = module.table
  outputs = {
    table       = { name = "orders", arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders", index_arns = {}, key = { arn = "arn:aws:kms:eu-west-1:123456789012:key/1" }, replica_regions = [], stream = { arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000", view_type = "NEW_AND_OLD_IMAGES", readers = ["sluice-test-orders-pipeline", "sluice-test-orders-publisher"] } }
    alarm_names = []
  }
}

override_module {
  target  = module.stock
  outputs = { table = { name = "stock", arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/stock" }, alarm_names = [] }
}

override_module {
  target  = module.breakers
  outputs = { table = { name = "breakers", arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/breakers" }, alarm_names = [] }
}

override_module {
  target  = module.notices
  outputs = { table = { name = "notices", arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/notices" }, alarm_names = [] }
}

override_module {
  target  = module.figures
  outputs = { table = { name = "figures", arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/figures" }, alarm_names = [] }
}

override_module {
  target  = module.fulfilments
  outputs = { table = { name = "fulfilments", arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/fulfilments" }, alarm_names = [] }
}

override_module {
  target  = module.audit_trail
  outputs = { bucket = { name = "audit", arn = "arn:aws:s3:::audit", key = null, protected = true } }
}

override_module {
  target  = module.failures
  outputs = { bucket = { name = "failures", arn = "arn:aws:s3:::failures", key = null, protected = true } }
}

override_module {
  target  = module.subscriber
  outputs = { function = null, rule = null, queue = null, dead_letters = null, undelivered = null, alarm_names = [] }
}

variables {
  name             = "sluice-test-orders"
  operations_topic = { arn = "arn:aws:sns:eu-west-1:123456789012:operations" }
  key              = { arn = "arn:aws:kms:eu-west-1:123456789012:key/1", id = "1" }
  packages         = jsondecode(file("tests/fixtures/order_packages.json"))

  # A protected flow has more to say than most of these laws need.
  protected = false
}

run "order_api_may_place_and_read_orders" {
  command = plan

  module {
    source = "./modules/orders"
  }

  assert {
    condition = local.order_api_permissions == {
      PlaceOrders    = { actions = ["dynamodb:PutItem"], resources = ["arn:aws:dynamodb:eu-west-1:123456789012:table/orders"] }
      ReadOrders     = { actions = ["dynamodb:GetItem"], resources = ["arn:aws:dynamodb:eu-west-1:123456789012:table/orders"] }
      DecryptWithKey = { actions = ["kms:Decrypt"], resources = ["arn:aws:kms:eu-west-1:123456789012:key/1"] }
    }
    error_message = "Whoever answers customers may touch no stock, no money and no other order store."
  }
}

run "order_pipeline_may_move_orders_and_what_they_take" {
  command = plan

  module {
    source = "./modules/orders"
  }

  override_module {
    target  = module.retries
    outputs = { queue = { name = "retries", arn = "arn:aws:sqs:eu-west-1:123456789012:retries", url = "https://sqs/retries", fifo = false, visibility_timeout_seconds = 360, parking = false, key = null }, alarm_names = [] }
  }

  assert {
    condition = local.order_pipeline_permissions == {
      MoveOrders     = { actions = ["dynamodb:GetItem", "dynamodb:UpdateItem"], resources = ["arn:aws:dynamodb:eu-west-1:123456789012:table/orders"] }
      ReserveStock   = { actions = ["dynamodb:BatchGetItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"], resources = ["arn:aws:dynamodb:eu-west-1:123456789012:table/stock"] }
      ShareBreakers  = { actions = ["dynamodb:GetItem", "dynamodb:PutItem"], resources = ["arn:aws:dynamodb:eu-west-1:123456789012:table/breakers"] }
      SendToRetries  = { actions = ["sqs:SendMessage"], resources = ["arn:aws:sqs:eu-west-1:123456789012:retries"] }
      EncryptWithKey = { actions = ["kms:Decrypt", "kms:GenerateDataKey"], resources = ["arn:aws:kms:eu-west-1:123456789012:key/1"] }
    }
    error_message = "The pipeline may neither place nor delete an order."
  }

  assert {
    condition = local.order_pipeline_environment == {
      ORDERS_TABLE                 = "orders"
      STOCK_TABLE                  = "stock"
      BREAKERS_TABLE               = "breakers"
      RETRY_QUEUE_URL              = "https://sqs/retries"
      PARTNER_SECONDS              = "5"
      BREAKER_FAILURES             = "5"
      BREAKER_WINDOW_SECONDS       = "60"
      BREAKER_REST_SECONDS         = "15"
      BREAKER_LONGEST_REST_SECONDS = "300"
      POWERTOOLS_SERVICE_NAME      = "sluice-test-orders-pipeline"
    }
    error_message = "What is not set must be left out, for an empty text is none."
  }
}

run "order_publisher_may_put_on_this_bus_and_set_aside_what_it_cannot" {
  command = plan

  module {
    source = "./modules/orders"
  }

  assert {
    condition = local.order_publisher_permissions == {
      PutOnBus          = { actions = ["events:PutEvents"], resources = ["arn:aws:events:eu-west-1:123456789012:event-bus/sluice-test-orders"] }
      KeepUnpublishable = { actions = ["s3:PutObject"], resources = ["arn:aws:s3:::failures/unpublishable/*"] }
      EncryptWithKey    = { actions = ["kms:Decrypt", "kms:GenerateDataKey"], resources = ["arn:aws:kms:eu-west-1:123456789012:key/1"] }
    }
    error_message = "The publisher may write to no other bus and to no other place."
  }
}

run "order_notifications_may_publish_and_remember" {
  command = plan

  module {
    source = "./modules/orders"
  }

  assert {
    condition = local.subscribers.notifications.permissions == {
      PublishNotices  = { actions = ["sns:Publish"], resources = ["arn:aws:sns:eu-west-1:123456789012:sluice-test-orders-notifications"] }
      RememberNotices = { actions = ["dynamodb:UpdateItem"], resources = ["arn:aws:dynamodb:eu-west-1:123456789012:table/notices"] }
      ReadOrders      = { actions = ["dynamodb:GetItem"], resources = ["arn:aws:dynamodb:eu-west-1:123456789012:table/orders"] }
      EncryptWithKey  = { actions = ["kms:Decrypt", "kms:GenerateDataKey"], resources = ["arn:aws:kms:eu-west-1:123456789012:key/1"] }
    }
    error_message = "Whoever writes to customers may change no order."
  }

  assert {
    condition     = jsondecode(aws_sns_topic.notifications.policy) == local.notifications_policy
    error_message = "The topic must have its policy."
  }

  assert {
    condition = local.notifications_policy.Statement == [{
      Sid       = "RefusePlainHttp"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sns:Publish"
      Resource  = "arn:aws:sns:eu-west-1:123456789012:sluice-test-orders-notifications"
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
    error_message = "No other account and no service may publish, and nobody in the clear."
  }
}

run "order_analytics_may_add_to_figures" {
  command = plan

  module {
    source = "./modules/orders"
  }

  assert {
    condition = local.subscribers.analytics.permissions == {
      AddToFigures   = { actions = ["dynamodb:PutItem", "dynamodb:UpdateItem"], resources = ["arn:aws:dynamodb:eu-west-1:123456789012:table/figures"] }
      ReadOrders     = { actions = ["dynamodb:GetItem"], resources = ["arn:aws:dynamodb:eu-west-1:123456789012:table/orders"] }
      DecryptWithKey = { actions = ["kms:Decrypt"], resources = ["arn:aws:kms:eu-west-1:123456789012:key/1"] }
    }
    error_message = "Figures are added to, never deleted."
  }
}

run "order_audit_may_append_and_never_delete" {
  command = plan

  module {
    source = "./modules/orders"
  }

  assert {
    condition = local.subscribers.audit.permissions == {
      AppendToTrail    = { actions = ["s3:PutObject"], resources = ["arn:aws:s3:::audit/orders/*"] }
      CompareWithTrail = { actions = ["s3:GetObject"], resources = ["arn:aws:s3:::audit/orders/*"] }
      EncryptWithKey   = { actions = ["kms:Decrypt", "kms:GenerateDataKey"], resources = ["arn:aws:kms:eu-west-1:123456789012:key/1"] }
    }
    error_message = "The trail only grows."
  }
}

run "order_search_may_write_one_index_of_one_domain" {
  command = plan

  module {
    source = "./modules/orders"
  }

  variables {
    settings = { search = { url = "https://search.internal", domain_arn = "arn:aws:es:eu-west-1:123456789012:domain/orders" } }
  }

  assert {
    condition     = local.subscribers.search.permissions.MakeIndex == { actions = ["es:ESHttpPut"], resources = ["arn:aws:es:eu-west-1:123456789012:domain/orders/orders"] }
    error_message = "It may make its index and no other."
  }

  assert {
    condition     = local.subscribers.search.permissions.WriteIndex == { actions = ["es:ESHttpPost"], resources = ["arn:aws:es:eu-west-1:123456789012:domain/orders/orders/_bulk"] }
    error_message = "It may write documents, not configure the domain."
  }
}

run "order_search_signs_nothing_without_a_domain" {
  command = plan

  module {
    source = "./modules/orders"
  }

  variables {
    settings = { search = { url = "https://search.internal" } }
  }

  assert {
    condition     = sort(keys(local.subscribers.search.permissions)) == tolist(["DecryptWithKey", "ReadOrders"])
    error_message = "A cluster of one's own needs no grant of AWS."
  }
}

run "order_workflow_may_start_this_fulfilment" {
  command = plan

  module {
    source = "./modules/orders"
  }

  variables {
    settings = { workflow = {} }
  }

  assert {
    condition     = local.subscribers.workflow.permissions == { StartFulfilments = { actions = ["states:StartExecution"], resources = ["arn:aws:states:eu-west-1:123456789012:stateMachine:sluice-test-orders-fulfilment"] } }
    error_message = "It starts what it was made for and nothing else."
  }

  assert {
    condition     = local.subscribers.workflow.subscription == { statuses = ["SHIPPED"] }
    error_message = "Only a shipped order has goods to hand over."
  }
}

run "a_fulfilment_may_read_orders_and_note_itself" {
  command = plan

  module {
    source = "./modules/orders"
  }

  variables {
    settings = { workflow = {} }
  }

  assert {
    condition = { for sid, grant in local.fulfilment_permissions : sid => grant if !contains(["DeliverLogs", "SendTraces"], sid) } == {
      ReadOrders      = { actions = ["dynamodb:GetItem"], resources = ["arn:aws:dynamodb:eu-west-1:123456789012:table/orders"] }
      NoteFulfilments = { actions = ["dynamodb:UpdateItem"], resources = ["arn:aws:dynamodb:eu-west-1:123456789012:table/fulfilments"] }
      DecryptWithKey  = { actions = ["kms:Decrypt"], resources = ["arn:aws:kms:eu-west-1:123456789012:key/1"] }
    }
    error_message = "A fulfilment may change no order."
  }

  assert {
    condition = jsondecode(aws_iam_role.fulfilment["this"].assume_role_policy).Statement == [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "states.amazonaws.com" }
      Condition = {
        StringEquals = { "aws:SourceAccount" = "123456789012" }
        ArnEquals    = { "aws:SourceArn" = "arn:aws:states:eu-west-1:123456789012:stateMachine:sluice-test-orders-fulfilment" }
      }
    }]
    error_message = "No other state machine may act as this one."
  }
}

run "the_api_may_invoke_the_alias_by_its_two_routes" {
  command = plan

  module {
    source = "./modules/orders"
  }

  assert {
    condition = { for name, permission in aws_lambda_permission.api : name => permission.source_arn } == {
      PlaceOrder = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/*/POST/api/orders"
      ReadOrder  = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/*/GET/api/orders/*"
    }
    error_message = "Another API, or another route of this one, must not be admitted."
  }

  assert {
    condition     = alltrue([for permission in aws_lambda_permission.api : permission.principal == "apigateway.amazonaws.com" && permission.qualifier == "live"])
    error_message = "What is invoked is the alias, by API Gateway."
  }
}

run "an_api_without_an_issuer_asks_for_no_token" {
  command = plan

  module {
    source = "./modules/orders"
  }

  assert {
    condition     = alltrue([for route in aws_apigatewayv2_route.this : route.authorization_type == "NONE" && route.authorizer_id == null]) && length(aws_apigatewayv2_authorizer.jwt) == 0
    error_message = "A shop without accounts takes orders from anybody."
  }
}

run "an_api_with_an_issuer_asks_for_its_token_on_every_route" {
  command = plan

  module {
    source = "./modules/orders"
  }

  variables {
    settings = { api = { jwt = { issuer = "https://id.example.com", audience = ["shop"] } } }
  }

  assert {
    condition     = length(aws_apigatewayv2_route.this) == 2 && alltrue([for route in aws_apigatewayv2_route.this : route.authorization_type == "JWT" && route.authorizer_id == aws_apigatewayv2_authorizer.jwt["this"].id])
    error_message = "A route that forgets the token is open to anybody."
  }

  assert {
    condition     = one(aws_apigatewayv2_authorizer.jwt["this"].jwt_configuration).issuer == "https://id.example.com" && one(aws_apigatewayv2_authorizer.jwt["this"].jwt_configuration).audience == toset(["shop"])
    error_message = "Tokens of other issuers, or for other shops, must not pass."
  }
}

run "the_stage_bounds_the_rate_and_writes_its_log" {
  command = plan

  module {
    source = "./modules/orders"
  }

  variables {
    settings = { api = { throttling = { requests_per_second = 50, burst_requests = 80 }, cors = { origins = ["https://shop.example.com"] } } }
  }

  assert {
    condition     = one(aws_apigatewayv2_stage.this["this"].default_route_settings).throttling_rate_limit == 50 && one(aws_apigatewayv2_stage.this["this"].default_route_settings).throttling_burst_limit == 80
    error_message = "More than that must be turned away before it costs anything."
  }

  assert {
    condition     = aws_cloudwatch_log_group.api["this"].name == "/aws/vendedlogs/sluice-test-orders-api" && aws_cloudwatch_log_group.api["this"].retention_in_days == 30
    error_message = "Under this prefix a delivery needs no statement of its own in the account's policy."
  }

  assert {
    condition     = one(aws_apigatewayv2_api.this["this"].cors_configuration).allow_origins == toset(["https://shop.example.com"]) && one(aws_apigatewayv2_api.this["this"].cors_configuration).allow_methods == toset(["GET", "POST"])
    error_message = "Browsers of the shop's own pages, and of no other, may call."
  }
}

run "only_the_bus_may_send_to_its_queue_of_undelivered_events" {
  command = plan

  module {
    source = "./modules/orders"
  }

  assert {
    condition     = local.bus_may_send == { service = "events.amazonaws.com", source_arn = "arn:aws:events:eu-west-1:123456789012:event-bus/sluice-test-orders" }
    error_message = "Another bus must not be admitted."
  }

  assert {
    condition     = module.undelivered["this"].queue.key == null
    error_message = "What fails for the key's sake must not need the key to be kept."
  }
}
