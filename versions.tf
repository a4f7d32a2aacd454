terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100"
    }
  }

  # Which bucket, and under which name, comes with `terraform init -backend-config=environments/<environment>.s3.tfbackend`.
  backend "s3" {
    use_lockfile = true
    encrypt      = true
  }
}
