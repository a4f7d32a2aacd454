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
