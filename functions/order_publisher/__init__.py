"""Every change of an order goes to the bus, in order, with what it was before and what it is now."""
