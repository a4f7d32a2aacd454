# Keeps the latest version of each order in a Redis or Valkey of the caller's, where one is given.

locals {
  cache = {
    for cache in var.settings.cache[*] : "cache" => {
      description  = "Keeps the latest version of each order in the cache."
      package      = "order_cache"
      vpc          = cache.vpc
      subscription = {}
      scale        = local.built_in_scale
      environment  = { CACHE_URL = cache.url, ORDERS_TABLE = module.table.table.name }
      permissions  = merge(local.reading_of_trimmed, local.use_of_key.decrypt)
    }
  }
}
