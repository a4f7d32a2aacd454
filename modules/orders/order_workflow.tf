# Starts the fulfilment of each order, where it is wanted; the state machine itself is in workflow.tf.

locals {
  workflow = {
    for workflow in var.settings.workflow[*] : "workflow" => {
      description  = "Starts one fulfilment for each order."
      package      = "order_workflow"
      vpc          = null
      subscription = { statuses = ["SHIPPED"] }
      scale        = local.built_in_scale
      environment  = { STATE_MACHINE_ARN = local.fulfilment_arn }

      permissions = {
        StartFulfilments = { actions = ["states:StartExecution"], resources = [local.fulfilment_arn] }
      }
    }
  }
}
