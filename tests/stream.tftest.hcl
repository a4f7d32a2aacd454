mock_provider "aws" {
  source = "./tests/mocks/account"

  mock_resource "aws_kinesis_stream" {
    defaults = { arn = "arn:aws:kinesis:eu-west-1:123456789012:stream/sluice-test-trips" }
  }
}

variables {
  name             = "sluice-test-trips"
  operations_topic = { arn = "arn:aws:sns:eu-west-1:123456789012:operations" }
}

run "a_stream_is_on_demand_and_keeps_a_week_unless_told_otherwise" {
  command = plan

  module {
    source = "./modules/stream"
  }

  assert {
    condition     = aws_kinesis_stream.this.stream_mode_details[0].stream_mode == "ON_DEMAND" && aws_kinesis_stream.this.shard_count == null
    error_message = "AWS must decide the shards unless someone else does."
  }

  assert {
    condition     = aws_kinesis_stream.this.retention_period == 168
    error_message = "A week leaves time to mend a consumer."
  }
}

run "a_stream_is_encrypted_without_a_key_of_ours_too" {
  command = plan

  module {
    source = "./modules/stream"
  }

  assert {
    condition     = aws_kinesis_stream.this.encryption_type == "KMS" && aws_kinesis_stream.this.kms_key_id == "alias/aws/kinesis"
    error_message = "Without a customer key the one AWS manages must encrypt."
  }
}

run "a_customer_key_encrypts_the_stream" {
  command = plan

  module {
    source = "./modules/stream"
  }

  variables {
    key = { arn = "arn:aws:kms:eu-west-1:123456789012:key/1", id = "1" }
  }

  assert {
    condition     = aws_kinesis_stream.this.encryption_type == "KMS" && aws_kinesis_stream.this.kms_key_id == "arn:aws:kms:eu-west-1:123456789012:key/1"
    error_message = "The key that was given must encrypt."
  }
}

run "a_provisioned_stream_starts_with_its_shards" {
  command   = apply
  state_key = "existing"

  module {
    source = "./modules/stream"
  }

  variables {
    capacity  = { mode = "PROVISIONED", shards = 4 }
    consumers = ["live-map", "audit"]
  }

  assert {
    condition     = aws_kinesis_stream.this.stream_mode_details[0].stream_mode == "PROVISIONED" && aws_kinesis_stream.this.shard_count == 4
    error_message = "The stream must start with the shards that were asked for."
  }

  assert {
    condition     = output.stream.mode == "PROVISIONED" && output.stream.shard_count == 4
    error_message = "Whoever reads the stream must learn its shards."
  }

  assert {
    condition     = toset(keys(aws_kinesis_stream_consumer.this)) == toset(["live-map", "audit"])
    error_message = "Each name must be one consumer."
  }

  assert {
    condition     = output.consumers["live-map"].name == "live-map" && output.consumers["live-map"].stream == output.stream
    error_message = "A function must learn the stream from its consumer."
  }
}

run "the_shards_of_an_existing_stream_are_left_to_whatever_reshards_it" {
  command   = plan
  state_key = "existing"

  module {
    source = "./modules/stream"
  }

  variables {
    capacity = { mode = "PROVISIONED", shards = 8 }
  }

  assert {
    condition     = aws_kinesis_stream.this.shard_count == 4 && output.stream.shard_count == 4
    error_message = "Terraform must neither split nor merge what exists."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.incoming_records.threshold == 192000
    error_message = "The threshold must follow the shards there are."
  }
}

run "a_mode_that_the_existing_stream_does_not_have_is_refused_with_the_command_that_switches_it" {
  command   = plan
  state_key = "existing"

  module {
    source = "./modules/stream"
  }

  variables {
    capacity = { mode = "ON_DEMAND" }
  }

  expect_failures = [aws_kinesis_stream.this]
}

run "an_on_demand_stream_promises_no_shard_count" {
  command = plan

  module {
    source = "./modules/stream"
  }

  assert {
    condition     = output.stream.mode == "ON_DEMAND" && output.stream.shard_count == null
    error_message = "AWS changes the count at will."
  }
}

run "nobody_outside_the_account_reads_unless_named" {
  command = plan

  module {
    source = "./modules/stream"
  }

  assert {
    condition     = length(aws_kinesis_resource_policy.readers) == 0
    error_message = "Without readers there must be no resource policy."
  }
}

run "a_reader_in_another_account_may_read_and_nothing_else" {
  command = plan

  module {
    source = "./modules/stream"
  }

  variables {
    cross_account_readers = ["arn:aws:iam::210987654321:role/reader"]
    key                   = { arn = "arn:aws:kms:eu-west-1:123456789012:key/1", id = "1" }
  }

  assert {
    condition = jsondecode(aws_kinesis_resource_policy.readers["this"].policy).Statement == [{
      Sid       = "ReadFromOtherAccounts"
      Effect    = "Allow"
      Principal = { AWS = ["arn:aws:iam::210987654321:role/reader"] }
      Action = [
        "kinesis:DescribeStream",
        "kinesis:DescribeStreamSummary",
        "kinesis:GetRecords",
        "kinesis:GetShardIterator",
        "kinesis:ListShards",
      ]
      Resource = "arn:aws:kinesis:eu-west-1:123456789012:stream/sluice-test-trips"
    }]
    error_message = "The policy must grant reading of this stream to the named reader only."
  }
}

