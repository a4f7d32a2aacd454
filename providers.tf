provider "aws" {
  region = var.region

  default_tags {
    tags = {
      Project     = "sluice"
      Environment = var.environment
    }
  }
}
