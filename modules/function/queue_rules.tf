# What a queue may not ask of Lambda, or should not: source name => the rules it breaks.
locals {
  broken_queue_rules = {
    for name, source in var.queue_sources : name => compact([
      # numbers
      source.batch_size >= 1 && source.batch_size <= (source.queue.fifo ? 10 : 10000) ? "" :
      "batch_size must be ${source.queue.fifo ? "1-10 for a FIFO queue" : "1-10,000"}; got ${source.batch_size}.",
      source.batching_window_seconds >= 0 && source.batching_window_seconds <= (source.queue.fifo ? 0 : 300) ? "" :
      "batching_window_seconds must be ${source.queue.fifo ? "0 for a FIFO queue" : "0-300"}; got ${source.batching_window_seconds}.",
      source.batch_size <= 10 || source.batching_window_seconds >= 1 ? "" :
      "batch_size above 10 needs batching_window_seconds of at least 1; got ${source.batch_size} with ${source.batching_window_seconds}.",

      # time
      source.queue.visibility_timeout_seconds >= 6 * var.timeout_seconds + source.batching_window_seconds ? "" :
      "the queue's visibility timeout must be at least 6 x timeout_seconds + batching_window_seconds = ${6 * var.timeout_seconds + source.batching_window_seconds}, or messages come back while they are worked on; got ${source.queue.visibility_timeout_seconds}.",

      # scale
      source.maximum_concurrency == null || source.provisioned_pollers == null ? "" :
      "maximum_concurrency and provisioned_pollers exclude each other; got both.",
      coalesce(source.maximum_concurrency, 2) >= 2 && coalesce(source.maximum_concurrency, 2) <= 1000 ? "" :
      "maximum_concurrency must be 2-1,000, or null for no limit; got ${coalesce(source.maximum_concurrency, 0)}.",
      source.provisioned_pollers == null ? "" : (
        source.provisioned_pollers.minimum >= 2 && source.provisioned_pollers.minimum <= 200
        && source.provisioned_pollers.maximum >= source.provisioned_pollers.minimum && source.provisioned_pollers.maximum <= 2000
      ) ? "" :
      "provisioned_pollers must have a minimum of 2-200 and a maximum from there to 2,000; got ${source.provisioned_pollers.minimum} and ${source.provisioned_pollers.maximum}.",

      # failure
      !source.queue.parking ? "" :
      "a parking queue drives no function: without dead letters, a message that fails comes back until its retention ends; got ${source.queue.name}. Give the queue dead_letters.",

      # what only streams have
      source.tumbling_window_seconds == null ? "" :
      "a queue has no tumbling windows, only streams and tables do; got tumbling_window_seconds = ${coalesce(source.tumbling_window_seconds, 0)}.",
      source.on_failure == null ? "" :
      "a queue's failures go to the dead-letter queue of its own redrive policy; got on_failure.",
    ])
  }
}
