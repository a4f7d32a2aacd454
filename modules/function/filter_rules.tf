# Filters obey the same rules on every kind of source: source name => the rules its patterns break.
locals {
  filter_patterns = merge(
    { for name, source in local.stream_sources : name => source.filter_patterns },
    { for name, source in var.queue_sources : name => source.filter_patterns },
  )

  broken_filter_rules = {
    for name, patterns in local.filter_patterns : name => concat(
      length(patterns) <= 5 ? [] : ["filter_patterns must be at most 5; got ${length(patterns)}."],
      [for pattern in patterns : "filter_patterns must each be a JSON object; got ${jsonencode(pattern)}." if try(length(pattern), 0) == 0],
      [for pattern in patterns : "filter_patterns must be at most 4,096 characters each; got ${length(pattern)}." if try(length(pattern), 0) > 4096],
      [for pattern in compact(patterns) : "filter_patterns must each be a JSON object; got ${pattern}" if !can(keys(jsondecode(pattern)))],
      [
        for pattern in compact(patterns) : "filter_patterns must compare with lists that are not empty, such as { \"city\": [\"Rome\"] }; got ${pattern}"
        if can(regex("\"\":(\"|[-0-9tfn]|\\[\\])", local.filter_shapes[pattern]))
      ],
    )
  }

  # Of each pattern only what tells a comparison from a nested object: {"fare":{"tip":[{"numeric":[">",0]}]}} is
  # {"":{"":@}}. Texts go first, then lists from the innermost; an empty list stays, for AWS refuses it.
  filter_texts = {
    for pattern in distinct(flatten([for patterns in local.filter_patterns : compact(patterns)])) :
    pattern => replace(jsonencode(try(jsondecode(pattern), {})), "/\"(\\\\.|[^\"\\\\])*\"/", "\"\"")
  }

  filter_shapes = {
    for pattern, text in local.filter_texts : pattern =>
    replace(replace(replace(replace(text, local.filter_list, "@"), local.filter_list, "@"), local.filter_list, "@"), local.filter_list, "@")
  }

  filter_list = "/\\[[^\\[\\]]+\\]/"
}
