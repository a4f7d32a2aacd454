# Filters obey the same rules on every kind of source: source name => the rules its patterns break.
locals {
  filter_patterns = merge(
    { for name, source in local.stream_sources : name => source.filter_patterns },
    { for name, source in var.queue_sources : name => source.filter_patterns },
  )

  broken_filter_rules = {
    for name, patterns in local.filter_patterns : name => concat(
      length(patterns) <= 5 ? [] : ["filter_patterns must be at most 5; got ${length(patterns)}."],
      [for pattern in patterns : "filter_patterns must be at most 4,096 characters each; got ${length(pattern)}." if length(pattern) > 4096],
      [for pattern in patterns : "filter_patterns must each be a JSON object; got ${pattern}" if !can(keys(jsondecode(pattern)))],
    )
  }
}
