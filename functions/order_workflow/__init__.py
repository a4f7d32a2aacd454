"""One fulfilment for each order that is shipped."""
