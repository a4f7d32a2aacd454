# What the provider would make up, in shapes that AWS has: modules/function builds permissions and alarms from them.

mock_data "aws_iam_policy_document" {
  defaults = { json = "{}" }
}

mock_resource "aws_iam_role" {
  defaults = { arn = "arn:aws:iam::123456789012:role/sluice-test-trip-writer" }
}

mock_resource "aws_cloudwatch_log_group" {
  defaults = { arn = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/sluice-test-trip-writer" }
}

mock_resource "aws_lambda_function" {
  defaults = { arn = "arn:aws:lambda:eu-west-1:123456789012:function:sluice-test-trip-writer", version = "8" }
}

mock_resource "aws_lambda_alias" {
  defaults = { arn = "arn:aws:lambda:eu-west-1:123456789012:function:sluice-test-trip-writer:live" }
}

mock_resource "aws_lambda_event_source_mapping" {
  defaults = { uuid = "1f6d2f6e-0000-4000-8000-000000000000" }
}
