"""Orders and revenue by minute, hour and day, in all and by sku; each effect of an order counts once."""
