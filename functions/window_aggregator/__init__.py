"""Every trip of a shard is in the totals of its vendor and bucket exactly once, in quarantine, or kept as too late."""
