# Production's shape at a smaller size: what fails here would have failed there.
environment        = "staging"
region             = "us-east-1"
protected          = true
log_retention_days = 30

trips = {
  stream = { capacity = { mode = "PROVISIONED", shards = 2 } }
  writer = { parallelization_factor = 2, reserved_concurrency = 8 }
}