run "every_alarm_notifies_operations_both_ways_and_takes_silence_for_health" {
  command = plan

  module {
    source = "./modules/stream"
  }

  assert {
    condition = alltrue([
      for alarm in [aws_cloudwatch_metric_alarm.incoming_records, aws_cloudwatch_metric_alarm.incoming_bytes, aws_cloudwatch_metric_alarm.write_throttles, aws_cloudwatch_metric_alarm.read_throttles, aws_cloudwatch_metric_alarm.failed_records] :
      alarm.alarm_actions == toset([var.operations_topic.arn]) && alarm.ok_actions == toset([var.operations_topic.arn]) && alarm.treat_missing_data == "notBreaching"
    ])
    error_message = "A stream without traffic is no incident, and whoever was called must hear the end of it."
  }

  assert {
    condition = output.alarm_names == [
      "sluice-test-trips-stream-incoming-records",
      "sluice-test-trips-stream-incoming-bytes",
      "sluice-test-trips-stream-write-throttles",
      "sluice-test-trips-stream-read-throttles",
      "sluice-test-trips-stream-failed-records",
    ]
    error_message = "Every alarm must be told to the caller."
  }
}

run "an_on_demand_stream_is_nearly_full_at_four_fifths_of_what_it_starts_with" {
  command = plan

  module {
    source = "./modules/stream"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.incoming_records.metric_name == "IncomingRecords" && aws_cloudwatch_metric_alarm.incoming_records.statistic == "Sum" && aws_cloudwatch_metric_alarm.incoming_records.threshold == 192000
    error_message = "0.8 × 4,000 records × 60 s."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.incoming_bytes.metric_name == "IncomingBytes" && aws_cloudwatch_metric_alarm.incoming_bytes.statistic == "Sum" && aws_cloudwatch_metric_alarm.incoming_bytes.threshold == 192000000
    error_message = "0.8 × 4 MB × 60 s."
  }
}

run "an_on_demand_stream_is_nearly_full_at_a_share_of_the_throughput_it_is_known_to_take" {
  command = plan

  module {
    source = "./modules/stream"
  }

  variables {
    thresholds = { utilization_share = 0.5, on_demand_records_per_second = 20000, on_demand_bytes_per_second = 10000000 }
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.incoming_records.threshold == 600000 && aws_cloudwatch_metric_alarm.incoming_bytes.threshold == 300000000
    error_message = "0.5 × the throughput × 60 s."
  }
}

run "a_provisioned_stream_is_nearly_full_at_four_fifths_of_its_shards" {
  command = plan

  module {
    source = "./modules/stream"
  }

  variables {
    capacity = { mode = "PROVISIONED", shards = 4 }
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.incoming_records.threshold == 192000
    error_message = "0.8 × 1,000 records × 4 shards × 60 s."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.incoming_bytes.threshold == 192000000
    error_message = "0.8 × 1 MB × 4 shards × 60 s."
  }
}

run "one_throttled_record_a_minute_rings_when_it_lasts" {
  command = plan

  module {
    source = "./modules/stream"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.write_throttles.metric_name == "WriteProvisionedThroughputExceeded" && aws_cloudwatch_metric_alarm.write_throttles.statistic == "Sum" && aws_cloudwatch_metric_alarm.write_throttles.threshold == 0
    error_message = "Any write turned away counts."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.read_throttles.metric_name == "ReadProvisionedThroughputExceeded" && aws_cloudwatch_metric_alarm.read_throttles.statistic == "Sum" && aws_cloudwatch_metric_alarm.read_throttles.threshold == 0
    error_message = "Any read turned away counts."
  }

  assert {
    condition     = alltrue([for alarm in [aws_cloudwatch_metric_alarm.write_throttles, aws_cloudwatch_metric_alarm.read_throttles] : alarm.period == 60 && alarm.evaluation_periods == 5 && alarm.datapoints_to_alarm == 3])
    error_message = "Three minutes of five: a single burst is what retries are for."
  }
}

run "one_failed_put_rings" {
  command = plan

  module {
    source = "./modules/stream"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.failed_records.metric_name == "PutRecords.FailedRecords" && aws_cloudwatch_metric_alarm.failed_records.statistic == "Sum" && aws_cloudwatch_metric_alarm.failed_records.threshold == 0 && aws_cloudwatch_metric_alarm.failed_records.evaluation_periods == 1
    error_message = "Kinesis hardly ever fails to take a record in."
  }
}
