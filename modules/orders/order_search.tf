# Keeps the orders searchable in an OpenSearch domain of the caller's, where one is given.

locals {
  search = {
    for search in var.settings.search[*] : "search" => {
      description  = "Keeps each order's latest version in the search index."
      package      = "order_search"
      vpc          = search.vpc
      subscription = {}
      scale        = local.built_in_scale
      environment  = { SEARCH_URL = search.url, ORDERS_TABLE = module.table.table.name }

      permissions = merge(
        # Without a domain's ARN the URL leads to a cluster that asks for no signature.
        { for arn in search.domain_arn[*] : "MakeIndex" => { actions = ["es:ESHttpPut"], resources = ["${arn}/orders"] } },
        { for arn in search.domain_arn[*] : "WriteIndex" => { actions = ["es:ESHttpPost"], resources = ["${arn}/orders/_bulk"] } },
        local.reading_of_trimmed,
        local.use_of_key.decrypt,
      )
    }
  }
}
