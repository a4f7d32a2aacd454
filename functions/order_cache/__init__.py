"""The latest version of each order in Redis or Valkey; a late older one never wins."""
