# Made-up values are known at plan, so that what depends on them can be looked at there.
mock_provider "aws" {
  source          = "./tests/mocks/function"
  override_during = plan
}

variables {
  name             = "sluice-test-trip-writer"
  operations_topic = { arn = "arn:aws:sns:eu-west-1:123456789012:operations" }

  package = {
    path         = "tests/fixtures/kinesis_events.json"
    sha256       = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    handler      = "trip_writer.handler.handle"
    runtime      = "python3.13"
    architecture = "arm64"
  }

  trips = {
    stream = {
      name            = "trips"
      arn             = "arn:aws:kinesis:eu-west-1:123456789012:stream/trips"
      mode            = "PROVISIONED"
      shard_count     = 4
      retention_hours = 24
      key             = null
    }
    on_failure = { bucket = { arn = "arn:aws:s3:::failures", key = null } }
  }

  orders = {
    table = {
      name   = "orders"
      arn    = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders"
      key    = null
      stream = { arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000" }
    }
    on_failure = { bucket = { arn = "arn:aws:s3:::failures", key = null } }
  }

  fan_out = {
    consumer = {
      name   = "trip-writer"
      arn    = "arn:aws:kinesis:eu-west-1:123456789012:stream/trips/consumer/trip-writer:1700000000"
      stream = { name = "trips", arn = "arn:aws:kinesis:eu-west-1:123456789012:stream/trips", mode = "PROVISIONED", shard_count = 4, retention_hours = 24, key = null }
    }
    on_failure = { bucket = { arn = "arn:aws:s3:::failures", key = null } }
  }

  mail = {
    queue = {
      name                       = "mail"
      arn                        = "arn:aws:sqs:eu-west-1:123456789012:mail"
      fifo                       = false
      visibility_timeout_seconds = 180
      key                        = null
    }
  }
}

run "a_function_without_sources_may_only_log_and_trace" {
  command = plan

  module {
    source = "./modules/function"
  }

  assert {
    condition     = keys(local.granted_permissions) == ["SendTraces", "WriteLogs"]
    error_message = "Nothing may be granted that the wiring does not ask for."
  }
}

run "an_untraced_function_may_only_log" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    tracing = false
  }

  assert {
    condition     = keys(local.granted_permissions) == ["WriteLogs"] && aws_lambda_function.this.tracing_config[0].mode == "PassThrough"
    error_message = "Tracing off must take the grant with it."
  }
}

run "a_stream_source_may_read_its_own_stream" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = var.trips }
    tracing         = false
  }

  assert {
    condition     = keys(local.granted_permissions) == ["FindFailureBucket", "PutFailures", "ReadStream", "WriteLogs"]
    error_message = "A stream and a bucket need these statements and no other."
  }

  assert {
    condition     = local.granted_permissions.ReadStream.resources == ["arn:aws:kinesis:eu-west-1:123456789012:stream/trips"]
    error_message = "The role may read no other stream."
  }

  assert {
    condition     = local.granted_permissions.ReadStream.actions == ["kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards"]
    error_message = "Reading a stream takes these five."
  }

  assert {
    condition     = local.granted_permissions.WriteLogs.resources == ["arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/sluice-test-trip-writer:*"] && local.granted_permissions.WriteLogs.actions == ["logs:CreateLogStream", "logs:PutLogEvents"]
    error_message = "The role may write to its own log group alone."
  }

  assert {
    condition     = local.granted_permissions.PutFailures.resources == ["arn:aws:s3:::failures/aws/lambda/*"] && local.granted_permissions.PutFailures.actions == ["s3:PutObject"]
    error_message = "Failures may be written where Lambda writes them and nowhere else."
  }

  assert {
    condition     = local.granted_permissions.FindFailureBucket.resources == ["arn:aws:s3:::failures"] && local.granted_permissions.FindFailureBucket.actions == ["s3:ListBucket"]
    error_message = "Lambda asks for the bucket before it writes."
  }
}

