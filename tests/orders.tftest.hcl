# The orders flow as a whole: what stands with the defaults, what attaches, and that subscribers are independent.

mock_provider "aws" {
  source = "./tests/mocks/orders"
}

variables {
  name             = "sluice-test-orders"
  operations_topic = { arn = "arn:aws:sns:eu-west-1:123456789012:operations" }
  key              = { arn = "arn:aws:kms:eu-west-1:123456789012:key/1", id = "1" }
  packages         = jsondecode(file("tests/fixtures/order_packages.json"))

  # A protected flow has more to say than most of these laws need.
  protected = false
}

run "the_table_keeps_orders_by_id_and_tells_every_change_to_two_readers" {
  command = plan

  module {
    source = "./modules/orders"
  }

  assert {
    condition     = output.table.name == "sluice-test-orders" && keys(output.table.index_arns) == ["status-index"]
    error_message = "Orders are found by id, and by status."
  }

  assert {
    condition     = output.table.stream.view_type == "NEW_AND_OLD_IMAGES"
    error_message = "A change is told with what was and what is."
  }

  assert {
    condition     = output.table.stream.readers == toset(["sluice-test-orders-pipeline", "sluice-test-orders-publisher"])
    error_message = "DynamoDB bears two readers of a stream, and these are the two."
  }
}

run "orders_are_not_found_by_status_where_that_would_hold_up_their_writes" {
  command = plan

  module {
    source = "./modules/orders"
  }

  variables {
    settings = { status_index = false }
  }

  assert {
    condition     = length(output.table.index_arns) == 0
    error_message = "The index bears fewer writes than the table; who needs more must be able to do without."
  }
}

run "a_flow_without_an_api_has_neither_api_nor_its_function" {
  command = plan

  module {
    source = "./modules/orders"
  }

  variables {
    settings = {}
  }

  assert {
    condition     = output.api_url == null && !contains(keys(output.functions), "api")
    error_message = "Orders may come into the table in another way."
  }

  assert {
    condition     = length(aws_apigatewayv2_api.this) + length(aws_apigatewayv2_route.this) + length(aws_apigatewayv2_stage.this) + length(aws_lambda_permission.api) == 0
    error_message = "What nobody calls must not be there to be called."
  }

  assert {
    condition     = sort(keys(output.functions)) == tolist(["analytics", "audit", "notifications", "pipeline", "publisher"])
    error_message = "The flow itself needs no API."
  }
}

run "a_flow_without_the_packages_of_an_api_needs_none_without_one" {
  command = plan

  module {
    source = "./modules/orders"
  }

  variables {
    settings = {}
    packages = { for actor, built in jsondecode(file("tests/fixtures/order_packages.json")) : actor => built if !contains(["order_api", "order_cache", "order_search", "order_workflow"], actor) }
  }

  assert {
    condition     = output.api_url == null
    error_message = "What is not switched on need not be built."
  }
}

run "cache_search_and_workflow_attach_where_they_are_given" {
  command = plan

  module {
    source = "./modules/orders"
  }

  variables {
    settings = {
      cache    = { url = "rediss://cache.internal:6379/0", vpc = { subnet_ids = ["subnet-1"], security_group_ids = ["sg-1"] } }
      search   = { url = "https://search.internal", domain_arn = "arn:aws:es:eu-west-1:123456789012:domain/orders" }
      workflow = {}
    }
  }

  assert {
    condition     = length(setsubtract(["cache", "search", "workflow"], keys(output.functions))) == 0
    error_message = "Each has its function."
  }

  assert {
    condition     = local.subscribers.cache.vpc.subnet_ids == tolist(["subnet-1"]) && local.subscribers.search.vpc == null
    error_message = "Only what lives in a VPC is reached from one."
  }

  assert {
    condition     = local.subscribers.cache.environment.CACHE_URL == "rediss://cache.internal:6379/0" && local.subscribers.search.environment.SEARCH_URL == "https://search.internal"
    error_message = "Each must find what it keeps."
  }

  assert {
    condition     = output.fulfilments_table.name == "sluice-test-orders-fulfilment"
    error_message = "What became of the goods must be written down."
  }
}

