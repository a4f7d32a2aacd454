# On-demand capacity follows the traffic; nothing that holds data can be destroyed by mistake.
environment        = "prod"
region             = "us-east-1"
protected          = true
log_retention_days = 90

trips = {
  stream = { capacity = { mode = "ON_DEMAND" } }
  writer = { parallelization_factor = 4 }
  window = { total_slots = 4 }
}

# The trail is locked for a year, but for a role that may bypass governance. Before the first order, put who issues the API's
# tokens (jwt) in place of anybody_may_order, and who takes the money (payment_gateway_url) in place of approve_all_payments.
orders = {
  api      = { anybody_may_order = true, throttling = { requests_per_second = 500, burst_requests = 1000 } }
  pipeline = { approve_all_payments = true, parallelization_factor = 4 }
  audit    = { object_lock = { mode = "GOVERNANCE", days = 365 } }
  workflow = {}
}