run "a_fan_out_source_may_subscribe_its_own_consumer" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    fan_out_sources = { fast = var.fan_out }
  }

  assert {
    condition     = local.granted_permissions.SubscribeToShard.resources == [var.fan_out.consumer.arn] && contains(local.granted_permissions.SubscribeToShard.actions, "kinesis:SubscribeToShard")
    error_message = "The role may subscribe no other consumer."
  }

  assert {
    condition     = local.granted_permissions.ReadStream.resources == [var.fan_out.consumer.stream.arn]
    error_message = "A consumer's shards are listed on its stream."
  }
}

run "a_table_source_may_read_its_own_stream" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    table_sources = { orders = var.orders }
  }

  assert {
    condition     = local.granted_permissions.ReadTableStream.resources == [var.orders.table.stream.arn] && local.granted_permissions.ReadTableStream.actions == ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]
    error_message = "The role may read no other table's stream."
  }

  assert {
    condition     = local.granted_permissions.ListTableStreams.resources == ["arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/*"] && local.granted_permissions.ListTableStreams.actions == ["dynamodb:ListStreams"]
    error_message = "Streams may be listed of that table alone."
  }
}

run "a_queue_source_may_receive_from_its_own_queue" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    queue_sources = { mail = var.mail }
  }

  assert {
    condition     = local.granted_permissions.ReceiveFromQueue.resources == [var.mail.queue.arn] && local.granted_permissions.ReceiveFromQueue.actions == ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
    error_message = "The role may receive from no other queue."
  }
}

run "failures_may_be_sent_to_the_given_queue_and_topic" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = {
      trips = merge(var.trips, { on_failure = { queue = { arn = "arn:aws:sqs:eu-west-1:123456789012:failures", key = { arn = "arn:aws:kms:eu-west-1:123456789012:key/queue" } } } })
      rides = merge(var.trips, { stream = merge(var.trips.stream, { name = "rides" }), on_failure = { topic = { arn = "arn:aws:sns:eu-west-1:123456789012:failures", key = { arn = "arn:aws:kms:eu-west-1:123456789012:key/topic" } } } })
    }
  }

  assert {
    condition     = local.granted_permissions.SendFailures.resources == ["arn:aws:sqs:eu-west-1:123456789012:failures"] && local.granted_permissions.SendFailures.actions == ["sqs:SendMessage"]
    error_message = "The role may send to no other queue."
  }

  assert {
    condition     = local.granted_permissions.PublishFailures.resources == ["arn:aws:sns:eu-west-1:123456789012:failures"] && local.granted_permissions.PublishFailures.actions == ["sns:Publish"]
    error_message = "The role may publish to no other topic."
  }

  assert {
    condition     = toset(local.granted_permissions.EncryptFailures.resources) == toset(["arn:aws:kms:eu-west-1:123456789012:key/queue", "arn:aws:kms:eu-west-1:123456789012:key/topic"]) && local.granted_permissions.EncryptFailures.actions == ["kms:Decrypt", "kms:GenerateDataKey"]
    error_message = "An encrypted queue or topic takes both of its key's actions."
  }
}

