# A bucket as every flow takes it: closed, encrypted, versioned; and what it refuses.

mock_provider "aws" {
  source = "./tests/mocks/account"
}

variables {
  name = "sluice-test-failures-123456789012"
  key  = { arn = "arn:aws:kms:eu-west-1:123456789012:key/1", id = "1" }
}

run "a_bucket_is_closed_versioned_and_protected_by_default" {
  command = plan

  module {
    source = "./modules/bucket"
  }

  assert {
    condition     = !aws_s3_bucket.this.force_destroy && output.bucket.protected
    error_message = "What it holds must outlive a mistaken destroy."
  }

  assert {
    condition     = aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Enabled"
    error_message = "An object must survive being overwritten."
  }

  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.this.block_public_acls,
      aws_s3_bucket_public_access_block.this.block_public_policy,
      aws_s3_bucket_public_access_block.this.ignore_public_acls,
      aws_s3_bucket_public_access_block.this.restrict_public_buckets,
    ])
    error_message = "Nobody outside may read it."
  }

  assert {
    condition     = length(aws_s3_bucket_object_lock_configuration.this) == 0 && !aws_s3_bucket.this.object_lock_enabled
    error_message = "What nobody asked for must be off."
  }
}

run "nobody_talks_to_the_bucket_in_the_clear" {
  command = plan

  module {
    source = "./modules/bucket"
  }

  assert {
    condition = jsondecode(aws_s3_bucket_policy.this.policy).Statement == [{
      Sid       = "RefusePlainHttp"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = ["arn:aws:s3:::sluice-test-failures-123456789012", "arn:aws:s3:::sluice-test-failures-123456789012/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
    error_message = "Whatever a role may do, it may not do it in the clear."
  }
}

run "a_customer_key_encrypts_every_object" {
  command = plan

  module {
    source = "./modules/bucket"
  }

  assert {
    condition     = one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default[0].kms_master_key_id == var.key.arn
    error_message = "The key that was given must encrypt."
  }
}

run "objects_are_kept_unless_they_are_given_a_life" {
  command = plan

  module {
    source = "./modules/bucket"
  }

  assert {
    condition     = length(aws_s3_bucket_lifecycle_configuration.this.rule[0].expiration) == 0
    error_message = "Nothing may expire that nobody said should."
  }
}

run "objects_expire_when_their_life_is_over" {
  command = plan

  module {
    source = "./modules/bucket"
  }

  variables {
    retention_days = 90
  }

  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.this.rule[0].expiration[0].days == 90 && aws_s3_bucket_lifecycle_configuration.this.rule[0].noncurrent_version_expiration[0].noncurrent_days == 7
    error_message = "The object after 90 days, what was replaced a week later."
  }
}

run "a_lock_keeps_every_version" {
  command = plan

  module {
    source = "./modules/bucket"
  }

  variables {
    object_lock = { mode = "COMPLIANCE", days = 365 }
  }

  assert {
    condition     = aws_s3_bucket.this.object_lock_enabled && one(aws_s3_bucket_object_lock_configuration.this["this"].rule[0].default_retention).mode == "COMPLIANCE" && one(aws_s3_bucket_object_lock_configuration.this["this"].rule[0].default_retention).days == 365
    error_message = "Every object must be locked from the moment it is put."
  }
}

run "a_lock_of_another_mode_is_refused" {
  command = plan

  module {
    source = "./modules/bucket"
  }

  variables {
    object_lock = { mode = "LEGAL_HOLD", days = 365 }
  }

  expect_failures = [var.object_lock]
}

run "a_lock_without_an_end_is_refused" {
  command = plan

  module {
    source = "./modules/bucket"
  }

  variables {
    object_lock = { mode = "GOVERNANCE", days = 0 }
  }

  expect_failures = [var.object_lock]
}

run "a_life_that_ends_before_the_lock_is_refused" {
  command = plan

  module {
    source = "./modules/bucket"
  }

  variables {
    object_lock    = { mode = "GOVERNANCE", days = 365 }
    retention_days = 364
  }

  expect_failures = [var.retention_days]
}

run "a_life_of_half_a_day_is_refused" {
  command = plan

  module {
    source = "./modules/bucket"
  }

  variables {
    retention_days = 0.5
  }

  expect_failures = [var.retention_days]
}

run "a_name_that_s3_refuses_is_refused" {
  command = plan

  module {
    source = "./modules/bucket"
  }

  variables {
    name = "Sluice_failures"
  }

  expect_failures = [var.name]
}

run "a_name_that_begins_like_those_of_s3_itself_is_refused" {
  command = plan

  module {
    source = "./modules/bucket"
  }

  variables {
    name = "xn--failures"
  }

  expect_failures = [var.name]
}

run "a_name_that_ends_like_those_of_s3_itself_is_refused" {
  command = plan

  module {
    source = "./modules/bucket"
  }

  variables {
    name = "failures-s3alias"
  }

  expect_failures = [var.name]
}

run "a_tag_with_a_character_that_s3_refuses_is_refused" {
  command = plan

  module {
    source = "./modules/bucket"
  }

  variables {
    tags = { team = "a&b" }
  }

  expect_failures = [var.tags]
}

run "a_tag_whose_name_s3_refuses_is_refused" {
  command = plan

  module {
    source = "./modules/bucket"
  }

  variables {
    tags = { "<team>" = "streams" }
  }

  expect_failures = [var.tags]
}

run "a_tag_in_any_language_is_taken" {
  command = plan

  module {
    source = "./modules/bucket"
  }

  variables {
    tags = { "équipe" = "flux: données/Zürich @ 1+1=2 _-." }
  }

  assert {
    condition     = aws_s3_bucket.this.tags == tomap(var.tags)
    error_message = "Letters, digits, spaces and + - = . _ : / @ are all AWS's."
  }
}
