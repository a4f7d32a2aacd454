resource "aws_appautoscaling_target" "this" {
  for_each = var.autoscaling == null ? {} : { read = var.autoscaling.read, write = var.autoscaling.write }

  service_namespace  = "dynamodb"
  resource_id        = "table/${aws_dynamodb_table.this.name}"
  scalable_dimension = "dynamodb:table:${title(each.key)}CapacityUnits"
  tags               = var.tags

  # bounds
  min_capacity = each.value.minimum_units
  max_capacity = each.value.maximum_units
}

resource "aws_appautoscaling_policy" "this" {
  for_each = aws_appautoscaling_target.this

  name               = "${var.name}-${each.key}-utilization"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = each.value.service_namespace
  resource_id        = each.value.resource_id
  scalable_dimension = each.value.scalable_dimension

  target_tracking_scaling_policy_configuration {
    target_value = var.autoscaling[each.key].utilization_target_percent

    predefined_metric_specification {
      predefined_metric_type = "DynamoDB${title(each.key)}CapacityUtilization"
    }
  }
}