run "keys_are_granted_only_where_the_things_have_them" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    key         = { arn = "arn:aws:kms:eu-west-1:123456789012:key/own" }
    environment = { TRIPS_TABLE = "trips" }
    kinesis_sources = {
      trips = merge(var.trips, {
        stream     = merge(var.trips.stream, { key = { arn = "arn:aws:kms:eu-west-1:123456789012:key/stream" } })
        on_failure = { bucket = { arn = "arn:aws:s3:::failures", key = { arn = "arn:aws:kms:eu-west-1:123456789012:key/bucket" } } }
      })
    }
    table_sources = { orders = merge(var.orders, { table = merge(var.orders.table, { key = { arn = "arn:aws:kms:eu-west-1:123456789012:key/table" } }) }) }
    queue_sources = { mail = merge(var.mail, { queue = merge(var.mail.queue, { key = { arn = "arn:aws:kms:eu-west-1:123456789012:key/queue" } }) }) }
  }

  assert {
    condition     = local.granted_permissions.DecryptSources.resources == [for thing in ["stream", "table", "queue"] : "arn:aws:kms:eu-west-1:123456789012:key/${thing}"] && local.granted_permissions.DecryptSources.actions == ["kms:Decrypt"]
    error_message = "Each encrypted source must be readable."
  }

  assert {
    condition     = local.granted_permissions.EncryptFailureObjects.resources == ["arn:aws:kms:eu-west-1:123456789012:key/bucket"] && local.granted_permissions.EncryptFailureObjects.actions == ["kms:GenerateDataKey"]
    error_message = "An encrypted bucket must be writable and not readable."
  }

  assert {
    condition     = local.granted_permissions.DecryptEnvironment.resources == ["arn:aws:kms:eu-west-1:123456789012:key/own"] && local.granted_permissions.DecryptEnvironment.actions == ["kms:Decrypt"]
    error_message = "An encrypted environment must be readable."
  }
}

run "network_interfaces_are_granted_only_in_a_vpc" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    vpc = { subnet_ids = ["subnet-1"], security_group_ids = ["sg-1"] }
  }

  assert {
    condition     = contains(local.granted_permissions.AttachToVpc.actions, "ec2:CreateNetworkInterface") && local.granted_permissions.AttachToVpc.resources == ["*"]
    error_message = "A function in a VPC must be able to attach to it."
  }
}

run "no_statement_is_as_wide_as_everything_save_traces_and_interfaces" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    kinesis_sources = { trips = var.trips }
    fan_out_sources = { fast = var.fan_out }
    table_sources   = { orders = var.orders }
    queue_sources   = { mail = var.mail }
    vpc             = { subnet_ids = ["subnet-1"], security_group_ids = ["sg-1"] }
  }

  assert {
    condition     = [for name, grant in local.granted_permissions : name if contains(grant.resources, "*")] == ["AttachToVpc", "SendTraces"]
    error_message = "Only where AWS allows nothing narrower may a resource be everything."
  }
}

run "the_functions_own_permissions_arrive_by_name" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    permissions = {
      WriteTrips = {
        actions    = ["dynamodb:BatchWriteItem"]
        resources  = ["arn:aws:dynamodb:eu-west-1:123456789012:table/trips"]
        conditions = [{ test = "StringEquals", variable = "aws:SourceAccount", values = ["123456789012"] }]
      }
    }
    permissions_boundary_arn = "arn:aws:iam::123456789012:policy/boundary"
  }

  assert {
    condition     = local.granted_permissions.WriteTrips == var.permissions.WriteTrips
    error_message = "The statement must arrive as given, under its name."
  }

  assert {
    condition     = aws_iam_role.this.permissions_boundary == "arn:aws:iam::123456789012:policy/boundary"
    error_message = "The boundary must bound the role."
  }
}

run "a_permission_without_a_verb_first_name_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    permissions = { "write trips" = { actions = ["dynamodb:PutItem"], resources = ["arn:aws:dynamodb:eu-west-1:123456789012:table/trips"] } }
  }

  expect_failures = [var.permissions]
}

run "a_permission_named_like_the_wirings_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    permissions = { WriteLogs = { actions = ["logs:PutLogEvents"], resources = ["arn:aws:logs:eu-west-1:123456789012:log-group:other"] } }
  }

  expect_failures = [var.permissions]
}

run "a_permission_for_a_whole_service_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    permissions = { DoAnything = { actions = ["dynamodb:*"], resources = ["arn:aws:dynamodb:eu-west-1:123456789012:table/trips"] } }
  }

  expect_failures = [var.permissions]
}

run "a_permission_on_nothing_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    permissions = { WriteTrips = { actions = ["dynamodb:PutItem"], resources = [] } }
  }

  expect_failures = [var.permissions]
}
