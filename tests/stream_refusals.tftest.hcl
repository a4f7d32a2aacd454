mock_provider "aws" {
  source = "./tests/mocks/account"
}

variables {
  name             = "sluice-test-trips"
  operations_topic = { arn = "arn:aws:sns:eu-west-1:123456789012:operations" }
}

run "a_name_that_is_no_name_is_refused" {
  command = plan

  module {
    source = "./modules/stream"
  }

  variables {
    name = "Trips"
  }

  expect_failures = [var.name]
}

run "an_unknown_mode_is_refused" {
  command = plan

  module {
    source = "./modules/stream"
  }

  variables {
    capacity = { mode = "AUTOMATIC" }
  }

  expect_failures = [var.capacity]
}

run "a_provisioned_stream_needs_shards" {
  command = plan

  module {
    source = "./modules/stream"
  }

  variables {
    capacity = { mode = "PROVISIONED" }
  }

  expect_failures = [var.capacity]
}

run "a_provisioned_stream_needs_a_whole_number_of_shards" {
  command = plan

  module {
    source = "./modules/stream"
  }

  variables {
    capacity = { mode = "PROVISIONED", shards = 1.5 }
  }

  expect_failures = [var.capacity]
}

run "an_on_demand_stream_takes_no_shards" {
  command = plan

  module {
    source = "./modules/stream"
  }

  variables {
    capacity = { shards = 2 }
  }

  expect_failures = [var.capacity]
}

run "less_than_a_day_of_retention_is_refused" {
  command = plan

  module {
    source = "./modules/stream"
  }

  variables {
    retention_hours = 23
  }

  expect_failures = [var.retention_hours]
}

run "more_than_a_year_of_retention_is_refused" {
  command = plan

  module {
    source = "./modules/stream"
  }

  variables {
    retention_hours = 8761
  }

  expect_failures = [var.retention_hours]
}

run "an_unknown_shard_metric_is_refused" {
  command = plan

  module {
    source = "./modules/stream"
  }

  variables {
    shard_level_metrics = ["ALL"]
  }

  expect_failures = [var.shard_level_metrics]
}

run "a_consumer_name_that_kinesis_would_refuse_is_refused" {
  command = plan

  module {
    source = "./modules/stream"
  }

  variables {
    consumers = ["live map"]
  }

  expect_failures = [var.consumers]
}

run "a_stream_has_at_most_20_consumers" {
  command = plan

  module {
    source = "./modules/stream"
  }

  variables {
    consumers = [for number in range(21) : "reader-${number}"]
  }

  expect_failures = [var.consumers]
}

run "everyone_is_no_reader" {
  command = plan

  module {
    source = "./modules/stream"
  }

  variables {
    cross_account_readers = ["*"]
    key                   = { arn = "arn:aws:kms:eu-west-1:123456789012:key/1", id = "1" }
  }

  expect_failures = [var.cross_account_readers]
}

run "a_reader_in_another_account_needs_a_customer_key" {
  command = plan

  module {
    source = "./modules/stream"
  }

  variables {
    cross_account_readers = ["210987654321"]
  }

  expect_failures = [var.cross_account_readers]
}

run "a_share_of_the_capacity_is_at_most_the_whole" {
  command = plan

  module {
    source = "./modules/stream"
  }

  variables {
    thresholds = { utilization_share = 80 }
  }

  expect_failures = [var.thresholds]
}

run "an_on_demand_throughput_of_nothing_is_refused" {
  command = plan

  module {
    source = "./modules/stream"
  }

  variables {
    thresholds = { on_demand_records_per_second = 0 }
  }

  expect_failures = [var.thresholds]
}

run "a_negative_count_is_no_threshold" {
  command = plan

  module {
    source = "./modules/stream"
  }

  variables {
    thresholds = { failed_records = -1 }
  }

  expect_failures = [var.thresholds]
}