run "nothing_attaches_that_was_not_given" {
  command = plan

  module {
    source = "./modules/orders"
  }

  assert {
    condition     = length(setintersection(["cache", "search", "workflow"], keys(output.functions))) == 0
    error_message = "They are optional."
  }

  assert {
    condition     = length(aws_sfn_state_machine.fulfilment) == 0 && output.fulfilments_table == null
    error_message = "No workflow, no state machine."
  }
}

run "every_built_in_subscriber_has_its_rule_its_queues_and_no_others" {
  command = plan

  module {
    source = "./modules/orders"
  }

  assert {
    condition     = alltrue([for name, subscriber in output.subscribers : subscriber.rule.arn == "arn:aws:events:eu-west-1:123456789012:rule/sluice-test-orders/sluice-test-orders-${name}"])
    error_message = "Each rule is on the flow's bus, under its subscriber's name."
  }

  assert {
    condition     = alltrue([for name, subscriber in output.subscribers : [subscriber.queue.name, subscriber.dead_letters.name, subscriber.undelivered.name] == ["sluice-test-orders-${name}", "sluice-test-orders-${name}-dead-letters", "sluice-test-orders-${name}-undelivered"]])
    error_message = "Nobody shares a queue."
  }

  assert {
    condition     = alltrue([for subscriber in output.subscribers : subscriber.queue.visibility_timeout_seconds >= 6 * 30])
    error_message = "A message stays hidden for six invocations."
  }
}

run "five_lines_add_a_subscriber" {
  command = plan

  module {
    source = "./modules/orders"
  }

  variables {
    settings = {
      subscribers = {
        loyalty = {
          package  = "order_loyalty"
          statuses = ["SHIPPED"]
        }
      }
    }
  }

  assert {
    condition     = contains(keys(output.functions), "loyalty") && output.subscribers.loyalty.queue.name == "sluice-test-orders-loyalty"
    error_message = "An entry of the map is all it takes."
  }

  assert {
    condition     = local.subscribers.loyalty.subscription.statuses == toset(["SHIPPED"])
    error_message = "It takes the events that it asked for."
  }

  assert {
    condition     = local.subscribers.loyalty.environment.ORDERS_TABLE == output.table.name && local.subscribers.loyalty.permissions.ReadOrders.actions[0] == "dynamodb:GetItem"
    error_message = "It may read the order of an event that has no images."
  }
}

run "a_flow_stands" {
  command = apply

  module {
    source = "./modules/orders"
  }

  variables {
    settings = { api = {}, workflow = {} }
  }

  assert {
    condition     = length(output.subscribers) == 4
    error_message = "Notifications, analytics, audit and workflow."
  }
}

run "a_further_subscriber_changes_nothing_of_the_others" {
  command = apply

  module {
    source = "./modules/orders"
  }

  variables {
    settings = { api = {}, workflow = {}, subscribers = { loyalty = { package = "order_loyalty" } } }
  }

  assert {
    condition     = { for name, subscriber in output.subscribers : name => subscriber if name != "loyalty" } == run.a_flow_stands.subscribers
    error_message = "Rules and queues of the others must be what they were."
  }

  assert {
    condition     = { for name, function in output.functions : name => function if name != "loyalty" } == run.a_flow_stands.functions
    error_message = "Functions of the others must be what they were."
  }

  assert {
    condition     = { table = output.table, bus = output.bus, retries = output.retries } == { table = run.a_flow_stands.table, bus = run.a_flow_stands.bus, retries = run.a_flow_stands.retries }
    error_message = "So must what they stand on."
  }
}

run "the_others_stay_when_it_leaves" {
  command = apply

  module {
    source = "./modules/orders"
  }

  variables {
    settings = { api = {}, workflow = {} }
  }

  assert {
    condition     = output.subscribers == run.a_flow_stands.subscribers && output.functions == run.a_flow_stands.functions
    error_message = "Taking a subscriber away must touch no other."
  }
}

