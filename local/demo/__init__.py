"""`make demo`: a minute of trips through the whole system on this machine, a fault in the middle, and the accounts."""
