# The packaged trip_writer reading a stream: clean trips to a table, unusable records to quarantine, failed batches to a
# bucket. `make package` first.

variable "packages_dir" {
  type        = string
  description = "Folder of the built zips and their manifest."
  default     = "../../dist/lambda"
}

locals {
  topic = { arn = aws_sns_topic.operations.arn }
  built = jsondecode(file("${var.packages_dir}/manifest.json")).trip_writer
}

module "trip_writer" {
  source = "../../modules/function"

  name        = "sluice-example-trip-writer"
  description = "Writes clean trips to a table."

  package = {
    path         = "${var.packages_dir}/${local.built.zip}"
    sha256       = local.built.sha256
    handler      = local.built.handler
    runtime      = local.built.runtime
    architecture = local.built.architecture
  }

  environment = {
    TRIPS_TABLE             = module.trips.table.name
    QUARANTINE_QUEUE_URL    = module.quarantine.queue.url
    FAILURES_BUCKET         = aws_s3_bucket.failures.bucket
    POWERTOOLS_SERVICE_NAME = "trip_writer"
  }

  permissions = {
    WriteTrips        = { actions = ["dynamodb:BatchWriteItem"], resources = [module.trips.table.arn] }
    SendToQuarantine  = { actions = ["sqs:SendMessage"], resources = [module.quarantine.queue.arn] }
    KeepLargeUnusable = { actions = ["s3:PutObject"], resources = ["${aws_s3_bucket.failures.arn}/quarantine/*"] }
  }

  kinesis_sources = {
    trips = {
      stream                  = module.stream.stream
      batching_window_seconds = 1
      on_failure              = { bucket = { arn = aws_s3_bucket.failures.arn } }
    }
  }

  operations_topic = local.topic
}

module "stream" {
  source = "../../modules/stream"

  name             = "sluice-example-function-trips"
  operations_topic = local.topic
}

module "trips" {
  source = "../../modules/table"

  name                = "sluice-example-function-trips"
  partition_key       = { name = "tripId", type = "S" }
  deletion_protection = false
  operations_topic    = local.topic
}

module "quarantine" {
  source = "../../modules/queue"

  name             = "sluice-example-function-quarantine"
  dead_letters     = null
  operations_topic = local.topic
}

resource "aws_s3_bucket" "failures" {
  bucket_prefix = "sluice-example-failures-"
  force_destroy = true
}

resource "aws_sns_topic" "operations" {
  name = "sluice-example-function-operations"
}

output "function" {
  value = module.trip_writer.function
}

output "mappings" {
  value = module.trip_writer.mappings
}
