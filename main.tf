# The map: what flows where, in the order data travels.

module "key" {
  source = "./modules/key"

  name                 = local.name
  deletion_window_days = var.protected ? 30 : 7
}

module "trips" {
  source = "./modules/trips"

  name             = "${local.name}-trips"
  packages         = local.packages
  settings         = var.trips
  key              = module.key.key
  operations_topic = local.operations_topic

  log_retention_days       = var.log_retention_days
  permissions_boundary_arn = var.permissions_boundary_arn
  protected                = var.protected
}

module "orders" {
  source = "./modules/orders"

  name             = "${local.name}-orders"
  packages         = local.packages
  settings         = var.orders
  key              = module.key.key
  operations_topic = local.operations_topic

  log_retention_days       = var.log_retention_days
  permissions_boundary_arn = var.permissions_boundary_arn
  protected                = var.protected
}