run "everything_that_is_kept_uses_the_key_it_was_given" {
  command = plan

  module {
    source = "./modules/orders"
  }

  assert {
    condition     = alltrue([for kept in [output.table, output.stock_table, output.figures_table, output.notices_table, output.retries, output.audit_bucket, output.failures_bucket] : kept.key == var.key])
    error_message = "Tables, queues and buckets."
  }

  assert {
    condition     = aws_cloudwatch_event_bus.this.kms_key_identifier == var.key.arn && aws_sns_topic.notifications.kms_master_key_id == var.key.arn
    error_message = "The bus and the topic."
  }

  assert {
    condition     = aws_cloudwatch_log_group.api["this"].kms_key_id == var.key.arn
    error_message = "The access log."
  }

  assert {
    condition     = length(aws_cloudwatch_event_bus.this.dead_letter_config) == 1
    error_message = "An event that the bus could not decrypt must not be gone."
  }
}

run "without_a_key_everything_is_encrypted_all_the_same" {
  command = plan

  module {
    source = "./modules/orders"
  }

  variables {
    key = null
  }

  assert {
    condition     = aws_sns_topic.notifications.kms_master_key_id == "alias/aws/sns"
    error_message = "A topic is not encrypted unless it is told."
  }

  assert {
    condition     = length(aws_cloudwatch_event_bus.this.dead_letter_config) == 0 && length(local.use_of_key.decrypt) + length(local.use_of_key.encrypt) == 0
    error_message = "Without a key there is nothing to grant and nothing to fail."
  }
}

run "what_holds_data_is_protected_unless_told_otherwise" {
  command = plan

  module {
    source = "./modules/orders"
  }

  variables {
    protected = null
    settings  = { api = { anybody_may_order = true }, pipeline = { approve_all_payments = true } }
  }

  assert {
    condition     = output.audit_bucket.protected && output.failures_bucket.protected
    error_message = "Buckets must outlive a mistaken destroy."
  }
}

run "the_trail_is_locked_where_that_is_asked_for" {
  command = plan

  module {
    source = "./modules/orders"
  }

  variables {
    settings = { audit = { object_lock = { mode = "COMPLIANCE", days = 3650 } } }
  }

  assert {
    condition     = output.audit_bucket.name == "sluice-test-orders-audit-123456789012"
    error_message = "One bucket name per account."
  }
}

run "no_alarm_is_named_twice" {
  command = plan

  module {
    source = "./modules/orders"
  }

  variables {
    settings = { api = {}, workflow = {}, subscribers = { loyalty = { package = "order_loyalty" } } }
  }

  assert {
    condition     = length(distinct(output.alarm_names)) == length(output.alarm_names)
    error_message = "Alarms of one name overwrite each other."
  }

  assert {
    condition     = length(setsubtract(["sluice-test-orders-api-5xx", "sluice-test-orders-api-latency", "sluice-test-orders-pipeline-breaker-opened", "sluice-test-orders-pipeline-orders-removed", "sluice-test-orders-publisher-returned", "sluice-test-orders-publisher-unpublishable", "sluice-test-orders-retries-queue-age", "sluice-test-orders-notifications-undelivered", "sluice-test-orders-fulfilment-failed", "sluice-test-orders-fulfilment-timed-out"], output.alarm_names)) == 0
    error_message = "Nothing that is watched may be left out of the list."
  }
}

run "the_flows_own_figures_are_watched_for_this_environment_alone" {
  command = plan

  module {
    source = "./modules/orders"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.breaker_opened.dimensions == tomap({ service = "sluice-test-orders-pipeline" }) && aws_cloudwatch_metric_alarm.breaker_opened.metric_name == "BreakerOpened"
    error_message = "Another environment's breaker must not ring here."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.removed_orders.dimensions == tomap({ service = "sluice-test-orders-pipeline" }) && aws_cloudwatch_metric_alarm.removed_orders.metric_name == "UnfinishedOrdersRemoved"
    error_message = "Nor must orders that vanished there, and those that vanish here must ring."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.unpublished_changes.dimensions == tomap({ service = "sluice-test-orders-publisher" }) && aws_cloudwatch_metric_alarm.unpublished_changes.metric_name == "ChangesReturned"
    error_message = "Nor another environment's publisher."
  }

  assert {
    condition     = local.order_publisher_permissions.KeepUnpublishable.resources == ["${module.failures.bucket.arn}/unpublishable/*"]
    error_message = "A change that can never be an event must have a place that its function can write to, and no other."
  }

  assert {
    condition     = local.order_pipeline_environment.POWERTOOLS_SERVICE_NAME == "sluice-test-orders-pipeline"
    error_message = "What is watched must be what is told."
  }
}
