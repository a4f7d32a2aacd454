# A place to try things: cheap, short-lived, and gone after `terraform destroy`, but for its key, which AWS deletes a week later.
environment        = "dev"
region             = "us-east-1"
protected          = false
log_retention_days = 7

trips = {
  stream = { capacity = { mode = "PROVISIONED", shards = 1 } }
}

orders = {
  api      = { throttling = { requests_per_second = 50, burst_requests = 100 }, cors = { origins = ["*"] } }
  pipeline = { order_days = 7 }
  workflow = { pick_seconds = 2, pack_seconds = 2 }

  subscriber_concurrency = 2
}
