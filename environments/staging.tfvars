# Two shards, on purpose: the limits of a shard and resharding are met here, before production's on-demand stream grows into them.
environment        = "staging"
region             = "us-east-1"
protected          = true
log_retention_days = 30

trips = {
  stream = { capacity = { mode = "PROVISIONED", shards = 2 } }
  writer = { parallelization_factor = 2, reserved_concurrency = 8 }
  window = { reserved_concurrency = 4 }
}

# Everything that needs no endpoint of its own; a cache, a search domain and a payment gateway are named here once there are any.
orders = {
  api      = { anybody_may_order = true }
  pipeline = { approve_all_payments = true, order_days = 30 }
  workflow = {}
}
